import * as fc from 'fast-check'
import t from 'tap'
import { decodeCommit, encodeCommit } from '../../lib/engines/level/commit-record.js'
import { hasRecordAfter, readRecord } from '../../lib/engines/level/log-record.js'
import { CorruptionError } from '../../lib/errors/rome-error.js'
import { seed } from '../support/seed.js'

const key = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const commit = fc.record({
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  id: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  writes: fc.array(fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 50 }), { nil: undefined }) }), {
    maxLength: 20,
  }),
})
const chain = fc.integer({ min: 0, max: 2 ** 32 - 1 })

t.test('a commit comes back from its record as it was', async (t) => {
  fc.assert(
    fc.property(commit, chain, (given, chain) => {
      const { bytes, crc } = encodeCommit(given, chain)
      const record = readRecord(bytes, 0)
      if (record === undefined) return false
      const decoded = decodeCommit(record)
      return (
        record.end === bytes.length &&
        record.crc === crc &&
        record.chain === chain &&
        decoded.version === given.version &&
        decoded.id === given.id &&
        decoded.writes.length === given.writes.length &&
        decoded.writes.every(({ key, value }, index) => {
          const original = given.writes[index]
          return (
            key === original?.key &&
            Buffer.from(value ?? []).equals(Buffer.from(original.value ?? [])) &&
            (value === undefined) === (original.value === undefined)
          )
        })
      )
    }),
    { seed, numRuns: 500 },
  )
  t.pass(`seed ${seed}`)
})

t.test('no changed or cut record is read', async (t) => {
  fc.assert(
    fc.property(commit, chain, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, chain, at, change) => {
      const { bytes } = encodeCommit(given, chain)
      const cut = bytes.subarray(0, at % bytes.length)
      const changed = Buffer.from(bytes)
      const position = at % changed.length
      changed[position] = (changed[position] as number) ^ change
      return readRecord(cut, 0) === undefined && readRecord(changed, 0) === undefined
    }),
    { seed, numRuns: 1000 },
  )
  t.pass(`seed ${seed}`)
})

t.test('a record behind a damaged one is found, and none is found in what a torn write leaves', async (t) => {
  fc.assert(
    fc.property(commit, commit, fc.nat(), (first, second, at) => {
      const version = first.version % 2 ** 40
      const { bytes: head, crc } = encodeCommit({ ...first, version }, 0)
      const { bytes: tail } = encodeCommit({ ...second, version: version + 1 }, crc)
      const damaged = Buffer.concat([head, tail])
      damaged[at % head.length] = (damaged[at % head.length] as number) ^ 0x55
      const torn = Buffer.concat([head.subarray(0, at % head.length), Buffer.alloc(at % 100)])
      return hasRecordAfter(damaged, 0, version - 1) && !hasRecordAfter(torn, 0, version - 1)
    }),
    { seed, numRuns: 500 },
  )
  t.pass(`seed ${seed}`)
})

t.test('a payload that is no commit is corruption, never wrong data', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isTagged) => {
      const payload = Buffer.from(bytes)
      if (isTagged && payload.length > 0) payload[0] = 1
      try {
        const { writes } = decodeCommit({ version: 1, crc: 0, chain: 0, payload, end: 0 })
        return writes.every(({ key, value }) => key.length + (value?.length ?? 0) <= payload.length)
      } catch (error) {
        return error instanceof CorruptionError
      }
    }),
    { seed, numRuns: 2000 },
  )
  t.pass(`seed ${seed}`)
})

import * as fc from 'fast-check'
import t from 'tap'
import { ConflictValidator } from '../../lib/engines/conflicts.js'
import type { CommitRequest, Version } from '../../lib/engines/contract.js'
import { ConflictError } from '../../lib/errors/rome-error.js'
import { seed } from '../support/seed.js'

const key = fc.constantFrom<string[]>('\x02a', '\x02b', '\x02c', '\x02d', '\x02e', '\x02f', '\x02g')
const keys = fc.uniqueArray(key, { maxLength: 4 }).map((given) => given.sort())
const range = fc.tuple(key, key).map(([start, end]) => ({ start, end }))

const step = fc.record({
  writes: keys,
  readKeys: keys,
  readRanges: fc.array(range, { maxLength: 2 }),
  /** How many commits ago the reader read. */
  age: fc.nat(12),
  /** Forget what readers older than this many commits would need. */
  forget: fc.option(fc.nat(12), { nil: undefined }),
})

/** The code of the refusal, or `undefined`. */
function verdict(validator: ConflictValidator, request: CommitRequest): string | undefined {
  try {
    validator.validate(request)
    return undefined
  } catch (error) {
    if (error instanceof ConflictError) return error.code
    throw error
  }
}

t.test('the validator agrees with a list of all commits, and forgets only what it may', async (t) => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 4, max: 20 }),
      (steps, commitsMax, keysMax) => {
        const validator = new ConflictValidator(0, { commitsMax, keysMax })
        const commits: { version: Version; keys: readonly string[] }[] = []
        let version = 0
        let floor = 0
        for (const { writes, readKeys, readRanges, age, forget } of steps) {
          const readVersion = Math.max(0, version - age)
          const request = { id: 'any', readVersion, readKeys, readRanges, writes: [] }
          const isStale = commits.some(
            (commit) =>
              commit.version > readVersion &&
              commit.keys.some(
                (written) =>
                  readKeys.includes(written) || readRanges.some((r) => written >= r.start && written < r.end),
              ),
          )
          const readsAnything = readKeys.length + readRanges.length > 0
          const expected = !readsAnything
            ? undefined
            : readVersion < floor
              ? 'ROME_SNAPSHOT_TOO_OLD'
              : isStale
                ? 'ROME_CONFLICT'
                : undefined
          if (verdict(validator, request) !== expected) return false
          version++
          validator.add(
            version,
            writes.map((written) => ({ key: written, value: undefined })),
          )
          commits.push({ version, keys: writes })
          // The limits, told apart from the validator: the newest commits whose keys fit.
          let remembered = commits.filter((commit) => commit.version > floor)
          while (
            remembered.length > commitsMax ||
            remembered.reduce((sum, commit) => sum + commit.keys.length, 0) > keysMax
          ) {
            floor = remembered[0]?.version ?? floor
            remembered = remembered.slice(1)
          }
          if (forget !== undefined) {
            const oldest = Math.max(0, version - forget)
            validator.forgetBefore(oldest)
            floor = Math.max(floor, oldest)
          }
          if (validator.size > keysMax) return false
        }
        return true
      },
    ),
    { seed, numRuns: 1000 },
  )
  t.pass(`seed ${seed}`)
})

t.test('what no reader needs takes no memory', async (t) => {
  const validator = new ConflictValidator(0)
  for (let version = 1; version <= 1000; version++) {
    validator.add(version, [{ key: `\x02${version}`, value: undefined }])
    validator.forgetBefore(version - 10)
  }
  t.equal(validator.size, 10)
})

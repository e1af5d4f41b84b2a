import * as fc from 'fast-check'
import t from 'tap'
import type { KeyRange, ScanOptions } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import { storedAmong } from '../../lib/records/stored-keys.js'
import { seed } from '../support/seed.js'

const keyOf = (table: number, at: number) =>
  `\x02\0${String.fromCharCode(table)}\x15${String.fromCharCode(at >> 8, at & 0xff)}`

const numbers = (from: number, count: number, step: number) =>
  Array.from({ length: count }, (_, at) => from + at * step)
const run = fc.record({
  table: fc.integer({ min: 1, max: 3 }),
  from: fc.nat(40_000),
  count: fc.nat(400),
  step: fc.constantFrom(1, 2, 3, 40),
})
const keysOf = (runs: readonly { table: number; from: number; count: number; step: number }[]) => [
  ...new Set(runs.flatMap(({ table, from, count, step }) => numbers(from, count, step).map((at) => keyOf(table, at)))),
]

async function storeWith(keys: readonly string[]) {
  const engine = memory()
  await engine.open()
  const writes = keys.toSorted().map((key) => ({ key, value: Buffer.of(1) }))
  await engine.commit({ id: 'all', readVersion: 0, readKeys: [], readRanges: [], writes })
  return engine
}

t.test('of many keys those are found that are stored, wherever the others lie', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 4 }), fc.array(run, { maxLength: 4 }), async (held, asked) => {
      const stored = keysOf(held)
      const keys = keysOf(asked)
      const engine = await storeWith(stored)
      const snapshot = engine.snapshot()
      const found = await storedAmong(keys, snapshot, (range, options) => snapshot.scan(range, options))
      const expected = new Set(stored)
      t.strictSame([...found].sort(), keys.filter((key) => expected.has(key)).sort())
      await engine.close()
    }),
    { seed, numRuns: 100 },
  )
})

t.test(
  'new keys behind all others are found to be new by one look, and those among many others one by one',
  async (t) => {
    const engine = await storeWith(numbers(0, 10_000, 2).map((at) => keyOf(1, at)))
    const readsFor = async (keys: readonly string[]) => {
      const snapshot = engine.snapshot()
      const before = engine.stats()
      const scan = (range: KeyRange, options: ScanOptions) => snapshot.scan(range, options)
      t.equal((await storedAmong(keys, snapshot, scan)).size, 0)
      snapshot.release()
      const after = engine.stats()
      return { gets: after.gets - before.gets, scans: after.scans - before.scans }
    }
    t.strictSame(await readsFor(numbers(30_000, 1000, 1).map((at) => keyOf(1, at))), { gets: 0, scans: 1 })
    t.strictSame(await readsFor(numbers(1, 500, 40).map((at) => keyOf(1, at))), { gets: 498, scans: 1 })
    t.strictSame(await readsFor(numbers(1, 100, 2).map((at) => keyOf(1, at))), { gets: 100, scans: 0 })
    await engine.close()
  },
)

import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { KeyRange } from '../../lib/codec/key.js'
import { unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { ConflictError, ConstraintError } from '../../lib/errors/rome-error.js'
import { RecordStore } from '../../lib/records/record-store.js'
import type { Isolation, RecordTransaction } from '../../lib/records/record-transaction.js'
import type { Table } from '../../lib/records/table.js'
import { verifyStore } from '../../lib/records/verify.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import { cacheSize } from '../support/cache-sizes.js'
import { rawOf } from '../support/records-fixture.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/*
 * Several transactions at once, their steps in any order. A transaction that commits must have read what it would have
 * read, alone, at the instant of its commit: so its steps are run once more over the rows committed before it, and give
 * the same results. Under snapshot isolation that holds for the rows it wrote alone.
 */

const Thing = defineEntity(
  'things',
  { id: primaryKey(types.integer()), name: types.string() },
  { indexes: [unique('name')] },
)
const schema = schemaOf(Thing)

const transactions = 3
const id = fc.integer({ min: 0, max: 11 })
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')

type Action =
  | { kind: 'get'; id: number }
  | { kind: 'scan'; from: number; to: number; reverse: boolean; batches: number }
  | { kind: 'put'; id: number; name: string }
  | { kind: 'erase'; id: number }

const action: fc.Arbitrary<Action | { kind: 'commit' }> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), id }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('scan' as const),
      from: id,
      to: id,
      reverse: fc.boolean(),
      batches: fc.integer({ min: 0, max: 8 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('put' as const), id, name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase' as const), id }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'commit' as const }) },
)
const steps = fc.array(fc.tuple(fc.nat({ max: transactions - 1 }), action), { maxLength: 60, size: 'max' })

type Rows = ReadonlyMap<number, string>

/** What an action does to rows, and what it says. A scan says what it gave out, and whether it came to its end. */
function expected(rows: Rows, step: Action, given: unknown): { readonly rows: Rows; readonly result: unknown } {
  switch (step.kind) {
    case 'get':
      return { rows, result: rows.get(step.id) ?? null }
    case 'scan': {
      const [count, hasEnded] = [(given as [number[], boolean])[0].length, (given as [number[], boolean])[1]]
      const ids = [...rows.keys()].filter((each) => each >= step.from && each < step.to).sort((a, b) => a - b)
      if (step.reverse) ids.reverse()
      return { rows, result: [hasEnded ? ids : ids.slice(0, count), hasEnded] }
    }
    case 'put': {
      const isTaken = [...rows].some(([other, taken]) => taken === step.name && other !== step.id)
      return isTaken ? { rows, result: 'ROME_UNIQUE' } : { rows: new Map(rows).set(step.id, step.name), result: null }
    }
    case 'erase': {
      const next = new Map(rows)
      next.delete(step.id)
      return { rows: next, result: rows.has(step.id) }
    }
  }
}

async function perform(transaction: RecordTransaction, table: Table, step: Action): Promise<unknown> {
  const key = (each: number) => table.keyOfPrimaryKey([each])
  switch (step.kind) {
    case 'get':
      return (await transaction.get(table, key(step.id)))?.[1] ?? null
    case 'scan': {
      const range: KeyRange = { start: key(step.from), end: key(Math.max(step.from, step.to)) }
      const scan = transaction.scan(range, { reverse: step.reverse, expected: 1 })
      const ids: unknown[] = []
      let hasEnded = false
      for (let batches = 0; batches < step.batches && !hasEnded; batches++) {
        const batch = await scan.next()
        hasEnded = batch === undefined
        batch?.keys.forEach((each, position) => {
          ids.push(table.decode(each, batch.values[position])[0])
        })
      }
      await scan.close()
      return [ids, hasEnded]
    }
    case 'put':
      try {
        const before = await transaction.get(table, key(step.id))
        const row = [step.id, step.name]
        await (before === undefined ? transaction.insert(table, row) : transaction.update(table, before, row))
        return null
      } catch (error) {
        ok(error instanceof ConstraintError, String(error))
        return error.code
      }
    case 'erase': {
      const before = await transaction.get(table, key(step.id))
      if (before !== undefined) transaction.erase(table, before)
      return before !== undefined
    }
  }
}

interface Running {
  readonly transaction: RecordTransaction
  readonly snapshot: Rows
  view: Rows
  readonly done: { readonly step: Action; readonly result: unknown }[]
}

async function run(
  store: RecordStore,
  isolation: Isolation,
  plan: readonly (readonly [number, Action | { kind: 'commit' }])[],
) {
  const table = store.table(schema)
  const running: (Running | undefined)[] = []
  let committed: Rows = new Map()
  let conflicts = 0
  const commit = async (position: number): Promise<void> => {
    const current = running[position]
    running[position] = undefined
    if (current === undefined) return
    try {
      await current.transaction.commit({ isolation })
    } catch (error) {
      ok(error instanceof ConflictError, String(error))
      conflicts++
      return
    } finally {
      current.transaction.release()
    }
    const written = [...new Set([...current.snapshot.keys(), ...current.view.keys()])].filter(
      (each) => current.snapshot.get(each) !== current.view.get(each),
    )
    if (written.length === 0) return
    if (isolation === 'serializable') {
      let rows = committed
      for (const { step, result } of current.done) {
        const again = expected(rows, step, result)
        deepStrictEqual(result, again.result)
        rows = again.rows
      }
      committed = rows
    } else {
      const rows = new Map(committed)
      for (const each of written) {
        deepStrictEqual(committed.get(each), current.snapshot.get(each), 'no update is lost')
        const next = current.view.get(each)
        if (next === undefined) rows.delete(each)
        else rows.set(each, next)
      }
      deepStrictEqual(new Set(rows.values()).size, rows.size, 'unique values stay unique')
      committed = rows
    }
  }
  for (const [position, step] of plan) {
    if (step.kind === 'commit') await commit(position)
    else {
      const current: Running = running[position] ?? {
        transaction: await store.begin(),
        snapshot: committed,
        view: committed,
        done: [],
      }
      running[position] = current
      const result = await perform(current.transaction, table, step)
      const own = expected(current.view, step, result)
      deepStrictEqual(result, own.result, 'a transaction sees its snapshot and its own writes')
      current.view = own.rows
      current.done.push({ step, result })
    }
  }
  for (let position = 0; position < transactions; position++) await commit(position)
  const stored = Array.from(await rawOf(store.engine, table.prefix), ([key, value]) => table.decode(key, value))
  deepStrictEqual(
    new Map(stored.map(([key, value]) => [key, value])),
    new Map([...committed].sort(([a], [b]) => a - b)),
  )
  deepStrictEqual((await verifyStore(store)).problems, [])
  return conflicts
}

async function check(isolation: Isolation, makeEngine: () => Engine, numRuns: number): Promise<number> {
  let conflicts = 0
  await fc.assert(
    fc.asyncProperty(steps, cacheSize, async (plan, cacheBytes) => {
      const store = await RecordStore.open(makeEngine(), [schema], { cacheBytes })
      try {
        conflicts += await run(store, isolation, plan)
      } finally {
        await store.close()
      }
    }),
    { seed, numRuns },
  )
  return conflicts
}

t.test('serializable transactions in memory read what they would have read alone at their commit', async (t) => {
  t.ok((await check('serializable', () => memory(), 600)) > 0, 'some had conflicts')
})

t.test('serializable transactions on disk read what they would have read alone at their commit', async (t) => {
  await check('serializable', () => level(temporaryDirectory(t), { partitions: 2, durability: 'os' }), 15)
})

t.test('under snapshot isolation no update is lost and unique values stay unique', async (t) => {
  t.ok((await check('snapshot', () => memory(), 600)) > 0, 'some had conflicts')
})

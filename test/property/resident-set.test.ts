import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type Key, type KeyRange, prefixRange } from '../../lib/codec/key.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine, Scan } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { RecordStore } from '../../lib/records/record-store.js'
import type { RecordTransaction } from '../../lib/records/record-transaction.js'
import { type LeafAt, leafAt } from '../../lib/records/resident/resident-nodes.js'
import { entryBytes, type ResidentSet, rowBytes } from '../../lib/records/resident/resident-set.js'
import type { Row } from '../../lib/records/row.js'
import { EntryCell, type GrowingBatch, type RowSlot, type StoredValue } from '../../lib/records/stored-value.js'
import type { Table } from '../../lib/records/table.js'
import type { TableIndex } from '../../lib/records/table-index.js'
import { verifyStore } from '../../lib/records/verify.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import { transact } from '../support/records-fixture.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/*
 * Readers hold their snapshots and leave scans half done while others commit. Whatever is in memory by then, for each
 * of them the store is as it was when it began. In the end memory is a copy of what the engine stores.
 */

const Thing = defineEntity(
  'things',
  {
    id: primaryKey(types.integer()),
    name: types.string(),
    group: types.integer(),
    deletedAt: deletedAt(),
  },
  { indexes: [unique('name'), index('group', { include: ['name'] }), index('group', 'name')] },
)
const schema = schemaOf(Thing)
const ids = 150
const readers = 3

const id = fc.nat({ max: ids - 1 })
const reader = fc.nat({ max: readers - 1 })

const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin' as const), reader }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), reader, id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('getMany' as const), reader, id, count: id }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('count' as const), reader, index: fc.nat({ max: 2 }), from: id, to: id }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('ranges' as const),
      reader,
      index: fc.nat({ max: 2 }),
      parts: fc.array(fc.tuple(id, id), { maxLength: 6 }),
      most: fc.integer({ min: 1, max: 200 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('scan' as const),
      reader,
      /** The rows, or one of the indexes. */
      index: fc.option(fc.nat({ max: 2 })),
      isReverse: fc.boolean(),
      expected: fc.integer({ min: 1, max: 40 }),
      from: id,
      to: id,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('next' as const), reader }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      changes: fc.array(
        fc.record({ id, to: fc.constantFrom('erased', 'deleted', 'live'), group: fc.nat({ max: 3 }) }),
        {
          minLength: 1,
          maxLength: 12,
        },
      ),
    }),
  },
)

type Rows = ReadonlyMap<number, Row>

/** A scan that is under way, and what it has still to give. */
interface RunningScan {
  readonly scan: Scan<StoredValue>
  readonly index: TableIndex | undefined
  rest: [Key, Row][]
}

class Reader {
  readonly transaction: RecordTransaction
  readonly #table: Table
  readonly #rows: Rows
  readonly #scans: RunningScan[] = []

  constructor(transaction: RecordTransaction, table: Table, rows: Rows) {
    this.transaction = transaction
    this.#table = table
    this.#rows = rows
  }

  async get(wanted: number): Promise<void> {
    deepStrictEqual(await this.transaction.get(this.#table, this.#keyOf(wanted)), this.#rows.get(wanted))
  }

  async getMany(first: number, count: number): Promise<void> {
    const wanted = Array.from({ length: count }, (_, at) => (first + at) % ids)
    const rows = await this.transaction.getMany(
      this.#table,
      wanted.map((each) => this.#keyOf(each)),
    )
    deepStrictEqual(
      rows,
      wanted.map((each) => this.#rows.get(each)),
    )
  }

  /** @returns whether memory knew. */
  count(index: TableIndex, from: number, to: number): boolean {
    const { range, stored } = this.#part(index, from, to)
    const counted = this.transaction.countKnown(range)
    if (counted !== undefined) equal(counted, stored.length)
    return counted !== undefined
  }

  /** Ranges one after the other. @returns whether memory knew any of them. */
  async ranges(
    index: TableIndex,
    parts: readonly (readonly [from: number, to: number])[],
    most: number,
  ): Promise<boolean> {
    // What is read whole is in memory then, where there is room and nothing was committed since.
    for (const prefix of [index.prefix, index.deletedPrefix]) {
      const scan = this.transaction.scan(prefixRange(prefix))
      while ((await scan.next()) !== undefined) {}
    }
    const wanted = parts.map(([from, to]) => this.#part(index, from, to))
    const batch: GrowingBatch = { keys: [], values: [] }
    const read = this.transaction.readKnown(
      batch,
      wanted.map(({ range }) => range),
      most,
    )
    const expected = wanted.slice(0, read).flatMap(({ stored }) => stored)
    ok(expected.length <= most)
    const rows = await this.transaction.getByEntries(this.#table, index, batch)
    deepStrictEqual(
      batch.keys.map((key, at) => [key, rows[at]]),
      expected,
    )
    return read > 0
  }

  scan(index: TableIndex | undefined, from: number, to: number, options: { reverse: boolean; expected: number }): void {
    const { range, stored } = this.#part(index, from, to)
    if (options.reverse) stored.reverse()
    this.#scans.push({ scan: this.transaction.scan(range, options), index, rest: stored })
  }

  async next(): Promise<void> {
    const running = this.#scans.shift()
    if (running === undefined) return
    const { scan, index, rest } = running
    const batch = await scan.next()
    if (batch === undefined) {
      deepStrictEqual(rest, [])
      return
    }
    const expected = rest.slice(0, batch.keys.length)
    const rows =
      index === undefined
        ? batch.keys.map((key, at) => this.#table.decode(key, batch.values[at] as StoredValue))
        : await this.transaction.getByEntries(this.#table, index, batch)
    deepStrictEqual(
      batch.keys.map((key, at) => [key, rows[at]]),
      expected,
    )
    running.rest = rest.slice(batch.keys.length)
    this.#scans.push(running)
  }

  async close(): Promise<void> {
    for (const { scan } of this.#scans.slice(1)) await scan.close()
    this.transaction.release()
  }

  /** A range between two stored keys, and what is in it. */
  #part(index: TableIndex | undefined, from: number, to: number): { range: KeyRange; stored: [Key, Row][] } {
    const prefix = from > to ? index?.deletedPrefix : index?.prefix
    const all =
      index === undefined || prefix === undefined
        ? this.#stored()
        : this.#entries(index).filter(([key]) => key.startsWith(prefix))
    const [start, end] = [from, to].sort((a, b) => a - b).map((at) => all[Math.min(at, all.length - 1)]?.[0] ?? '\x02')
    const range = { start: start as Key, end: `${end}\xff` }
    return { range, stored: all.filter(([key]) => key >= range.start && key < range.end) }
  }

  #keyOf(each: number): Key {
    return this.#table.keyOfPrimaryKey([each])
  }

  #stored(): [Key, Row][] {
    return sorted(Array.from(this.#rows.values(), (row) => [this.#table.keyOf(row), row]))
  }

  #entries(index: TableIndex): [Key, Row][] {
    const entries: [Key, Row][] = []
    for (const row of this.#rows.values()) {
      const entry = index.entryOf(this.#table.keyOf(row), row)
      if (entry !== undefined) entries.push([entry.key, row])
    }
    return sorted(entries)
  }
}

function sorted(entries: [Key, Row][]): [Key, Row][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}

async function write(
  store: RecordStore,
  table: Table,
  rows: Rows,
  { changes }: Extract<Step, { kind: 'write' }>,
): Promise<Rows> {
  const next = new Map(rows)
  await transact(store, async (transaction) => {
    for (const { id: changed, to, group } of changes) {
      const before = next.get(changed)
      if (to === 'erased') {
        if (before !== undefined) transaction.erase(table, before)
        next.delete(changed)
        continue
      }
      const row: Row = [changed, `name ${changed % 7} of ${changed}`, group, to === 'deleted' ? 1000 : null]
      if (before === undefined) await transaction.insert(table, row)
      else await transaction.update(table, before, row)
      next.set(changed, row)
    }
  })
  return next
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function run(store: RecordStore, steps: readonly Step[]): Promise<number> {
  const table = store.table(schema)
  let known = 0
  let committed: Rows = new Map()
  committed = await write(store, table, committed, {
    kind: 'write',
    changes: Array.from({ length: ids }, (_, at) => ({
      id: at,
      to: at % 5 === 0 ? ('deleted' as const) : at % 3 === 0 ? ('erased' as const) : ('live' as const),
      group: at % 4,
    })),
  })
  const running = new Map<number, Reader>()
  for (const each of steps) {
    if (each.kind === 'write') {
      committed = await write(store, table, committed, each)
      requireCounted(store.resident)
      continue
    }
    if (each.kind === 'begin') {
      await running.get(each.reader)?.close()
      running.delete(each.reader)
    }
    const current = running.get(each.reader) ?? new Reader(await store.begin(), table, committed)
    running.set(each.reader, current)
    switch (each.kind) {
      case 'get':
        await current.get(each.id)
        break
      case 'getMany':
        await current.getMany(each.id, each.count)
        break
      case 'count':
        if (current.count(table.indexes[each.index] as TableIndex, each.from, each.to)) known++
        break
      case 'ranges':
        if (await current.ranges(table.indexes[each.index] as TableIndex, each.parts, each.most)) known++
        break
      case 'scan':
        current.scan(each.index === null ? undefined : table.indexes[each.index], each.from, each.to, {
          reverse: each.isReverse,
          expected: each.expected,
        })
        break
      case 'next':
        await current.next()
        break
    }
    requireCounted(store.resident)
  }
  for (const each of running.values()) await each.close()
  if (await countsAll(store, table)) known++
  deepStrictEqual((await verifyStore(store)).problems, [])
  return known
}

/** What memory says of its size is what it holds, and within its budget. */
function requireCounted(set: ResidentSet | undefined): void {
  if (set === undefined) return
  const held = { bytes: 0, rows: 0, entries: 0 }
  const count = (key: Key, value: RowSlot | EntryCell) => {
    if (value instanceof EntryCell) {
      held.entries++
      held.bytes += entryBytes(key, value)
    } else if (value.cell !== undefined) {
      held.rows++
      held.bytes += rowBytes(key, value.cell)
    }
  }
  let next: Key | undefined = ''
  while (next !== undefined) {
    const { leaf, end }: LeafAt<RowSlot | EntryCell> = leafAt(set.root, next)
    for (const [at, key] of leaf.keys.entries()) count(key, leaf.values[at])
    next = end
  }
  for (const [key, slot] of set.looseRows()) count(key, slot)
  const { bytes, rows, entries, bytesMax } = set.statistics()
  deepStrictEqual({ bytes, rows, entries }, held)
  ok(bytes <= bytesMax, 'the budget is exceeded')
}

/** Counts an index that was just read as a whole. @returns whether memory knew. */
async function countsAll(store: RecordStore, table: Table): Promise<boolean> {
  const range = prefixRange((table.indexes[0] as TableIndex).prefix)
  return transact(store, async (transaction) => {
    const scan = transaction.scan(range)
    let entries = 0
    for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) entries += batch.keys.length
    const counted = transaction.countKnown(range)
    if (counted !== undefined) equal(counted, entries)
    return counted !== undefined
  })
}

async function check(makeEngine: () => Engine, cacheBytes: number, numRuns: number): Promise<number> {
  let known = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100, size: 'max' }), async (steps) => {
      const store = await RecordStore.open(makeEngine(), [schema], { cacheBytes })
      try {
        known += await run(store, steps)
      } finally {
        await store.close()
      }
    }),
    { seed, numRuns },
  )
  return known
}

for (const [words, bytes, isCounted] of [
  ['without a cache', 0, false],
  ['with a cache that is too small for anything to stay', 2000, false],
  ['with a cache for a part of the rows', 30_000, false],
  ['with a cache for all', 10_000_000, true],
] as const) {
  t.test(`every snapshot reads what was committed before it, ${words}`, async (t) => {
    const inMemory = await check(() => memory(), bytes, 50)
    const onDisk = await check(() => level(temporaryDirectory(t), { partitions: 3, durability: 'os' }), bytes, 8)
    if (isCounted) t.ok(inMemory + onDisk > 0, 'ranges were counted in memory')
    else t.pass()
  })
}

t.test('memory that differs from the store is found by verify', async (t) => {
  const store = await RecordStore.open(memory(), [schema], { cacheBytes: 1_000_000 })
  t.teardown(() => store.close())
  const table = store.table(schema)
  const row: Row = [1, 'one', 1, null]
  await transact(store, (transaction) => transaction.insert(table, row))
  const key = table.keyOf(row)
  await transact(store, (transaction) => transaction.get(table, key))
  const cell = store.resident?.row(key)?.cell
  if (cell === undefined) throw new Error('the row is in memory after it was read')
  cell.content = [1, 'another', 1, null]
  const { problems } = await verifyStore(store)
  t.same(
    problems.map(({ what, values }) => [what, values]),
    [['wrong cache', [1]]],
  )
})

import { deepStrictEqual, rejects } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { seal } from '../../lib/codec/checksum.js'
import { type Key, keyToBytes, prefixRange } from '../../lib/codec/key.js'
import { packValues } from '../../lib/codec/serialiser.js'
import { encodeBytes, encodeInteger, encodeNull, encodeText, invertElement } from '../../lib/codec/tuple.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { RecordStore } from '../../lib/records/record-store.js'
import type { RecordTransaction, Savepoint } from '../../lib/records/record-transaction.js'
import { verifyStore } from '../../lib/records/verify.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import { rawEntries, rawOf } from '../support/records-fixture.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** Every kind of index. */
const Thing = defineEntity(
  'things',
  {
    id: primaryKey(types.integer()),
    part: primaryKey(types.string()),
    name: types.string().nullable(),
    size: types.integer().nullable(),
    state: types.enum('queued', 'active'),
    data: types.bytes().nullable(),
    deletedAt: deletedAt(),
  },
  {
    indexes: [
      index('name', desc('size'), { name: 'composite' }),
      unique('name', { name: 'unique' }),
      unique('size', desc('state'), { name: 'unique_partial', where: (thing) => thing.state.ne('queued') }),
      index('size', { name: 'partial', where: (thing) => thing.size.gt(1), include: ['name', 'state', 'data'] }),
      index(desc('data'), { name: 'descending' }),
      index('size', { name: 'elsewhere', where: (thing) => thing.data.isNotNull() }),
    ],
  },
)
const schema = schemaOf(Thing)

type Row = [
  id: number,
  part: string,
  name: string | null,
  size: number | null,
  state: 'queued' | 'active',
  data: Uint8Array | null,
  deletedAt: number | null,
]

const text = (value: string | null) => (value === null ? encodeNull() : encodeText(value))
const integer = (value: number | null) => (value === null ? encodeNull() : encodeInteger(value))
const bytes = (value: Uint8Array | null) => (value === null ? encodeNull() : encodeBytes(value))

/** The entries of a row as ARCHITECTURE.md describes them: for each index the tuple, and the values beside the key. */
function entriesOf(
  row: Row,
): { name: string; tuple: Key; isUnique: boolean; include: (string | number | Uint8Array | null)[] }[] {
  const [, , name, size, state, data] = row
  const plain = { isUnique: false, include: [] }
  return [
    { name: 'composite', tuple: text(name) + invertElement(integer(size)), ...plain },
    { name: 'unique', tuple: text(name), ...plain, isUnique: name !== null },
    ...(state === 'queued'
      ? []
      : [
          {
            name: 'unique_partial',
            tuple: integer(size) + invertElement(text(state)),
            ...plain,
            isUnique: size !== null,
          },
        ]),
    ...(size === null || size <= 1
      ? []
      : [
          { name: 'partial', tuple: integer(size), isUnique: false, include: [name, state === 'queued' ? 1 : 2, data] },
        ]),
    { name: 'descending', tuple: invertElement(bytes(data)), ...plain },
    ...(data === null ? [] : [{ name: 'elsewhere', tuple: integer(size), ...plain }]),
  ]
}

function storedEntries(store: RecordStore, rows: Iterable<Row>): Map<Key, Buffer> {
  const { indexes } = store.catalogue.tables.things
  const entries = new Map<Key, Buffer>()
  for (const row of rows) {
    const isDeleted = row[6] !== null
    const primary = integer(row[0]) + text(row[1])
    for (const { name, tuple, isUnique, include } of entriesOf(row)) {
      const isExclusive = isUnique && !isDeleted
      const prefix = `${isDeleted ? '\x04' : '\x03'}\0${String.fromCharCode(indexes[name].id)}`
      const key = prefix + tuple + (isExclusive ? '' : primary)
      const isEmpty = !isExclusive && include.length === 0
      const payload = isEmpty ? new Uint8Array() : packValues([isExclusive ? keyToBytes(primary) : null, ...include])
      entries.set(key, Buffer.from(seal(key, payload)))
    }
  }
  return entries
}

/** The texts of the unique values that a live row takes. */
function claimsOf(row: Row): string[] {
  return row[6] === null
    ? entriesOf(row)
        .filter(({ isUnique }) => isUnique)
        .map(({ name, tuple }) => name + tuple)
    : []
}

const slotOf = (row: Row) => `${row[0]} ${row[1]}`

const keys = { id: fc.integer({ min: 0, max: 3 }), part: fc.constantFrom('', 'a') }
const values = {
  name: fc.constantFrom(null, '', 'a', 'b\0', 'é'),
  size: fc.constantFrom(null, -1, 1, 2, 300),
  state: fc.constantFrom('queued' as const, 'active' as const),
  data: fc.constantFrom(null, Uint8Array.of(), Uint8Array.of(0, 255)),
  deletedAt: fc.constantFrom(null, null, 5),
}

type Step = { kind: 'put' | 'erase'; row: Row } | { kind: 'savepoint' | 'rollback' | 'commit' | 'abandon' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ ...keys, ...values }).map(
      ({ id, part, name, size, state, data, deletedAt }): Step => ({
        kind: 'put',
        row: [id, part, name, size, state, data, deletedAt],
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record(keys)
      .map(({ id, part }): Step => ({ kind: 'erase', row: [id, part, null, null, 'queued', null, null] })),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'savepoint' }, { kind: 'rollback' }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ kind: 'commit' }, { kind: 'commit' }, { kind: 'abandon' }) },
)

/** A store and what should be in it. */
class Checked {
  readonly #store: RecordStore
  #committed = new Map<string, Row>()
  #view = new Map<string, Row>()
  #savepoints: { readonly real: Savepoint; readonly view: ReadonlyMap<string, Row> }[] = []
  #transaction: RecordTransaction | undefined

  constructor(store: RecordStore) {
    this.#store = store
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      await this.#do(each)
      await this.#checkView()
    }
    await this.#end(true)
    await this.#checkStored()
  }

  async #do(each: Step): Promise<void> {
    const table = this.#store.table(schema)
    this.#transaction ??= await this.#store.begin()
    const transaction = this.#transaction
    switch (each.kind) {
      case 'put': {
        const before = this.#view.get(slotOf(each.row))
        const taken = new Set([...this.#view.values()].filter((row) => row !== before).flatMap(claimsOf))
        const write = async () =>
          before === undefined ? transaction.insert(table, each.row) : transaction.update(table, before, each.row)
        if (claimsOf(each.row).some((claim) => taken.has(claim))) await rejects(write, { code: 'ROME_UNIQUE' })
        else {
          await write()
          this.#view.set(slotOf(each.row), each.row)
        }
        return
      }
      case 'erase': {
        const before = this.#view.get(slotOf(each.row))
        if (before === undefined) return
        transaction.erase(table, before)
        this.#view.delete(slotOf(each.row))
        return
      }
      case 'savepoint':
        this.#savepoints.push({ real: transaction.savepoint(), view: new Map(this.#view) })
        return
      case 'rollback': {
        const savepoint = this.#savepoints.at(-1)
        if (savepoint === undefined) return
        transaction.rollbackTo(savepoint.real)
        this.#view = new Map(savepoint.view)
        return
      }
      default:
        await this.#end(each.kind === 'commit')
        await this.#checkStored()
    }
  }

  async #end(isCommit: boolean): Promise<void> {
    const transaction = this.#transaction
    this.#transaction = undefined
    this.#savepoints = []
    if (transaction !== undefined && isCommit) {
      await transaction.commit({ isolation: 'serializable' })
      this.#committed = this.#view
    }
    transaction?.release()
    this.#view = new Map(this.#committed)
  }

  /** What the transaction itself sees, rows and entries, in both directions. */
  async #checkView(): Promise<void> {
    const transaction = this.#transaction ?? (await this.#store.begin())
    const table = this.#store.table(schema)
    const entries = storedEntries(this.#store, this.#view.values())
    for (const space of ['\x03', '\x04']) {
      const expected = [...entries.keys()].filter((key) => key.startsWith(space)).sort()
      deepStrictEqual(await keysOf(transaction, space, false), expected)
      deepStrictEqual(await keysOf(transaction, space, true), expected.reverse())
    }
    const rowKeys = [...this.#view.values()].map((row) => table.keyOf(row))
    deepStrictEqual(await transaction.getMany(table, rowKeys), [...this.#view.values()])
    deepStrictEqual(await keysOf(transaction, table.prefix, false), [...rowKeys].sort())
    if (this.#transaction === undefined) transaction.release()
  }

  async #checkStored(): Promise<void> {
    const { engine } = this.#store
    const table = this.#store.table(schema)
    const rows = Array.from(await rawOf(engine, table.prefix), ([key, value]) => table.decode(key, value))
    deepStrictEqual(
      rows,
      [...this.#committed.values()].sort((a, b) => (table.keyOf(a) < table.keyOf(b) ? -1 : 1)),
    )
    const entries = Array.from(await rawEntries(engine), ([key, value]) => [key, Buffer.from(value)] as const)
    deepStrictEqual(new Map(entries), new Map([...storedEntries(this.#store, this.#committed.values())]))
    const { problems, entries: entryCount } = await verifyStore(this.#store)
    deepStrictEqual({ problems, entryCount }, { problems: [], entryCount: entries.length })
  }
}

async function keysOf(transaction: RecordTransaction, prefix: Key, reverse: boolean): Promise<Key[]> {
  const found: Key[] = []
  const scan = transaction.scan(prefixRange(prefix), { reverse, expected: 2 })
  for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) found.push(...batch.keys)
  await scan.close()
  return found
}

function entriesStayExact(makeEngine: () => Engine, runs: { numRuns: number; maxLength: number }): Promise<void> {
  return fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: runs.maxLength, size: 'max' }), async (steps) => {
      const store = await RecordStore.open(makeEngine(), [schema])
      try {
        await new Checked(store).run(steps)
        const { liveSnapshots, liveScans } = store.engine.stats()
        deepStrictEqual({ liveSnapshots, liveScans }, { liveSnapshots: 0, liveScans: 0 })
      } finally {
        await store.close()
      }
    }),
    { seed, numRuns: runs.numRuns },
  )
}

t.test('the entries in memory are those that the rows say, whatever was done', async () => {
  await entriesStayExact(() => memory(), { numRuns: 60, maxLength: 60 })
})

t.test('the entries on disk are those that the rows say, whatever was done', async (t) => {
  const durability = 'os'
  await entriesStayExact(() => level(temporaryDirectory(t), { partitions: 2, durability }), {
    numRuns: 8,
    maxLength: 80,
  })
})

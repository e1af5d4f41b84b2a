import t from 'tap'
import { encodeDocument } from '../../lib/codec/document.js'
import { column } from '../../lib/decorators/column.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, version } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import { CorruptionError, EngineError, SchemaError, UsageError } from '../../lib/errors/rome-error.js'
import { catalogueKey, newCatalogue } from '../../lib/records/catalogue.js'
import { reconcile } from '../../lib/records/reconcile.js'
import type { RecordStore } from '../../lib/records/record-store.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import {
  copyOf,
  insertRows,
  newRow,
  openStore,
  rawEntries,
  rawOf,
  readRows,
  storedCatalogue,
  transact,
  writeRaw,
} from '../support/records-fixture.js'

const id = () => primaryKey(types.string())
const Plain = defineEntity('things', { id: id(), size: types.integer() })
const changed = { code: 'ROME_SCHEMA_CHANGED' }

const idsOf = (store: RecordStore) =>
  Object.fromEntries(Object.entries(store.catalogue.tables.things.columns).map(([name, known]) => [name, known.id]))

t.test('ids are given once: what is dropped leaves its id unused', async (t) => {
  const Other = defineEntity('others', { id: id() })
  const Indexed = defineEntity('things', { id: id(), size: types.integer() }, { indexes: [index('size')] })
  const first = await openStore(t, [Indexed])
  t.strictSame(idsOf(first), { id: 0, size: 1 })
  t.equal(first.catalogue.tables.things.id, 1)
  t.equal(first.catalogue.tables.things.indexes.size.id, 2)
  await insertRows(first, Indexed, [{ id: 'a', size: 1 }])
  const second = await openStore(
    t,
    [defineEntity('things', { id: id(), weight: types.integer().default(0) })],
    copyOf(first),
  )
  t.strictSame(idsOf(second), { id: 0, size: 1, weight: 2 }, 'the dropped column keeps its id')
  t.strictSame(second.catalogue.tables.things.indexes, {})
  const third = await openStore(t, [Indexed, Other], copyOf(second))
  t.strictSame(idsOf(third), { id: 0, size: 1, weight: 2 })
  t.equal(third.catalogue.tables.things.indexes.size.id, 3, 'an index that comes back is another one')
  t.equal(third.catalogue.tables.others.id, 4)
  t.equal(third.catalogue.nextId, 5)
})

t.test('a model given twice gets one id', async (t) => {
  const store = await openStore(t, [Plain, Plain])
  t.equal(store.catalogue.nextId, 2)
})

t.test('the ids run out with an error, not with a second use', async (t) => {
  const full = { ...newCatalogue(), nextId: 0x10000 }
  const noRows = { isEmpty: async () => true, haveValue: async () => true }
  await t.rejects(
    reconcile(full, [schemaOf(Plain)], () => noRows),
    { code: 'ROME_SCHEMA_INVALID' },
  )
  await t.resolves(reconcile({ ...full, nextId: 0xffff }, [schemaOf(Plain)], () => noRows))
})

t.test('opening what is stored already writes nothing', async (t) => {
  const first = await openStore(t, [Plain])
  const engine = copyOf(first)
  const second = await openStore(t, [Plain], engine)
  t.equal(engine.stats().commits, 0)
  t.strictSame(second.catalogue, first.catalogue)
  t.ok(second.secret.equals(first.secret))
})

t.test('stored rows get a new nullable column as null and a new defaulted one as its default', async (t) => {
  const first = await openStore(t, [Plain])
  await insertRows(first, Plain, [{ id: 'a', size: 1 }])
  const Grown = defineEntity('things', {
    id: id(),
    size: types.integer(),
    note: types.text().nullable(),
    maybe: types.integer().nullable().default(7),
    state: types.enum('queued', 'active').default('active'),
    amount: types.bigint().default(2n ** 60n),
    key: types.uuid().default('0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'),
    tags: types.json<string[]>().default(['x']),
    data: types.bytes().default(Uint8Array.of(1, 2)),
    version: version(),
  })
  const second = await openStore(t, [Grown], copyOf(first))
  await insertRows(second, Grown, [{ id: 'b', size: 2, maybe: null, state: 'queued' }])
  const key = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'
  const filled = { amount: 2n ** 60n, key, tags: ['x'], data: Uint8Array.of(1, 2), version: 1 }
  t.same(await readRows(second, Grown), [
    { id: 'a', size: 1, note: null, maybe: 7, state: 'active', ...filled },
    { id: 'b', size: 2, note: null, maybe: null, state: 'queued', ...filled },
  ])
})

t.test('a default that is a function is asked once for all the rows that are stored already', async (t) => {
  const first = await openStore(t, [Plain])
  await insertRows(first, Plain, [
    { id: 'a', size: 1 },
    { id: 'b', size: 1 },
  ])
  let calls = 0
  const count = () => ++calls
  const Counted = defineEntity('things', {
    id: id(),
    size: types.integer(),
    serial: types.integer().default(count),
    createdAt: createdAt(),
  })
  const second = await openStore(t, [Counted], copyOf(first))
  const rows = await readRows(second, Counted)
  t.strictSame(
    rows.map(({ serial }) => serial),
    [1, 1],
  )
  const third = await openStore(t, [Counted], copyOf(second))
  t.same(await readRows(third, Counted), rows, 'another opening changes nothing')
  t.equal(calls, 1)
})

t.test('a new column that needs a value is refused while rows are stored, and taken when there are none', async (t) => {
  const Required = defineEntity('things', { id: id(), size: types.integer(), weight: types.integer() })
  const first = await openStore(t, [Plain])
  await t.resolves(openStore(t, [Required], copyOf(first)))
  await insertRows(first, Plain, [{ id: 'a', size: 1 }])
  const refused = openStore(t, [Required], copyOf(first))
  await t.rejects(refused, { ...changed, context: { model: 'things', column: 'weight' } })
  await t.rejects(refused, SchemaError)
  const second = await openStore(t, [Plain], copyOf(first))
  t.same(await readRows(second, Plain), [{ id: 'a', size: 1 }])
})

t.test('the type of a column changes only while no row is stored', async (t) => {
  const Text = defineEntity('things', { id: id(), size: types.string() })
  const first = await openStore(t, [Plain])
  const empty = await openStore(t, [Text], copyOf(first))
  t.strictSame(idsOf(empty), { id: 0, size: 2 }, 'as another column')
  await insertRows(empty, Text, [{ id: 'a', size: 'small' }])
  t.same(await readRows(empty, Text), [{ id: 'a', size: 'small' }])
  await t.rejects(openStore(t, [Plain], copyOf(empty)), { ...changed, context: { column: 'size' } })
})

t.test('the parameters of a type change only while no row is stored', async (t) => {
  const scaled = (scale: number) => {
    const schema = schemaOf(Plain)
    const columns = schema.columns.map((known) =>
      known.name === 'size'
        ? { ...known, type: Object.create(known.type, { parameters: { value: { scale } } }) }
        : known,
    )
    return { ...schema, columns }
  }
  const rows = (isEmpty: boolean) => () => ({ isEmpty: async () => isEmpty, haveValue: async () => true })
  const stored = await reconcile(newCatalogue(), [scaled(2)], rows(true))
  t.equal(await reconcile(stored, [scaled(2)], rows(false)), stored)
  await t.rejects(reconcile(stored, [scaled(3)], rows(false)), changed)
  const next = await reconcile(stored, [scaled(3)], rows(true))
  t.strictSame(next.tables.things.columns.size.parameters, { scale: 3 })
})

t.test('a required column may become nullable; the other way is refused while rows are stored', async (t) => {
  const Nullable = defineEntity('things', { id: id(), size: types.integer().nullable() })
  const first = await openStore(t, [Plain])
  await insertRows(first, Plain, [{ id: 'a', size: 1 }])
  const second = await openStore(t, [Nullable], copyOf(first))
  await insertRows(second, Nullable, [{ id: 'b', size: null }])
  t.same(await readRows(second, Nullable), [
    { id: 'a', size: 1 },
    { id: 'b', size: null },
  ])
  await t.rejects(openStore(t, [Plain], copyOf(second)), changed)
})

t.test('the primary key changes only while no row is stored', async (t) => {
  const Composite = defineEntity('things', { id: id(), size: primaryKey(types.integer()) })
  const first = await openStore(t, [Plain])
  await t.resolves(openStore(t, [Composite], copyOf(first)))
  await insertRows(first, Plain, [{ id: 'a', size: 1 }])
  await t.rejects(openStore(t, [Composite], copyOf(first)), { ...changed, context: { stored: ['id'] } })
})

t.test('renaming a property that keeps its stored name costs nothing, its indexes included', async (t) => {
  const before = defineEntity(
    'things',
    { id: id(), size: types.integer(), name: types.string() },
    { indexes: [index('size', { where: (thing) => thing.name.eq('x'), include: ['name'] }), unique('name')] },
  )
  const after = defineEntity(
    'things',
    { id: id(), bytes: column(types.integer(), { name: 'size' }), title: column(types.string(), { name: 'name' }) },
    { indexes: [index('bytes', { where: (thing) => thing.title.eq('x'), include: ['title'] }), unique('title')] },
  )
  const first = await openStore(t, [before])
  await insertRows(first, before, [{ id: 'a', size: 1, name: 'x' }])
  const engine = copyOf(first)
  const second = await openStore(t, [after], engine)
  t.equal(engine.stats().commits, 0)
  t.same(await readRows(second, after), [{ id: 'a', bytes: 1, title: 'x' }])
})

t.test('properties that exchange their stored names make another partial index', async (t) => {
  const where = (thing: { a: { isNotNull(): unknown } }) => thing.a.isNotNull() as never
  const columns = { a: types.integer().nullable(), b: types.integer().nullable() }
  const before = defineEntity(
    'things',
    { id: id(), ...columns },
    { indexes: [index('id', { where, name: 'partial' })] },
  )
  const after = defineEntity(
    'things',
    { id: id(), b: column(columns.a, { name: 'a' }), a: column(columns.b, { name: 'b' }) },
    { indexes: [index('id', { where, name: 'partial' })] },
  )
  const first = await openStore(t, [before])
  await insertRows(first, before, [{ id: 'x', a: 1, b: null }])
  t.equal((await rawEntries(first.engine)).size, 1)
  const second = await openStore(t, [after], copyOf(first))
  t.equal((await rawEntries(second.engine)).size, 0)
})

t.test('enum texts may be added, reordered and removed; rows keep theirs', async (t) => {
  const withTexts = (...texts: [string, ...string[]]) =>
    defineEntity('things', { id: id(), state: types.enum(...texts) })
  const First = withTexts('queued', 'active')
  const first = await openStore(t, [First])
  await insertRows(first, First, [
    { id: 'a', state: 'queued' },
    { id: 'b', state: 'active' },
  ])
  const Second = withTexts('killed', 'active', 'queued', 'constructor', '__proto__')
  const second = await openStore(t, [Second], copyOf(first))
  await insertRows(second, Second, [
    { id: 'c', state: 'killed' },
    { id: 'd', state: 'constructor' },
    { id: 'e', state: '__proto__' },
  ])
  const states = ['queued', 'active', 'killed', 'constructor', '__proto__']
  t.same(
    (await readRows(second, Second)).map(({ state }) => state),
    states,
  )
  const Third = withTexts('killed')
  const third = await openStore(t, [Third], copyOf(second))
  t.same(
    (await readRows(third, Third)).map(({ state }) => state),
    states,
    'a removed text stays readable',
  )
  const table = third.table(schemaOf(Third))
  await transact(third, async (transaction) => {
    const row = (await transaction.get(table, table.keyOfPrimaryKey(['a']))) ?? []
    await transaction.update(table, row, [...row])
  })
  t.same(
    (await readRows(third, Third)).map(({ state }) => state),
    states,
    'and writable, where it stands already',
  )
  const Fourth = withTexts('new')
  const fourth = await openStore(t, [Fourth], copyOf(third))
  const ids = fourth.catalogue.tables.things.columns.state.enumIds ?? {}
  t.strictSame(Object.values(ids).sort(), [1, 2, 3, 4, 5, 6], 'no id is used again')
})

t.test('names that objects have a meaning for are names like others', async (t) => {
  for (const name of ['constructor', '__proto__', 'toString', '1']) {
    const columns = { id: id(), size: column(types.integer(), { name }) }
    const Model = defineEntity('things', columns, { indexes: [index('size', { name })] })
    const first = await openStore(t, [Model])
    await insertRows(first, Model, [{ id: 'a', size: 1 }])
    t.equal((await rawEntries(first.engine)).size, 1)
    const engine = copyOf(first)
    const second = await openStore(t, [Model], engine)
    t.equal(engine.stats().commits, 0, `${name} is found again`)
    t.same(await readRows(second, Model), [{ id: 'a', size: 1 }])
  }
  const Constructor = defineEntity('constructor', { id: id() })
  const store = await openStore(t, [Constructor])
  await insertRows(store, Constructor, [{ id: 'a' }])
  t.same(await readRows(store, Constructor), [{ id: 'a' }])
})

t.test('a column that a model no longer names keeps its values for a model that names it again', async (t) => {
  const New = defineEntity('things', {
    id: id(),
    size: types.integer(),
    note: types.text().nullable(),
    n: types.integer().default(5),
  })
  const first = await openStore(t, [New])
  await insertRows(first, New, [
    { id: 'a', size: 1, note: 'kept', n: 1 },
    { id: 'b', size: 2, note: 'erased', n: 2 },
  ])
  const older = await openStore(t, [Plain], copyOf(first))
  t.ok(older.catalogue.tables.things.columns.note.isUnnamed)
  t.equal(older.catalogue.tables.things.schemaVersion, 2)
  const table = older.table(schemaOf(Plain))
  await transact(older, async (transaction) => {
    const [a, b] = await transaction.getMany(table, [table.keyOfPrimaryKey(['a']), table.keyOfPrimaryKey(['b'])])
    await transaction.update(table, a ?? [], newRow(Plain, { id: 'a', size: 10 }))
    transaction.erase(table, b ?? [])
    await transaction.insert(table, newRow(Plain, { id: 'c', size: 3 }))
  })
  const newer = await openStore(t, [New], copyOf(older))
  t.same(await readRows(newer, New), [
    { id: 'a', size: 10, note: 'kept', n: 1 },
    { id: 'c', size: 3, note: null, n: 5 },
  ])
  t.notOk(newer.catalogue.tables.things.columns.note.isUnnamed)
})

t.test('an exchange of unique values, which erases and inserts, keeps what the model does not name', async (t) => {
  const New = defineEntity('things', { id: id(), note: types.text().nullable() })
  const Old = defineEntity('things', { id: id() })
  const first = await openStore(t, [New])
  await insertRows(first, New, [{ id: 'a', note: 'kept' }])
  const older = await openStore(t, [Old], copyOf(first))
  await transact(older, async (transaction) => {
    const table = older.table(schemaOf(Old))
    transaction.erase(table, ['a'])
    await transaction.insert(table, ['a'])
  })
  t.same(await readRows(await openStore(t, [New], copyOf(older)), New), [{ id: 'a', note: 'kept' }])
})

t.test('a column that needs a value comes back without a default when every row has one', async (t) => {
  const New = defineEntity('things', { id: id(), size: types.integer(), weight: types.integer() })
  const Defaulted = defineEntity('things', { id: id(), size: types.integer(), weight: types.integer().default(9) })
  const first = await openStore(t, [New])
  await insertRows(first, New, [{ id: 'a', size: 1, weight: 1 }])
  const older = await openStore(t, [Plain], copyOf(first))
  t.same(await readRows(await openStore(t, [New], copyOf(older)), New), [{ id: 'a', size: 1, weight: 1 }])
  await insertRows(older, Plain, [{ id: 'b', size: 2 }])
  await t.rejects(openStore(t, [New], copyOf(older)), { ...changed, context: { column: 'weight' } })
  const newer = await openStore(t, [Defaulted], copyOf(older))
  t.same(await readRows(newer, Defaulted), [
    { id: 'a', size: 1, weight: 1 },
    { id: 'b', size: 2, weight: 9 },
  ])
  t.same(await readRows(await openStore(t, [New], copyOf(newer)), New), await readRows(newer, Defaulted))
})

t.test('opening with a part of the models leaves the others alone', async (t) => {
  const Other = defineEntity('others', { id: id(), name: types.string() }, { indexes: [unique('name')] })
  const first = await openStore(t, [Plain, Other])
  await insertRows(first, Other, [{ id: 'a', name: 'x' }])
  const second = await openStore(t, [Plain], copyOf(first))
  t.strictSame(second.catalogue, first.catalogue)
  t.throws(() => second.table(schemaOf(Other)), { code: 'ROME_SCHEMA_UNKNOWN_MODEL', context: { models: ['things'] } })
  const third = await openStore(t, [Other], copyOf(second))
  t.same(await readRows(third, Other), [{ id: 'a', name: 'x' }])
  t.equal((await rawEntries(third.engine)).size, 1)
})

t.test('a model that becomes soft-deletable builds its indexes again', async (t) => {
  const Soft = defineEntity(
    'things',
    { id: id(), size: types.integer(), deletedAt: deletedAt() },
    { indexes: [index('size')] },
  )
  const Hard = defineEntity('things', { id: id(), size: types.integer() }, { indexes: [index('size')] })
  const first = await openStore(t, [Soft])
  await insertRows(first, Soft, [
    { id: 'a', size: 1, deletedAt: new Date(0) },
    { id: 'b', size: 1 },
  ])
  const second = await openStore(t, [Hard], copyOf(first))
  const keys = [...(await rawEntries(second.engine)).keys()]
  t.ok(keys.length === 2 && keys.every((key) => key.startsWith('\x03')), 'nothing is deleted any more')
  const third = await openStore(t, [Soft], copyOf(second))
  t.strictSame(
    [...(await rawEntries(third.engine)).keys()].map((key) => key[0]),
    ['\x03', '\x04'],
    'the column kept its values',
  )
})

t.test('a store of a newer format is refused and stays as it is', async (t) => {
  const first = await openStore(t, [Plain])
  const engine = copyOf(first)
  await engine.open()
  const value = encodeDocument(catalogueKey, { ...first.catalogue, format: 2 })
  await writeRaw(engine, [{ key: catalogueKey, value }])
  const dump = engine.dump()
  const refused = openStore(t, [Plain], engine)
  await t.rejects(refused, { code: 'ROME_STORE_NEWER', context: { format: 2, supported: 1 } })
  await t.rejects(refused, EngineError)
  await t.rejects(engine.snapshot.bind(engine) as never, { code: 'ROME_CLOSED' }, 'the engine is closed again')
  const again = memory()
  again.load(dump)
  await again.open()
  t.same((await rawOf(again, catalogueKey)).get(catalogueKey), value)
  await again.close()
})

t.test('a store with rows and without a catalogue is refused, since its ids would be given out again', async (t) => {
  const first = await openStore(t, [Plain])
  await insertRows(first, Plain, [{ id: 'a', size: 1 }])
  const engine = copyOf(first)
  await engine.open()
  await writeRaw(engine, [{ key: catalogueKey, value: undefined }])
  const refused = openStore(t, [Plain], engine)
  await t.rejects(refused, { code: 'ROME_CORRUPT' })
  await t.rejects(refused, CorruptionError)
})

t.test('a damaged catalogue is refused', async (t) => {
  const first = await openStore(t, [Plain])
  const engine = copyOf(first)
  await engine.open()
  const value = Buffer.from((await rawOf(engine, catalogueKey)).get(catalogueKey) ?? [])
  value[20] ^= 1
  await writeRaw(engine, [{ key: catalogueKey, value }])
  await t.rejects(openStore(t, [Plain], engine), { code: 'ROME_CORRUPT' })
})

t.test('an engine whose opening failed may be tried again', async (t) => {
  const engine = memory()
  const open = engine.open.bind(engine)
  engine.open = () => Promise.reject(new EngineError('ROME_LOCKED', 'locked'))
  await t.rejects(openStore(t, [Plain], engine), { code: 'ROME_LOCKED' })
  engine.open = open
  await t.resolves(openStore(t, [Plain], engine))
})

t.test('an engine serves one store, also when two are opened at once', async (t) => {
  const engine = memory()
  const Other = defineEntity('others', { id: id() })
  const [one, other] = await Promise.allSettled([openStore(t, [Plain], engine), openStore(t, [Other], engine)])
  t.equal(one.status, 'fulfilled')
  t.match(other, { status: 'rejected', reason: { code: 'ROME_ARGUMENT' } })
  t.ok(other.status === 'rejected' && other.reason instanceof UsageError)
  t.strictSame(Object.keys((await storedCatalogue(engine)).tables), ['things'])
})

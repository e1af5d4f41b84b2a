import t from 'tap'
import { unseal } from '../../lib/codec/checksum.js'
import { type Key, keyToBytes } from '../../lib/codec/key.js'
import { keyBytesMax, rowBytesMax } from '../../lib/codec/limits.js'
import { packValues } from '../../lib/codec/serialiser.js'
import { encodeInteger, encodeNull, encodeText, invertElement } from '../../lib/codec/tuple.js'
import { check } from '../../lib/decorators/check.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import { ConstraintError, ValidationError } from '../../lib/errors/rome-error.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import type { Row } from '../../lib/records/row.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { insertRows, newRow, openStore, rawEntries, rawOf, transact } from '../support/records-fixture.js'

const Image = defineEntity(
  'images',
  {
    id: primaryKey(types.integer()),
    name: types.string().nullable(),
    size: types.integer().nullable(),
    state: types.enum('queued', 'active').default('queued'),
    deletedAt: deletedAt(),
  },
  {
    indexes: [
      index('name', desc('size'), { name: 'composite' }),
      unique('name', { name: 'unique' }),
      unique('size', 'name', { name: 'unique_two', include: ['state'] }),
      index('size', { name: 'partial', where: (image) => image.size.gt(10), include: ['name', 'state'] }),
    ],
  },
)
const schema = schemaOf(Image)

/** The keys of the entries of one index in words: space, tuple without prefix, and payload. */
async function entriesOf(values: object, name: string): Promise<[string, Key, string][]> {
  const store = await openStore(t, [Image])
  await insertRows(store, Image, [values])
  const { id } = store.catalogue.tables.images.indexes[name]
  const found = [...(await rawEntries(store.engine))].filter(([key]) => key.charCodeAt(2) === id)
  return found.map(([key, value]) => [
    key[0] === '\x03' ? 'live' : 'deleted',
    key.slice(3),
    Buffer.from(unseal(key, value)).toString('hex'),
  ])
}

const packed = (...values: Parameters<typeof packValues>[0][number][]) => packValues(values).toString('hex')
const one = encodeInteger(1)

t.test('an entry has the values, a descending one inverted, then the primary key', async (t) => {
  const values = { id: 1, name: 'a', size: 7 }
  const key = encodeText('a') + invertElement(encodeInteger(7)) + one
  t.strictSame(await entriesOf(values, 'composite'), [['live', key, '']])
  t.strictSame(await entriesOf({ id: 1, name: null, size: null }, 'composite'), [
    ['live', encodeNull() + invertElement(encodeNull()) + one, ''],
  ])
})

t.test('a unique entry ends with its values and holds the primary key, unless a value is null', async (t) => {
  const holder = packed(keyToBytes(one))
  t.strictSame(await entriesOf({ id: 1, name: 'a' }, 'unique'), [['live', encodeText('a'), holder]])
  t.strictSame(await entriesOf({ id: 1, name: null }, 'unique'), [['live', encodeNull() + one, '']])
})

t.test('included values lie beside the key, enum texts as their ids', async (t) => {
  t.strictSame(await entriesOf({ id: 1, name: 'a', size: 20, state: 'active' }, 'partial'), [
    ['live', encodeInteger(20) + one, packed(null, 'a', 2)],
  ])
  t.strictSame(await entriesOf({ id: 1, name: 'a', size: 20, state: 'active' }, 'unique_two'), [
    ['live', encodeInteger(20) + encodeText('a'), packed(keyToBytes(one), 2)],
  ])
})

t.test('a partial index has entries only where its predicate is true, not where it is unknown', async (t) => {
  t.strictSame(await entriesOf({ id: 1, size: 10 }, 'partial'), [])
  t.strictSame(await entriesOf({ id: 1, size: null }, 'partial'), [])
  t.equal((await entriesOf({ id: 1, size: 11 }, 'partial')).length, 1)
})

t.test('the entries of soft-deleted rows lie apart, with the primary key in the key', async (t) => {
  const values = { id: 1, name: 'a', size: 20, deletedAt: new Date(0) }
  t.strictSame(await entriesOf(values, 'unique'), [['deleted', encodeText('a') + one, '']])
  t.strictSame(
    (await entriesOf(values, 'partial')).map(([space]) => space),
    ['deleted'],
  )
})

t.test('an entry leads to its row and tells the values it covers', async (t) => {
  const store = await openStore(t, [Image])
  const table = store.table(schema)
  const row = newRow(Image, { id: 5, name: 'a', size: 20, state: 'active' })
  const deleted = newRow(Image, { id: 5, name: null, size: 20, state: 'active', deletedAt: new Date(1) })
  for (const [position, told] of [
    [0, [5, 'a', 20, null, null]],
    [1, [5, 'a', null, null, null]],
  ] as const) {
    const entry = table.indexes[position].entryOf(table.keyOf(row), row)
    t.strictSame(table.indexes[position].rowOf(entry?.key ?? '', entry?.value ?? new Uint8Array()), told)
  }
  for (const known of table.indexes) {
    for (const each of [row, deleted]) {
      const entry = known.entryOf(table.keyOf(each), each)
      t.equal(known.rowKeyOf(entry?.key ?? '', entry?.value ?? new Uint8Array()), table.keyOf(each))
      const told = known.rowOf(entry?.key ?? '', entry?.value ?? new Uint8Array())
      for (const column of schema.columns) {
        if (known.covers([column])) t.equal(told[column.position], each[column.position])
      }
    }
  }
  const { id, name, size, state, deletedAt } = Object.fromEntries(schema.columnByName)
  t.ok(table.indexes[2].covers([id, name, size, state]))
  t.notOk(table.indexes[2].covers([id, deletedAt]))
  t.notOk(table.indexes[0].covers([state]))
})

t.test('entries are in the order of their columns, nulls last ascending and first descending', async (t) => {
  const store = await openStore(t, [Image])
  await insertRows(store, Image, [
    { id: 1, name: null, size: 1 },
    { id: 2, name: 'b', size: null },
    { id: 3, name: 'ab', size: -5 },
    { id: 4, name: null, size: null },
    { id: 5, name: 'a', size: 300 },
  ])
  const [composite] = store.table(schema).indexes
  const rows = [...(await rawOf(store.engine, composite.prefix))].map(([key, value]) => composite.rowOf(key, value))
  t.strictSame(
    rows.map(([id]) => id),
    [5, 3, 2, 4, 1],
  )
})

t.test('writing a row moves, changes and removes its entries', async (t) => {
  const store = await openStore(t, [Image])
  const table = store.table(schema)
  const states: Row[] = [
    newRow(Image, { id: 1, name: 'a', size: 5 }),
    newRow(Image, { id: 1, name: 'a', size: 5, state: 'active' }),
    newRow(Image, { id: 1, name: 'b', size: 50, state: 'active' }),
    newRow(Image, { id: 1, name: 'b', size: 50, deletedAt: new Date(1) }),
    newRow(Image, { id: 1, name: 'b', size: 50, deletedAt: new Date(2) }),
    newRow(Image, { id: 1, name: null, size: null }),
  ]
  const expected = (row: Row) =>
    new Map(
      table.indexes
        .flatMap((known) => known.entryOf(table.keyOf(row), row) ?? [])
        .map((entry) => [entry.key, entry.value]),
    )
  await transact(store, (transaction) => transaction.insert(table, states[0]))
  for (let step = 1; step < states.length; step++) {
    await transact(store, (transaction) => transaction.update(table, states[step - 1], states[step]))
    t.same(await rawEntries(store.engine), expected(states[step]))
  }
  await transact(store, (transaction) => transaction.erase(table, states[5]))
  t.equal((await rawEntries(store.engine)).size, 0)
  t.equal((await rawOf(store.engine, table.prefix)).size, 0)
})

t.test('a second row with unique values is refused, and nothing of it is written', async (t) => {
  const store = await openStore(t, [Image])
  await insertRows(store, Image, [{ id: 1, name: 'a', size: 1 }])
  const table = store.table(schema)
  const transaction = await store.begin()
  const inserting = async () => transaction.insert(table, newRow(Image, { id: 2, name: 'a', size: 2 }))
  await t.rejects(inserting, {
    code: 'ROME_UNIQUE',
    context: { model: 'images', index: 'unique', columns: ['name'], values: ['a'] },
  })
  await t.rejects(inserting, ConstraintError)
  await t.rejects(async () => transaction.insert(table, newRow(Image, { id: 1, name: 'b' })), {
    code: 'ROME_PRIMARY_KEY_EXISTS',
    context: { model: 'images', key: [1] },
  })
  t.notOk(transaction.hasWrites)
  await transaction.insert(table, newRow(Image, { id: 3, name: 'own', size: 3 }))
  await t.rejects(
    async () => transaction.insert(table, newRow(Image, { id: 4, name: 'own', size: 4 })),
    {
      code: 'ROME_UNIQUE',
    },
    'a row that the transaction itself wrote counts',
  )
  transaction.release()
})

t.test('nulls and soft-deleted rows leave unique values free', async (t) => {
  const store = await openStore(t, [Image])
  await t.resolves(
    insertRows(store, Image, [
      { id: 1, name: null, size: 1 },
      { id: 2, name: null, size: 1 },
      { id: 3, name: 'a', size: 1, deletedAt: new Date(0) },
      { id: 4, name: 'a', size: 1, deletedAt: new Date(0) },
      { id: 5, name: 'a', size: 1 },
    ]),
  )
  const table = store.table(schema)
  const restored = transact(store, async (transaction) => {
    const row = (await transaction.get(table, table.keyOfPrimaryKey([3]))) ?? []
    await transaction.update(table, row, row.with(4, null))
  })
  await t.rejects(restored, { code: 'ROME_UNIQUE' }, 'bringing a deleted row back claims its values')
})

t.test('rows may hand on unique values within a transaction, in an order that is possible', async (t) => {
  const store = await openStore(t, [Image])
  await insertRows(store, Image, [
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
    { id: 3, name: 'c' },
  ])
  const table = store.table(schema)
  await transact(store, async (transaction) => {
    const [a, b, c] = await transaction.getMany(
      table,
      [1, 2, 3].map((id) => table.keyOfPrimaryKey([id])),
    )
    const renamed = (row: Row | undefined, name: string) => (row ?? []).with(1, name)
    await t.rejects(async () => transaction.update(table, a ?? [], renamed(a, 'b')), { code: 'ROME_UNIQUE' })
    await transaction.update(table, a ?? [], renamed(a, 'x'))
    await transaction.update(table, b ?? [], renamed(b, 'a'))
    await transaction.update(table, renamed(a, 'x'), renamed(a, 'b'))
    transaction.erase(table, c ?? [])
    await transaction.insert(table, newRow(Image, { id: 4, name: 'c' }))
  })
  const names = [...(await rawOf(store.engine, table.prefix))].map(([key, value]) =>
    table.decode(key, value).slice(0, 2),
  )
  t.strictSame(names, [
    [1, 'b'],
    [2, 'a'],
    [4, 'c'],
  ])
  t.equal((await rawOf(store.engine, table.indexes[1].prefix)).size, 3)
})

t.test('entities may exchange unique values in a circle', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Image] })
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    for (const [id, name] of ['a', 'b', 'c'].entries()) session.add(create(Image, { id, name }))
  })
  await rome.transact(async (session) => {
    for (const [id, name] of ['c', 'a', 'b'].entries()) (await session.getOrThrow(Image, id)).name = name
  })
  t.equal((await rome.verify()).problemCount, 0)
  await rome.transact(async (session) => {
    t.strictSame(
      (await session.query(Image).all()).map(({ id, name }) => [id, name]),
      [
        [0, 'c'],
        [1, 'a'],
        [2, 'b'],
      ],
    )
  })
})

t.test('a primary key or indexed values whose encoded form is too long are refused', async (t) => {
  const Long = defineEntity('long', { id: primaryKey(types.text()), name: types.text() }, { indexes: [unique('name')] })
  const store = await openStore(t, [Long])
  const overhead = 3 + 2
  const fits = 'x'.repeat(keyBytesMax - overhead)
  const insert = (values: object) => insertRows(store, Long, [values])
  await t.rejects(insert({ id: `${fits}x`, name: 'a' }), {
    code: 'ROME_KEY_TOO_LONG',
    context: { model: 'long', bytes: keyBytesMax + 1, bytesMax: keyBytesMax },
  })
  const refused = insert({ id: 'a', name: fits })
  await t.rejects(refused, { code: 'ROME_KEY_TOO_LONG', context: { index: 'name_unique' } })
  await t.rejects(refused, ValidationError)
  t.equal((await rawEntries(store.engine)).size, 0)
  await t.resolves(insert({ id: 'a', name: fits.slice(0, -3) }))
})

t.test('what can be stored can be deleted softly, however long its unique values are', async (t) => {
  const Long = defineEntity(
    'long',
    { id: primaryKey(types.text()), name: types.text(), deletedAt: deletedAt() },
    { indexes: [unique('name')] },
  )
  const store = await openStore(t, [Long])
  const table = store.table(schemaOf(Long))
  const row = newRow(Long, { id: 'a', name: 'x'.repeat(keyBytesMax - 3 - 2 - 3) })
  await transact(store, (transaction) => transaction.insert(table, row))
  await t.resolves(transact(store, (transaction) => transaction.update(table, row, row.with(2, 5))))
})

t.test('a row that is too large is refused, and nothing of it is written', async (t) => {
  const Blob = defineEntity(
    'blobs',
    { id: primaryKey(types.integer()), data: types.bytes() },
    { indexes: [index('id')] },
  )
  const store = await openStore(t, [Blob])
  const transaction = await store.begin()
  const table = store.table(schemaOf(Blob))
  await t.rejects(async () => transaction.insert(table, [1, new Uint8Array(rowBytesMax)]), {
    code: 'ROME_ROW_TOO_LARGE',
  })
  t.notOk(transaction.hasWrites)
  transaction.release()
})

t.test('a check refuses what it finds false, and lets pass what it does not know', async (t) => {
  const Checked = defineEntity(
    'checked',
    { id: primaryKey(types.integer()), low: types.integer().nullable(), high: types.integer().nullable() },
    { checks: [check((row) => row.low.lte(row.high), { name: 'in_order' })] },
  )
  const store = await openStore(t, [Checked])
  const table = store.table(schemaOf(Checked))
  await t.resolves(
    insertRows(store, Checked, [
      { id: 1, low: 1, high: 1 },
      { id: 2, low: 5, high: null },
    ]),
  )
  const refused = insertRows(store, Checked, [{ id: 3, low: 2, high: 1 }])
  await t.rejects(refused, { code: 'ROME_CHECK', context: { model: 'checked', check: 'in_order', key: [3] } })
  await t.rejects(refused, ConstraintError)
  const change = (next: Row) => transact(store, (transaction) => transaction.update(table, [1, 1, 1], next))
  await t.rejects(change([1, 2, 1]), { code: 'ROME_CHECK' })
  await t.resolves(change([1, null, 1]))
})

t.test('an update that would change the primary key is a defect of the caller', async (t) => {
  const store = await openStore(t, [Image])
  const row = newRow(Image, { id: 1 })
  await transact(store, (transaction) => transaction.insert(store.table(schema), row))
  const changing = transact(store, (transaction) => transaction.update(store.table(schema), row, row.with(0, 2)))
  await t.rejects(changing, { code: 'ROME_INTERNAL' })
})

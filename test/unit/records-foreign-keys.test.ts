import t from 'tap'
import { index, unique } from '../../lib/decorators/indexes.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { verifyStore } from '../../lib/records/verify.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import {
  copyOf,
  insertRows,
  newRow,
  openStore,
  readRows,
  storedCatalogue,
  transact,
} from '../support/records-fixture.js'

const Whole = defineEntity('wholes', { id: primaryKey(types.integer()) })
const Part = defineEntity(
  'parts',
  { id: primaryKey(types.integer()), wholeId: types.integer() },
  { relations: { whole: manyToOne(() => Whole, { column: 'wholeId' }) } },
)
const [wholes, parts] = [schemaOf(Whole), schemaOf(Part)]
const isMissing = { code: 'ROME_FOREIGN_KEY', context: { model: 'parts', key: [1], values: [7], target: 'wholes' } }

t.test('a commit checks foreign keys that nobody asked to check', async (t) => {
  const store = await openStore(t, [Whole, Part])
  await t.rejects(insertRows(store, Part, [{ id: 1, wholeId: 7 }]), isMissing)
  await insertRows(store, Whole, [{ id: 7 }])
  await insertRows(store, Part, [{ id: 1, wholeId: 7 }])
  const erase = transact(store, (transaction) => transaction.erase(store.table(wholes), newRow(Whole, { id: 7 })))
  await t.rejects(erase, isMissing)
  t.same(await readRows(store, Whole), [{ id: 7 }])
})

t.test('a check that failed fails again until its cause is gone', async (t) => {
  const store = await openStore(t, [Whole, Part])
  await insertRows(store, Whole, [{ id: 1 }])
  await insertRows(store, Part, [{ id: 10, wholeId: 1 }])
  const [whole, part] = [store.table(wholes), store.table(parts)]
  await transact(store, async (transaction) => {
    await transaction.insert(part, newRow(Part, { id: 1, wholeId: 7 }))
    transaction.erase(whole, newRow(Whole, { id: 1 }))
    const check = async () => transaction.checkReferences(new Date())
    await t.rejects(check(), { code: 'ROME_FOREIGN_KEY', context: { key: [10] } })
    await t.rejects(check(), { code: 'ROME_FOREIGN_KEY', context: { key: [10] } })
    transaction.erase(part, newRow(Part, { id: 10, wholeId: 1 }))
    await t.rejects(check(), isMissing)
    await t.rejects(transaction.commit({ isolation: 'serializable' }), isMissing)
    await transaction.update(part, newRow(Part, { id: 1, wholeId: 7 }), newRow(Part, { id: 1, wholeId: 8 }))
    await transaction.insert(whole, newRow(Whole, { id: 8 }))
    t.equal((await check()).size, 0)
  })
  t.same(await readRows(store, Part), [{ id: 1, wholeId: 8 }])
})

t.test('what a savepoint takes back is not checked, and what was written before is', async (t) => {
  const store = await openStore(t, [Whole, Part])
  const [whole, part] = [store.table(wholes), store.table(parts)]
  await transact(store, async (transaction) => {
    await transaction.insert(whole, newRow(Whole, { id: 1 }))
    const before = transaction.savepoint()
    await transaction.insert(part, newRow(Part, { id: 1, wholeId: 7 }))
    const after = transaction.savepoint()
    transaction.rollbackTo(before)
    t.equal((await transaction.checkReferences(new Date())).size, 0)
    transaction.rollbackTo(after)
    await t.rejects(async () => transaction.checkReferences(new Date()), isMissing)
    transaction.rollbackTo(before)
  })
  t.same(await readRows(store, Part), [])
})

t.test(
  'the rows that refer to a row are found by an index that begins with the foreign key, which Rome adds if need be',
  async (t) => {
    const Target = defineEntity('targets', { a: primaryKey(types.integer()), b: primaryKey(types.string()) })
    const relations = { target: manyToOne(() => Target, { columns: ['x', 'y'], onDelete: 'cascade' }) }
    const columns = { x: types.integer().nullable(), y: types.string().nullable(), z: types.integer() }
    const id = primaryKey(types.integer())
    const models: readonly ModelClass<{ x: number | null; y: string | null; z: number }>[] = [
      defineEntity('added', { id, ...columns }, { relations }),
      defineEntity('other_order', { id, ...columns }, { relations, indexes: [index(desc('y'), 'x', 'z')] }),
      defineEntity('one_row', { id, ...columns }, { relations, indexes: [unique('x', desc('y'))] }),
      defineEntity(
        'some_rows',
        { id, ...columns },
        { relations, indexes: [index('x', 'y', { name: 'some', where: (row) => row.z.gt(0) })] },
      ),
      defineEntity('deletable', { id, ...columns, deletedAt: deletedAt() }, { relations }),
      defineEntity(
        'by_key',
        { y: primaryKey(types.string()), x: primaryKey(types.integer()), z: primaryKey(types.integer()) },
        { relations },
      ),
    ]
    t.strictSame(
      models.map((model) => schemaOf(model).indexes.map(({ name }) => name)),
      [['x_y_fk'], ['y_desc_x_z'], ['x_y_desc_unique'], ['some', 'x_y_fk'], ['x_y_fk'], []],
    )
    for (const model of models) {
      const { name } = schemaOf(model)
      const store = await openStore(t, [Target, model])
      const keys = [1, 2].flatMap((a) => ['p', 'q'].map((b) => ({ a, b })))
      await insertRows(store, Target, keys)
      const rows = keys.map(({ a, b }, at) => ({ ...(name === 'by_key' ? {} : { id: at }), x: a, y: b, z: at - 1 }))
      await insertRows(store, model, rows)
      const target = store.table(schemaOf(Target))
      await transact(store, (transaction) => transaction.erase(target, newRow(Target, { a: 2, b: 'p' })))
      const left = (await readRows(store, model)).map(({ x, y }) => `${x}${y}`).sort()
      t.strictSame(left, ['1p', '1q', '2q'], name)
      t.equal((await verifyStore(store)).problemCount, 0)
    }
  },
)

t.test('a model that takes the name of the added index, or names a column twice, is refused', async (t) => {
  const id = primaryKey(types.integer())
  const named = defineEntity(
    'named',
    { id, wholeId: types.integer(), other: types.integer() },
    {
      indexes: [index('other', { name: 'wholeId_fk' })],
      relations: { whole: manyToOne(() => Whole, { column: 'wholeId' }) },
    },
  )
  t.throws(() => schemaOf(named), { code: 'ROME_SCHEMA_INVALID', context: { model: 'named', index: 'wholeId_fk' } })
  const twice = defineEntity(
    'twice',
    { id, wholeId: types.integer() },
    { relations: { whole: manyToOne(() => Whole, { columns: ['wholeId', 'wholeId'] }) } },
  )
  t.throws(() => schemaOf(twice), { code: 'ROME_SCHEMA_INVALID', context: { relation: 'whole', column: 'wholeId' } })
})

t.test(
  'a foreign key that is declared over stored rows is not checked, and verify finds those that lack',
  async (t) => {
    const Before = defineEntity('parts', { id: primaryKey(types.integer()), wholeId: types.integer() })
    const old = await openStore(t, [Whole, Before])
    await insertRows(old, Whole, [{ id: 1 }])
    await insertRows(old, Before, [
      { id: 1, wholeId: 1 },
      { id: 2, wholeId: 7 },
      { id: 3, wholeId: 7 },
    ])
    const rome = await Rome.open({ engine: copyOf(old), models: [Whole, Part] })
    t.teardown(() => rome.close())
    t.match((await storedCatalogue(rome.store.engine)).tables.parts.indexes, { wholeId_fk: { state: 'ready' } })
    const { problems, problemCount } = await rome.verify()
    t.equal(problemCount, 2)
    t.match(problems, [
      { what: 'missing target', model: 'parts', relation: 'whole', index: undefined, values: [2] },
      { what: 'missing target', model: 'parts', relation: 'whole', index: undefined, values: [3] },
    ])
    const session = rome.session()
    t.equal(await session.query(Whole).count(), 1)
    session.add(create(Whole, { id: 7 }))
    await session.commit()
    t.match(await rome.verify(), { problemCount: 0 })
    await t.rejects(session.query(Whole).everything().hardDelete(), { code: 'ROME_FOREIGN_KEY' })
  },
)

t.test('a model that refers to one that is not opened is refused', async (t) => {
  await t.rejects(openStore(t, [Part]), { code: 'ROME_SCHEMA_UNKNOWN_MODEL', context: { model: 'wholes' } })
})

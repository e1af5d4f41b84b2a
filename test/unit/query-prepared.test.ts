import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { create, defineEntity, exists, fields, index, param, primaryKey, Rome, t as types } from '../../lib/index.js'
import { Disk, fill as fillScoped, models as scopedModels, sessionOf } from '../support/scopes-fixture.js'

const Item = defineEntity(
  'items',
  { id: primaryKey(types.integer()), kind: types.string(), size: types.integer() },
  { indexes: [index('kind', 'size')] },
)
const item = fields(Item)

t.test('prepared queries', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Item], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 0; id < 100; id++) session.add(create(Item, { id, kind: `k${id % 4}`, size: id }))
  await session.commit()
  const prepared = session
    .query(Item)
    .filter(item.kind.eq(param('kind', types.string())), item.size.gte(param('least', types.integer())))
    .orderBy(item.size.desc())
    .limit(3)
    .prepare()

  await t.test('each run has its own values, also in another session', async (t) => {
    t.strictSame(
      (await prepared.bind({ kind: 'k1', least: 0 }).all()).map(({ id }) => id),
      [97, 93, 89],
    )
    const other = rome.session()
    t.strictSame(
      (await prepared.bind({ kind: 'k2', least: 95 }, other).all()).map(({ id }) => id),
      [98],
    )
    t.equal(await prepared.bind({ kind: 'none', least: 0 }, other).count(), 0)
    await other.close()
  })

  await t.test('later runs go the way of the first one', async (t) => {
    const plans = [
      await prepared.bind({ kind: 'k0', least: 5 }).explain(),
      await prepared.bind({ kind: 'k3', least: 50 }).explain(),
    ]
    for (const plan of plans) t.match(String(plan), 'index range: index items.kind_size')
    t.equal(
      await prepared.bind({ kind: 'k0', least: 0 }).filter(item.id.eq(4)).count(),
      1,
      'a changed query chooses anew',
    )
  })

  await t.test('parameters stand inside subqueries and set operations', async (t) => {
    const some = session
      .query(Item)
      .filter(exists(session.query(Item).filter(item.size.eq(param('size', types.integer())))))
    t.equal(await some.prepare().bind({ size: 7 }).count(), 100)
    t.equal(await some.prepare().bind({ size: 700 }).count(), 0)
    const by = (name: string) => session.query(Item).filter(item.kind.eq(param(name, types.string())))
    t.equal(await by('a').union(by('b')).prepare().bind({ a: 'k0', b: 'k1' }).count(), 50)
  })

  await t.test('missing, unknown, null and wrong values are refused, and so is running without values', async (t) => {
    t.throws(() => prepared.bind({ kind: 'k1' }), { code: 'ROME_UNDEFINED' })
    t.throws(() => prepared.bind({ kind: 'k1', least: 1, more: 1 }), { code: 'ROME_ARGUMENT' })
    t.throws(() => prepared.bind({ kind: null, least: 1 }), { code: 'ROME_NULL_COMPARISON' })
    t.throws(() => prepared.bind({ kind: 'k1', least: 'x' }), { code: 'ROME_VALUE_TYPE' })
    await t.rejects(
      session
        .query(Item)
        .filter(item.kind.eq(param('kind', types.string())))
        .all(),
      { code: 'ROME_ARGUMENT' },
    )
    const twice = session
      .query(Item)
      .filter(item.kind.eq(param('x', types.string())), item.size.eq(param('x', types.integer())))
    t.throws(() => twice.prepare(), { code: 'ROME_QUERY_INVALID' })
    const elsewhere = await Rome.open({ engine: memory(), models: [Item] })
    t.throws(() => prepared.bind({ kind: 'k1', least: 1 }, elsewhere.session()), { code: 'ROME_ARGUMENT' })
    await elsewhere.close()
  })
})

t.test('a prepared query obeys the scopes of the session that it is bound in', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: scopedModels })
  t.teardown(() => rome.close())
  await fillScoped(rome)
  const disk = fields(Disk)
  const [ada, bob] = [sessionOf(rome, 'ada'), sessionOf(rome, 'bob')]
  const sized = ada
    .query(disk.id)
    .filter(disk.size.gte(param('from', types.integer())))
    .orderBy(disk.id)
    .prepare()
  for (let run = 0; run < 3; run++) {
    t.same(await sized.bind({ from: 2 }).all(), [2, 3])
    t.same(await sized.bind({ from: 2 }, bob).all(), [12, 13], 'no plan or value is taken over from another tenant')
    t.equal(await sized.bind({ from: 3 }, bob).count(), 1)
  }
  const narrowed = ada
    .query(disk.id)
    .scope('large', { from: param('from', types.integer()) })
    .prepare()
  t.same(await narrowed.bind({ from: 3 }, bob).all(), [13], 'parameters stand in the arguments of a named scope')
  const wide = ada.query(disk.id).withoutScope('tenant').orderBy(disk.id).prepare()
  t.same(await wide.bind({}, bob).all(), [1, 2, 3, 11, 12, 13])
})

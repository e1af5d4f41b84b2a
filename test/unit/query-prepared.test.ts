import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  alias,
  count,
  create,
  defineEntity,
  exists,
  fields,
  index,
  type ModelClass,
  manyToOne,
  or_,
  param,
  primaryKey,
  type Ref,
  Rome,
  t as types,
} from '../../lib/index.js'
import { plansIn } from '../support/plans-in.js'
import { Disk, fill as fillScoped, Label, models as scopedModels, sessionOf } from '../support/scopes-fixture.js'

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

  await t.test('later runs skip planning: no way to the rows is looked for', async (t) => {
    const kind = item.kind.eq(param('kind', types.string()))
    const other = alias(Item, 'other')
    const queries = {
      rows: session.query(Item).filter(kind).orderBy(item.size.desc()).limit(3),
      alternatives: session.query(Item).filter(or_(kind, item.id.eq(param('kind2', types.integer())))),
      joined: session.query(Item, other).join(other, other.id.eq(item.size)).filter(kind),
      grouped: session.query(item.size, count()).filter(kind).groupBy(item.size),
      combined: session
        .query(Item)
        .filter(kind)
        .union(session.query(Item).filter(item.id.lt(3))),
      related: session.query(Item).filter(kind, exists(session.query(other).filter(other.size.eq(item.id)))),
    }
    for (const [name, query] of Object.entries(queries)) {
      const prepared = query.prepare()
      const bound = (text: string) => prepared.bind(name === 'alternatives' ? { kind: text, kind2: 5 } : { kind: text })
      const run = async (text: string): Promise<void> => {
        await bound(text).all()
        await bound(text).first()
        await bound(text).count()
        await bound(text).exists()
        for await (const _ of bound(text)) break
        await bound(text).explain()
      }
      t.ok((await plansIn(() => run('k1'))) > 0, `${name}: the first runs are planned`)
      const { plansMade } = prepared
      t.equal(await plansIn(() => run('k2')), 0, `${name}: later ones are not`)
      t.equal(prepared.plansMade, plansMade, name)
    }
    const [page] = [session.query(Item).filter(kind).orderBy(item.size).prepare()]
    const { next } = await page.bind({ kind: 'k1' }).page({ size: 3 })
    await page.bind({ kind: 'k1' }).page({ size: 3, after: next })
    const second = await page.bind({ kind: 'k2' }).page({ size: 3 })
    t.equal(
      await plansIn(async () => {
        const third = await page.bind({ kind: 'k2' }).page({ size: 3, after: second.next })
        t.strictSame(
          third.items.map(({ id }) => id),
          [14, 18, 22],
        )
      }),
      0,
      'a page goes on from its place by the same plan',
    )
  })

  await t.test('values that need another plan get one, and so do rows in other numbers', async (t) => {
    const between = session
      .query(Item)
      .filter(item.size.between(param('low', types.integer()), param('high', types.integer())))
      .prepare()
    const plan = async (low: number, high: number) => String(await between.bind({ low, high }).explain())
    const usual = await plan(1, 50)
    t.equal(await plan(0, 9), usual.replace('1', '0').replace('50', '9'))
    t.equal(between.plansMade, 1)
    t.match(await plan(9, 0), /^nothing/, 'bounds that are crossed')
    t.match(await plan(9, 12), /whole table/, 'and are not')
    t.equal(between.plansMade, 2)
    await rome.analyze()
    await plan(1, 50)
    t.equal(between.plansMade, 3, 'after an analysis')
    const many = rome.session()
    for (let id = 1000; id < 12_500; id++) many.add(create(Item, { id, kind: 'many', size: id }))
    await many.commit()
    await plan(1, 50)
    t.equal(between.plansMade, 4, 'with more than ten times as many rows')
    const byKind = session
      .query(Item)
      .filter(item.kind.eq(param('kind', types.string())))
      .prepare()
    await rome.analyze()
    await byKind.bind({ kind: 'k1' }).all()
    await byKind.bind({ kind: 'k2' }).all()
    t.equal(byKind.plansMade, 1)
    await byKind.bind({ kind: 'many' }).count()
    await byKind.bind({ kind: 'many' }).all()
    t.equal(byKind.plansMade, 3, 'a value that far more rows have')
    await many.query(Item).filter(item.id.gte(1000)).hardDelete()
    await many.commit()
    await session.rollback()
  })

  await t.test('a query that is planned with the answer of another one is planned each time', async (t) => {
    const low = session.query(item.id).filter(item.size.lt(param('size', types.integer())))
    const prepared = session.query(Item).filter(item.id.in(low)).prepare()
    t.strictSame([await prepared.bind({ size: 3 }).count(), await prepared.bind({ size: 5 }).count()], [3, 5])
    t.equal(prepared.plansMade, 0)
  })

  await t.test('a prepared query inside another one has the values of the outer row', async (t) => {
    const other = alias(Item, 'other')
    const same = session
      .query(other)
      .filter(other.id.eq(item.size), other.kind.eq(param('kind', types.string())))
      .prepare()
    t.equal(
      await session
        .query(Item)
        .filter(exists(same.bind({ kind: 'k1' })))
        .count(),
      25,
    )
    const scalar = session
      .query(other.size)
      .filter(other.id.eq(item.id), other.size.gt(param('least', types.integer())))
      .prepare()
    t.equal(
      await session
        .query(item.id)
        .filter(scalar.bind({ least: 90 }).asScalar().eq(item.size))
        .count(),
      9,
    )
  })

  await t.test('groups by values that are given are told apart by them', async (t) => {
    const by = param('by', types.integer())
    const grouped = session
      .query(item.size.modulo(by), count())
      .groupBy(item.size.modulo(by))
      .orderBy(item.size.modulo(by))
      .prepare()
    t.strictSame(await grouped.bind({ by: 2 }).all(), [
      [0, 50],
      [1, 50],
    ])
    t.strictSame(await grouped.bind({ by: 3 }).all(), [
      [0, 34],
      [1, 33],
      [2, 33],
    ])
    t.match(String(await grouped.bind({ by: 5 }).explain()), 'size % 5')
    const two = session
      .query(item.size.modulo(by), count())
      .groupBy(item.size.modulo(param('other', types.integer())))
      .prepare()
    t.equal((await two.bind({ by: 2, other: 2 }).all()).length, 2)
    await t.rejects(two.bind({ by: 2, other: 3 }).all(), { code: 'ROME_QUERY_INVALID' })
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

t.test('a partial index serves the values that its predicate is implied by, and no others', async (t) => {
  const Part = defineEntity(
    'parts',
    { id: primaryKey(types.integer()), a: types.integer(), b: types.integer() },
    {
      indexes: [
        index('a', { where: (row) => row.a.plus(row.b).eq(5), name: 'sums' }),
        index('b', { where: (row) => row.a.gt(3), name: 'large' }),
      ],
    },
  )
  const part = fields(Part)
  const rome = await Rome.open({ engine: memory(), models: [Part], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 0; id < 40; id++) session.add(create(Part, { id, a: id % 8, b: id % 5 }))
  await session.commit()
  const sum = param('sum', types.integer())
  const bySum = session.query(Part).filter(part.a.plus(part.b).eq(sum), part.a.eq(2)).prepare()
  const least = param('least', types.integer())
  const byLeast = session.query(Part).filter(part.a.gte(least), part.b.eq(1)).prepare()
  for (const value of [5, 6, 5, 2]) {
    const expected = [...Array(40).keys()].filter((id) => id % 8 === 2 && (id % 8) + (id % 5) === value)
    t.same(
      (await bySum.bind({ sum: value }).orderBy(part.id).all()).map(({ id }) => id),
      expected,
    )
    t.same(
      (await bySum.bind({ sum: value }).all()).map(({ id }) => id).sort((x, y) => x - y),
      expected,
    )
  }
  for (const value of [4, 6, 2, 0, 5]) {
    const expected = [...Array(40).keys()].filter((id) => id % 8 >= value && id % 5 === 1)
    t.same(
      (await byLeast.bind({ least: value }).all()).map(({ id }) => id).sort((x, y) => x - y),
      expected,
    )
  }
  t.match(String(await bySum.bind({ sum: 5 }).explain()), 'parts.sums')
  t.notMatch(String(await bySum.bind({ sum: 6 }).explain()), 'parts.sums')
})

t.test('a prepared query obeys the scopes of the session that it is bound in', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: scopedModels })
  t.teardown(() => rome.close())
  await fillScoped(rome)
  const disk = fields(Disk)
  const other = alias(Disk, 'other')
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
  t.equal(sized.plansMade, 2, 'all() and count() of all tenants take one plan each')
  const planned = await plansIn(async () => {
    await sized.bind({ from: 1 }, sessionOf(rome, 'ada')).all()
  })
  t.equal(planned, 0, 'in a new session too')
  const twoSizes = ada.query(disk.id).filter(disk.size.eq(param('one', types.integer())))
  const combined = twoSizes
    .union(ada.query(disk.id).filter(disk.size.eq(3)))
    .orderBy(disk.id)
    .prepare()
  const related = ada
    .query(disk.id)
    .filter(exists(ada.query(other.id).filter(other.size.gt(disk.size))))
    .prepare()
  for (const session of [ada, bob, ada]) {
    const ids = session === ada ? [2, 3] : [12, 13]
    t.same(await combined.bind({ one: 2 }, session).all(), ids, 'in both operands')
    t.same(await related.bind({}, session).orderBy(disk.id).all(), session === ada ? [1, 2] : [11, 12], 'in subqueries')
    t.same((await related.bind({}, session).all()).length, 2)
  }
  const labels = ada
    .query(Label)
    .filter(fields(Label).disks.some((each) => each.size.gte(param('from', types.integer()))))
  const labelled = labels.select(fields(Label).id).prepare()
  t.same(await labelled.bind({ from: 2 }).all(), [1])
  t.same(await labelled.bind({ from: 2 }, bob).all(), [], 'nor by what is said of related rows')
  const narrowed = ada
    .query(disk.id)
    .scope('large', { from: param('from', types.integer()) })
    .prepare()
  t.same(await narrowed.bind({ from: 3 }, bob).all(), [13], 'parameters stand in the arguments of a named scope')
  const wide = ada.query(disk.id).withoutScope('tenant').orderBy(disk.id).prepare()
  t.same(await wide.bind({}, bob).all(), [1, 2, 3, 11, 12, 13])
})

t.test('a parameter within a predicate about related rows of related rows was not found', async (t) => {
  const Shelf = defineEntity(
    'shelves',
    { id: primaryKey(types.integer()), aboveId: types.integer().nullable() },
    { relations: { above: manyToOne(() => Shelf, { column: 'aboveId' }) } },
  ) as ModelClass<Shelf>
  interface Shelf {
    id: number
    aboveId: number | null
    above: Ref<Shelf | null>
  }
  const rome = await Rome.open({ engine: memory(), models: [Shelf, Item], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (const [id, aboveId] of [
    [1, null],
    [2, 1],
    [3, 2],
  ] as const)
    session.add(create(Shelf, { id, aboveId }))
  const wanted = param('id', types.integer())
  const below = session
    .query(Shelf)
    .filter(fields(Shelf).above.some((one) => one.above.some((two) => two.id.eq(wanted))))
  const items = session.query(Item).filter(item.id.eq(wanted))
  const withItem = session.query(Shelf).filter(fields(Shelf).above.some(() => exists(items)))
  t.strictSame(await below.prepare().bind({ id: 1 }).select(fields(Shelf).id).all(), [3])
  t.equal(await withItem.prepare().bind({ id: 1 }).count(), 0)
})

t.test('a prepared query is explained for as many values as it was bound to', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Item], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  const few = item.id.in([1, 2, 3])
  const prepared = session
    .query(Item)
    .filter(few, item.id.ne(param('not', types.integer())))
    .prepare()
  await prepared.bind({ not: 2 }).all()
  const asked = session.query(Item).filter(few, item.id.ne(9))
  t.equal(String(await prepared.bind({ not: 9 }).explain()), String(await asked.explain()))
})

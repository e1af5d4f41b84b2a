import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  alias,
  count,
  create,
  defineEntity,
  desc,
  exists,
  fields,
  index,
  or_,
  primaryKey,
  Rome,
  t as types,
} from '../../lib/index.js'
import { plansIn } from '../support/plans-in.js'

const Item = defineEntity(
  'items',
  { id: primaryKey(types.integer()), kind: types.string(), size: types.integer() },
  { indexes: [index('kind', 'size')] },
)
const item = fields(Item)
const other = alias(Item, 'other')

t.test('plans of queries that are asked again', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Item], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 0; id < 100; id++) session.add(create(Item, { id, kind: `k${id % 4}`, size: id }))
  await session.commit()

  await t.test('a query is planned twice, and not again for other constants, in no session', async (t) => {
    const all = (kind: string, least: number, own = rome.session()) =>
      own.query(Item).filter(item.kind.eq(kind), item.size.gte(least))
    const queries = {
      rows: (n: number) => all(`k${n}`, n).orderBy(item.size.desc()).limit(3),
      by: (n: number) =>
        rome
          .session()
          .query(Item)
          .filterBy({ kind: `k${n}` }),
      alternatives: (n: number) =>
        rome
          .session()
          .query(Item)
          .filter(or_(item.kind.eq(`k${n}`), item.id.eq(n))),
      joined: (n: number) => all(`k${n}`, n).join(other, other.id.eq(item.size)),
      grouped: (n: number) =>
        rome
          .session()
          .query(item.size, count())
          .filter(item.kind.eq(`k${n}`))
          .groupBy(item.size),
      combined: (n: number) => {
        const own = rome.session()
        return all(`k${n}`, 5, own).union(all('k3', 90, own))
      },
    }
    for (const [name, query] of Object.entries(queries)) {
      const run = async (n: number): Promise<void> => {
        await query(n).all()
        await query(n).count()
        for await (const _ of query(n)) break
      }
      if (name !== 'combined') t.ok((await plansIn(() => run(1))) > 0, `${name}: at the first sight`)
      await run(1)
      // What operands are combined by is told by their very constants.
      t.equal((await plansIn(() => run(2))) === 0, name !== 'combined', `${name}: with other constants`)
      t.equal(await plansIn(() => run(2)), 0, `${name}: with the same`)
    }
  })

  await t.test('the pages of a query are planned no more than its first ones', async (t) => {
    const query = (kind: string) => rome.session().query(Item).filter(item.kind.eq(kind)).orderBy(item.size)
    const pages = async (kind: string): Promise<number[]> => {
      const ids: number[] = []
      let after: string | undefined
      do {
        const page = await query(kind).page(after === undefined ? { size: 3 } : { size: 3, after })
        ids.push(...page.items.map(({ id }) => id))
        after = page.next
      } while (after !== undefined)
      return ids
    }
    await pages('k1')
    await pages('k1')
    let ids: number[] = []
    const turn = async (): Promise<void> => {
      ids = await pages('k2')
    }
    t.equal(await plansIn(turn), 0)
    t.strictSame(
      ids,
      Array.from({ length: 25 }, (_, at) => 4 * at + 2),
    )
  })

  await t.test('whatever else a query says makes another plan', async (t) => {
    const base = () => session.query(Item).filter(item.kind.eq('k1'), item.size.gte(7))
    const shared = item.size.gte(7)
    const queries = [
      base(),
      base().limit(2),
      base().limit(3),
      base().offset(2),
      base().orderBy(item.size),
      base().orderBy(desc(item.size)),
      base().orderBy(item.size.desc().nullsFirst()),
      base().select(item.size),
      base().select(item.id),
      base().select(item.size).distinct(),
      base().select(count()),
      base().join(other, other.id.eq(item.size)),
      base().outerJoin(other, other.id.eq(item.size)),
      base().join(other, other.size.eq(item.id)),
      base().union(base()),
      base().except(base()),
      base().select(item.kind, count()).groupBy(item.kind),
      base().select(item.kind, count()).groupBy(item.kind).having(count().gt(7)),
      rome.session().query(Item).filter(item.kind.eq('k1'), item.size.gt(7)),
      rome.session().query(Item).filter(item.kind.eq('k1'), item.id.gte(7)),
      rome.session().query(other).filter(other.kind.eq('k1'), other.size.gte(7)),
      rome.session().query(Item).filter(item.kind.like('k1%')),
      rome.session().query(Item).filter(item.kind.like('k2%')),
      rome
        .session()
        .query(Item)
        .filter(item.size.in([1, 2])),
      rome
        .session()
        .query(Item)
        .filter(item.size.in([1, 3])),
      rome.session().query(Item).filter(or_(shared, shared)),
      rome
        .session()
        .query(Item)
        .filter(or_(item.size.gte(7), item.size.gte(7))),
      rome
        .session()
        .query(Item)
        .filter(exists(rome.session().query(other).filter(other.id.eq(item.size)))),
    ]
    const expected = []
    for (const query of queries) {
      rome.plans.clear()
      expected.push([String(await query.explain()), JSON.stringify(await query.all()), await query.count()])
    }
    for (let round = 0; round < 3; round++) {
      for (const [at, query] of queries.entries()) {
        t.strictSame(
          [String(await query.explain()), JSON.stringify(await query.all()), await query.count()],
          expected[at],
        )
      }
    }
  })

  await t.test('lists of about as many values share a plan, but not the rows', async (t) => {
    const numbers = (from: number, length: number) => Array.from({ length }, (_, at) => from + at)
    const wide = defineEntity(
      'wide',
      { id: primaryKey(types.integer()), a: types.integer(), b: types.integer(), c: types.integer() },
      { indexes: [index('a', 'b')] },
    )
    const { a, b, c } = fields(wide)
    const rome = await Rome.open({ engine: memory(), models: [wide], fullScans: 'allow' })
    t.teardown(() => rome.close())
    const rows = numbers(0, 300).map((id) => ({ id, a: id % 60, b: id % 7, c: id % 3 }))
    await rome.transact((session) => session.bulkInsert(wide, rows))
    const session = rome.session()
    const ask = (first: readonly number[], second: readonly number[]) =>
      session
        .query(wide)
        .filter(a.in(first), b.in(second), c.in([0, 1]))
        .orderBy(a, b)
        .limit(200)
    const check = async (first: readonly number[], second: readonly number[]) => {
      const expected = rows.filter((row) => first.includes(row.a) && second.includes(row.b) && row.c < 2)
      const found = await ask(first, second).all()
      t.strictSame(found.map(({ id }) => id).sort(), expected.map(({ id }) => id).sort())
    }
    await check(numbers(0, 33), [1, 2])
    await check(numbers(1, 34), [2, 3])
    t.equal(await plansIn(() => check(numbers(5, 40), [4, 5])), 0, 'of a plan that is kept')
    t.equal(await plansIn(() => check(numbers(5, 40), [4, 5, 6])), 0, 'of another length')
    t.equal(await plansIn(() => check([7, 7, 7], [4, 5])), 1, 'but not for one value')
    // 54 times 20 are more ranges than are read: the second list is left to the filter.
    const many = numbers(-13, 20)
    await check(numbers(0, 33), many)
    await check(numbers(0, 33), many)
    t.equal(await plansIn(() => check(numbers(1, 34), many)), 0)
    await check(numbers(0, 54), many)
    await check(numbers(2, 54), many)
    await check(numbers(0, 33), many)
  })

  await t.test('groups are chosen by the list of their own query', async (t) => {
    const sizes = (list: readonly number[]) =>
      rome
        .session()
        .query(item.kind, count())
        .filter(item.size.lt(99))
        .groupBy(item.kind)
        .having(count().in(list), item.kind.in(list.map((n) => `k${n % 4}`)))
        .all()
    for (const list of [
      [24, 27],
      [24, 27],
      [25, 26],
      [23, 24],
      [24, 25],
    ]) {
      const expected = [
        ['k0', 25],
        ['k1', 25],
        ['k2', 25],
        ['k3', 24],
      ].filter(([kind, rows]) => list.some((n) => n === rows) && list.some((n) => `k${n % 4}` === kind))
      t.strictSame((await sizes(list)).sort(), expected, String(list))
    }
  })

  await t.test('one constant that stands in two places is not taken for two', async (t) => {
    const ids = async (low: number, high: number, isOne: boolean) => {
      const bound = item.size.gt(low)
      const filter = or_(bound, isOne ? bound : item.size.gt(high))
      return (await rome.session().query(Item).filter(filter).all()).length
    }
    for (let round = 0; round < 3; round++) {
      t.equal(await ids(90, 90, true), 9)
      t.equal(await ids(95, 80, false), 19)
      t.equal(await ids(97, 97, true), 2)
    }
  })

  await t.test('queries that say very much are planned each time', async (t) => {
    const queries = [
      session.query(Item).filter(item.size.in(Array.from({ length: 300 }, (_, n) => n))),
      session.query(Item).filter(or_(...Array.from({ length: 500 }, (_, n) => item.size.gt(n)))),
    ]
    for (const query of queries) {
      const counts = [await query.count(), await query.count(), await query.count()]
      t.strictSame(new Set(counts).size, 1)
      t.ok((await plansIn(() => query.count())) > 0)
    }
  })

  await t.test('plans go that are not asked for, and all after an analysis', async (t) => {
    const run = (n: number) => () => rome.session().query(Item).filter(item.kind.eq('k1')).limit(n).all()
    await run(1)()
    await run(1)()
    t.equal(await plansIn(run(1)), 0)
    await rome.analyze()
    t.equal(await plansIn(run(1)), 1, 'after an analysis')
    t.equal(await plansIn(run(1)), 0)
    for (let n = 2; n < 600; n++) await run(n)()
    t.equal(await plansIn(run(1)), 1, 'after many others')
  })
})

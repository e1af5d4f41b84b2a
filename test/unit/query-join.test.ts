import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  alias,
  and_,
  count,
  create,
  defineEntity,
  exists,
  fields,
  index,
  not_,
  primaryKey,
  Rome,
  t as types,
} from '../../lib/index.js'

const Owner = defineEntity('owners', {
  id: primaryKey(types.integer()),
  name: types.string(),
  bossId: types.integer().nullable(),
})
const Book = defineEntity(
  'books',
  { id: primaryKey(types.integer()), ownerId: types.integer().nullable(), title: types.string() },
  { indexes: [index('ownerId', 'title')] },
)
const owner = fields(Owner)
const book = fields(Book)

t.test('joins', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Owner, Book] })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 1; id <= 5; id++) session.add(create(Owner, { id, name: `o${id}`, bossId: id === 1 ? null : 1 }))
  for (let id = 1; id <= 20; id++)
    session.add(create(Book, { id, ownerId: id % 4 === 0 ? null : id % 4, title: `t${id}` }))
  await session.commit()

  await t.test('an inner join gives a tuple for each match', async (t) => {
    const pairs = await session.query(Book, Owner).join(Owner, book.ownerId.eq(owner.id)).orderBy(book.id).all()
    t.equal(pairs.length, 15)
    for (const [b, o] of pairs) t.equal(b.ownerId, o.id)
  })

  await t.test('with only the root selected each root is given once, and count agrees', async (t) => {
    const query = session.query(Owner).join(Book, book.ownerId.eq(owner.id)).orderBy(owner.name.desc())
    t.strictSame(
      (await query.all()).map((o) => o.id),
      [3, 2, 1],
    )
    t.equal(await query.count(), 3)
    t.strictSame(
      (await query.limit(2).all()).map((o) => o.id),
      [3, 2],
    )
    t.equal((await query.page({ size: 2 })).items.length, 2)
  })

  await t.test('an outer join gives null for what is missing, and a filter decides after it', async (t) => {
    const all = await session
      .query(Owner, Book)
      .outerJoin(Book, and_(book.ownerId.eq(owner.id), book.title.gt('t5')))
      .orderBy(owner.id, book.id)
      .all()
    t.equal(all.filter(([, b]) => b === null).length, 2)
    const lonely = await session
      .query(Owner)
      .outerJoin(Book, book.ownerId.eq(owner.id))
      .filter(book.id.isNull())
      .orderBy(owner.id)
      .all()
    t.strictSame(
      lonely.map((o) => o.id),
      [4, 5],
    )
  })

  await t.test('a model is joined with itself by an alias', async (t) => {
    const boss = alias(Owner, 'boss')
    const rows = await session.query(owner.name, boss.name).join(boss, owner.bossId.eq(boss.id)).orderBy(owner.id).all()
    t.strictSame(rows[0], ['o2', 'o1'])
    t.equal(rows.length, 4)
  })

  await t.test('groups are made of joined rows', async (t) => {
    const rows = await session
      .query(owner.name, count(book.id))
      .outerJoin(Book, book.ownerId.eq(owner.id))
      .groupBy(owner.name)
      .orderBy(owner.name)
      .all()
    t.strictSame(rows, [
      ['o1', 5],
      ['o2', 5],
      ['o3', 5],
      ['o4', 0],
      ['o5', 0],
    ])
  })

  await t.test('pages go through pairs', async (t) => {
    const query = session.query(Book, Owner).join(Owner, book.ownerId.eq(owner.id)).orderBy(owner.name.desc())
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await query.page({ size: 4, after })
      seen.push(...page.items.map(([b, o]) => `${o.id}:${b.id}`))
      after = page.next
    } while (after !== undefined)
    t.equal(new Set(seen).size, 15)
    t.equal(seen.length, 15)
  })
  await t.test('subqueries decide about rows', async (t) => {
    const withBooks = session
      .query(Owner)
      .filter(exists(session.query(Book).filter(book.ownerId.eq(owner.id), book.title.lt('t2'))))
    t.strictSame(
      (await withBooks.orderBy(owner.id).all()).map((o) => o.id),
      [1, 2, 3],
    )
    const without = session.query(Owner).filter(not_(exists(session.query(Book).filter(book.ownerId.eq(owner.id)))))
    t.strictSame(
      (await without.orderBy(owner.id).all()).map((o) => o.id),
      [4, 5],
    )
    t.match(String(await without.explain()), 'mark')
    const among = session.query(Owner).filter(owner.id.in(session.query(book.ownerId).filter(book.id.lt(3))))
    t.strictSame(
      (await among.orderBy(owner.id).all()).map((o) => o.id),
      [1, 2],
    )
    t.match(String(await among.explain()), 'primary key')
    const notAmong = session
      .query(Owner)
      .filter(owner.id.notIn(session.query(book.ownerId).filter(book.ownerId.isNotNull())))
    t.strictSame(
      (await notAmong.orderBy(owner.id).all()).map((o) => o.id),
      [4, 5],
    )
    const unknown = session.query(Owner).filter(owner.id.notIn(session.query(book.ownerId)))
    t.equal(await unknown.count(), 0)
    const perOwner = session.query(Book).select(count()).filter(book.ownerId.eq(owner.id)).asScalar()
    t.strictSame(await session.query(owner.id, perOwner).orderBy(owner.id).all(), [
      [1, 5],
      [2, 5],
      [3, 5],
      [4, 0],
      [5, 0],
    ])
    t.strictSame(
      (await session.query(Owner).filter(perOwner.gt(0)).orderBy(owner.id.desc()).all()).map((o) => o.id),
      [3, 2, 1],
    )
    t.strictSame(
      (await session.query(Owner).orderBy(perOwner.desc(), owner.id.desc()).limit(2).all()).map((o) => o.id),
      [3, 2],
    )
  })

  t.match(
    String(await session.query(Book, Owner).join(Owner, book.ownerId.eq(owner.id)).filter(book.id.lt(4)).explain()),
    'lookup join',
  )
})

t.test('conditions of joins may ask subqueries', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Owner, Book], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 1; id <= 3; id++) session.add(create(Owner, { id, name: `o${id}`, bossId: null }))
  for (let id = 1; id <= 4; id++) session.add(create(Book, { id, ownerId: id % 2 === 0 ? 2 : 1, title: `t${id}` }))
  const twin = alias(Book, 'twin')
  const isFollowed = exists(session.query(twin).filter(twin.ownerId.eq(book.ownerId), twin.id.gt(book.id)))
  const pairs = session.query(owner.id, book.id).orderBy(owner.id, book.id)
  const condition = and_(book.ownerId.eq(owner.id), isFollowed)
  t.same(await pairs.join(Book, condition).all(), [
    [1, 1],
    [2, 2],
  ])
  t.same(await pairs.outerJoin(Book, condition).all(), [
    [1, 1],
    [2, 2],
    [3, null],
  ])
  t.same(await session.query(Owner).join(Book, condition).count(), 2)
  const isOlder = exists(session.query(twin).filter(twin.id.eq(book.id), twin.id.gt(owner.id)))
  t.same(await pairs.join(Book, and_(book.ownerId.eq(owner.id), isOlder)).all(), [
    [1, 3],
    [2, 4],
  ])
  await t.rejects(pairs.outerJoin(Book, isOlder).all(), { code: 'ROME_QUERY_INVALID' })
})

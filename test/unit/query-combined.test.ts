import t from 'tap'
import { index } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { memory } from '../../lib/engines/memory/index.js'
import { QueryError } from '../../lib/errors/rome-error.js'
import { count } from '../../lib/expressions/aggregate.js'
import { literal } from '../../lib/expressions/cast.js'
import { and_, or_ } from '../../lib/expressions/predicate.js'
import type { Page, PageOptions } from '../../lib/query/page.js'
import { alias } from '../../lib/schema/alias.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { t as type } from '../../lib/values/t.js'

const Book = defineEntity(
  'books',
  {
    id: primaryKey(type.integer()),
    author: type.string(),
    year: type.integer(),
    size: type.bigint().nullable(),
    cover: type.bytes().nullable(),
  },
  { indexes: [index('author'), index('year', { where: (row) => row.size.in([1n, 2n]) })] },
)
const book = fields(Book)

const rome = await Rome.open({ engine: memory(), models: [Book], fullScans: 'allow' })
t.teardown(() => rome.close())
const session = rome.session()
for (let id = 0; id < 12; id++) {
  session.add(
    create(Book, { id, author: 'abc'[id % 3], year: 1800 + (id % 4), size: BigInt(id), cover: Uint8Array.of(id) }),
  )
}
await session.commit()

const byAuthor = session.query(book.author, count()).groupBy(book.author)

/** All items of all pages, and how many pages they came in. */
async function readThrough(query: { page(options: PageOptions): Promise<Page<unknown>> }, size: number) {
  const items: unknown[] = []
  let page = await query.page({ size })
  let pages = 1
  for (; ; pages++) {
    items.push(...page.items)
    if (page.next === undefined || pages > 100) return { items, pages }
    page = await query.page({ size, after: page.next })
  }
}

t.test('onlyDeleted gives nothing of a model that is never soft-deleted, whichever way it is read', async (t) => {
  t.strictSame(await session.query(Book).onlyDeleted().all(), [])
  t.strictSame(await session.query(Book).onlyDeleted().filter(book.author.eq('a')).all(), [])
  t.equal(await session.query(Book).onlyDeleted().filter(book.id.eq(1)).count(), 0)
})

t.test(
  'a column of a combined model is that of its entities, whatever is selected by its name beside them',
  async (t) => {
    const left = session.query(Book, book.year).filter(book.id.lt(3))
    const right = session.query(Book, book.id).filter(book.id.in([3, 11]))
    const combined = left.union(right).orderBy(book.year.desc(), book.id.desc())
    t.strictSame(
      (await combined.all()).map(([{ id }, value]) => [id, value]),
      [
        [11, 11],
        [3, 3],
        [2, 1802],
        [1, 1801],
        [0, 1800],
      ],
    )
    t.strictSame((await combined.filter(book.year.eq(1803)).all()).length, 2)
    t.equal((await readThrough(combined, 2)).items.length, 5)
  },
)

t.test('what groups are made by is known within a larger and_ or or_', async (t) => {
  const early = book.year.lt(1801)
  const ofA = book.author.eq('a')
  const either = or_(early, ofA)
  const grouped = session.query(either, count()).groupBy(either)
  t.strictSame(await grouped.having(or_(either, count().gt(100))).all(), [[true, 6]])
  t.strictSame(
    await grouped
      .having(or_(ofA, count().gt(5), early))
      .orderBy(either)
      .all(),
    [
      [false, 6],
      [true, 6],
    ],
  )
  const both = and_(early, ofA)
  t.strictSame(
    await session
      .query(both, count())
      .groupBy(both)
      .having(and_(both, count().gt(0)))
      .all(),
    [[true, 1]],
  )
  await t.rejects(grouped.having(or_(early, count().gt(100))).all(), { code: 'ROME_QUERY_INVALID' })
  const ordered = session.query(either).distinct().orderBy(or_(either, book.id.isNull()).desc())
  await t.rejects(ordered.all(), { code: 'ROME_QUERY_INVALID' }, 'what is not selected has no one value')
  t.strictSame(await session.query(either).distinct().orderBy(or_(ofA, early).desc()).all(), [true, false])
})

t.test('combined groups are ordered by what they are grouped by and by their aggregates', async (t) => {
  const combined = byAuthor.union(session.query(book.author, book.year).filter(book.id.lt(2)))
  const rows = await combined.orderBy(book.author, count().desc()).all()
  t.strictSame(rows, [
    ['a', 1800],
    ['a', 4],
    ['b', 1801],
    ['b', 4],
    ['c', 4],
  ])
})

t.test('a filter over combined groups is by what they are grouped by', async (t) => {
  const combined = byAuthor.unionAll(byAuthor)
  t.strictSame(await combined.filter(book.author.eq('b')).all(), [
    ['b', 4],
    ['b', 4],
  ])
})

t.test('groups by a conjunction are kept by the same conjunction', async (t) => {
  const isOldByA = and_(book.author.eq('a'), book.year.eq(1800))
  const kept = await session.query(isOldByA, count()).groupBy(isOldByA).having(isOldByA).all()
  t.strictSame(kept, [[true, 1]])
})

t.test('a joined model of which nothing is read keeps its place beside the others', async (t) => {
  const [each, same] = [alias(Book, 'each'), alias(Book, 'same')]
  const query = session.query(book.id, same.author).join(each, book.id.eq(1)).outerJoin(same, same.id.eq(book.id))
  t.strictSame(await query.filter(same.year.eq(1801)).all(), new Array(12).fill([1, 'b']))
})

t.test('a partial index over a list of JSON values, which have no order, stands beside every query', async (t) => {
  const Note = defineEntity(
    'notes',
    { id: primaryKey(type.integer()), tag: type.json<number>() },
    { indexes: [index('id', { where: (row) => row.tag.in([1, 2]) })] },
  )
  const notes = await Rome.open({ engine: memory(), models: [Note] })
  t.teardown(() => notes.close())
  t.strictSame(await notes.session().query(Note).filter(fields(Note).id.gt(0)).all(), [])
})

t.test('a partial index over bigints and a filter over bytes are told apart', async (t) => {
  const found = await session
    .query(Book)
    .filter(book.cover.in([Uint8Array.of(3)]))
    .all()
  t.strictSame(
    found.map(({ id }) => id),
    [3],
  )
})

t.test('pages of groups go on to the end, completed by what is grouped by', async (t) => {
  const years = session.query(book.year, count()).groupBy(book.year).orderBy(count())
  const { items, pages } = await readThrough(years, 1)
  t.equal(pages, 4)
  t.strictSame(
    items,
    [1800, 1801, 1802, 1803].map((year) => [year, 3]),
  )
  const counts = await readThrough(session.query(Book).select(count()).groupBy(book.year).orderBy(count()), 3)
  t.strictSame(counts, { items: [3, 3, 3, 3], pages: 2 })
})

t.test('pages of distinct groups go on to the end', async (t) => {
  const counts = session.query(book.author).groupBy(book.author, book.year).distinct().orderBy(book.author)
  t.strictSame(await readThrough(counts, 2), { items: ['a', 'b', 'c'], pages: 2 })
})

t.test('pages of combined columns and of combined entities go on to the end', async (t) => {
  const early = session.query(Book).filter(book.id.lt(5))
  const late = session.query(Book).filter(book.id.gte(3))
  const entities = await readThrough(early.union(late).orderBy(book.author), 5)
  t.equal(entities.pages, 3)
  t.equal(new Set(entities.items).size, 12)
  const columns = session.query(book.author, book.year).union(session.query(book.author, book.id))
  const expected = await columns.orderBy(book.author, book.year).all()
  t.strictSame((await readThrough(columns.orderBy(book.author, book.year), 4)).items, expected)
})

t.test('pages of unionAll are refused, since the same row twice has one place; distinct ones are not', async (t) => {
  const twice = session.query(Book).unionAll(session.query(Book))
  await t.rejects(twice.page({ size: 3 }), QueryError)
  await t.rejects(twice.page({ size: 3 }), { code: 'ROME_QUERY_INVALID' })
  t.equal((await readThrough(twice.distinct(), 5)).items.length, 12)
})

t.test('a constant in a filter after a set operation is no selected value', async (t) => {
  const Word = defineEntity('words', { id: primaryKey(type.integer()), text: type.string() })
  const rome = await Rome.open({ engine: memory(), models: [Word], fullScans: 'allow' })
  t.teardown(() => rome.close())
  await rome.transact((session) => session.add(create(Word, { id: 1, text: '' })))
  await using session = rome.session()
  const { id, text } = fields(Word)
  const left = session.query(Word).select(text, literal('a', type.string())).filter(id.eq(2))
  const both = left.union(session.query(Word).select(text, text))
  t.same(await both.all(), [['', '']])
  t.same(await both.filter(text.eq('a')).all(), [])
})

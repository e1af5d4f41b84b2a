import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  and_,
  arrayContains,
  caseWhen,
  cast,
  check,
  coalesce,
  column,
  concat,
  count,
  create,
  entity,
  fields,
  hasKey,
  index,
  jsonAt,
  jsonContains,
  length,
  literal,
  lower,
  max,
  not_,
  nullIf,
  or_,
  type Predicate,
  primaryKey,
  Rome,
  type RomeSession,
  round,
  substring,
  sum,
  t as types,
  year,
} from '../../lib/index.js'

interface Details {
  readonly tags?: readonly string[]
  readonly publisher?: { readonly city: string; readonly founded?: number }
}

@entity('books')
@index('subtitle')
@index('pages', { where: (b) => lower(b.author).eq('austen') })
@check((b) => length(b.title).gt(0), { name: 'books_have_titles' })
class Book {
  @primaryKey(types.integer()) id!: number
  @column(types.string()) title!: string
  @column(types.string().nullable()) subtitle!: string | null
  @column(types.string()) author!: string
  @column(types.integer()) pages!: number
  @column(types.decimal()) price!: string
  @column(types.json<Details>().nullable()) details!: Details | null
  @column(types.datetime()) publishedAt!: Date
}

const book = fields(Book)

const books: readonly Omit<Book, 'id'>[] = [
  {
    title: 'Emma',
    subtitle: null,
    author: 'Austen',
    pages: 474,
    price: '9.50',
    publishedAt: new Date('1815-12-23'),
    details: { tags: ['novel', 'love'], publisher: { city: 'London', founded: 1768 } },
  },
  {
    title: 'PERSUASION',
    subtitle: '',
    author: 'austen',
    pages: 249,
    price: '7.25',
    publishedAt: new Date('1817-12-20'),
    details: { tags: ['novel'] },
  },
  {
    title: 'persuasion',
    subtitle: 'again',
    author: 'AUSTEN',
    pages: 250,
    price: '8',
    publishedAt: new Date('1818-01-01'),
    details: null,
  },
  {
    title: 'Walden',
    subtitle: null,
    author: 'Thoreau',
    pages: 352,
    price: '12.99',
    publishedAt: new Date('1854-08-09'),
    details: { publisher: { city: 'Boston' } },
  },
]

async function open(test: { teardown(work: () => Promise<void>): void }): Promise<RomeSession> {
  const rome = await Rome.open({ engine: memory(), models: [Book], fullScans: 'allow' })
  test.teardown(() => rome.close())
  const session = rome.session()
  for (const [id, values] of books.entries()) session.add(create(Book, { id, ...values }))
  await session.commit()
  return session
}

t.test('rows are grouped by an expression, which is selected, ordered by and compared in having', async (t) => {
  const session = await open(t)
  const title = lower(book.title)
  const groups = session.query(title, count(), sum(book.pages.plus(1))).groupBy(lower(book.title))
  t.same(await groups.orderBy(title).all(), [
    ['emma', 1, 475],
    ['persuasion', 2, 501],
    ['walden', 1, 353],
  ])
  t.same(await groups.having(count().times(10).gt(10)).all(), [['persuasion', 2, 501]])
  t.same(await groups.orderBy(sum(book.pages).dividedBy(count()).desc(), title).limit(1).all(), [['emma', 1, 475]])
  t.same(
    await session
      .query(concat(title, '!'), max(length(book.author)))
      .groupBy(title)
      .orderBy(concat(title, '!'))
      .first(),
    ['emma!', 6],
  )
})

t.test('a column that is grouped by only inside an expression has no value of its own', async (t) => {
  const session = await open(t)
  await t.rejects(session.query(book.title, count()).groupBy(lower(book.title)).all(), { code: 'ROME_QUERY_INVALID' })
})

t.test('rows are filtered and ordered by expressions', async (t) => {
  const session = await open(t)
  const titles = session.query(book.title)
  t.same(await titles.filter(lower(book.title).eq('persuasion')).orderBy(book.id).all(), ['PERSUASION', 'persuasion'])
  t.same(await titles.filter(book.pages.modulo(2).eq(1)).all(), ['PERSUASION'])
  t.same(await titles.filter(book.price.times('2').gt('19')).all(), ['Walden'])
  t.same(await titles.filter(year(book.publishedAt).between(1816, 1818)).orderBy(book.id).all(), [
    'PERSUASION',
    'persuasion',
  ])
  t.same(await titles.orderBy(length(book.title).desc(), lower(book.title), book.title.desc()).all(), [
    'persuasion',
    'PERSUASION',
    'Walden',
    'Emma',
  ])
  const longFirst = caseWhen(book.pages.gt(400), 0).otherwise(1)
  t.same(await titles.orderBy(longFirst, book.title).limit(2).all(), ['Emma', 'PERSUASION'])
  t.same(await titles.filter(nullIf(book.subtitle, '').isNull()).orderBy(book.id).all(), [
    'Emma',
    'PERSUASION',
    'Walden',
  ])
  t.same(await titles.filter(book.subtitle.eq('again').isTrue()).all(), ['persuasion'])
  t.equal(await titles.filter(book.subtitle.eq('again').isTrue().eq(false)).count(), 3)
  t.equal(await titles.filter(or_(book.subtitle.eq('again').isFalse(), book.id.eq(3))).count(), 2)
})

t.test('expressions are selected, with labels, distinct and in set operations', async (t) => {
  const session = await open(t)
  t.same(
    await session
      .query(book.id, coalesce(book.subtitle, 'none').as('subtitle'), round(book.price.dividedBy('3'), 2))
      .orderBy(book.id)
      .all(),
    [
      [0, 'none', '3.17'],
      [1, '', '2.42'],
      [2, 'again', '2.67'],
      [3, 'none', '4.33'],
    ],
  )
  const authors = session.query(lower(book.author)).distinct()
  t.same(await authors.orderBy(lower(book.author)).all(), ['austen', 'thoreau'])
  const initials = session.query(substring(book.title, 1, 1))
  const same = session.query(Book).select(literal('W', types.text()))
  t.same((await initials.union(same).all()).sort(), ['E', 'P', 'W', 'p'])
  t.same(await initials.unionAll(same).count(), 8)
})

t.test('JSON is looked into by filters', async (t) => {
  const session = await open(t)
  const ids = session.query(book.id).orderBy(book.id)
  const tags = jsonAt(book.details, 'tags', types.json<string[]>())
  t.same(await ids.filter(jsonAt(book.details, 'publisher', 'city', types.text()).eq('London')).all(), [0])
  t.same(await ids.filter(jsonAt(book.details, 'publisher', 'founded', types.integer()).lt(1800)).all(), [0])
  t.same(await ids.filter(arrayContains(tags, 'novel')).all(), [0, 1])
  t.same(await ids.filter(jsonContains(book.details, { tags: ['love'] })).all(), [0])
  t.same(await ids.filter(hasKey(book.details, 'publisher')).all(), [0, 3])
  t.same(await session.query(tags).orderBy(book.id).all(), [['novel', 'love'], ['novel'], null, null])
})

t.test('update sets columns to expressions over the row as it was', async (t) => {
  const session = await open(t)
  const changed = await session
    .query(Book)
    .filter(lower(book.author).eq('austen'))
    .update({ pages: book.pages.plus(1), title: concat(book.title, ' ', cast(book.pages, types.text())).as('x') })
  t.equal(changed, 3)
  t.same(await session.query(book.title, book.pages).orderBy(book.id).first(), ['Emma 474', 475])
})

t.test('an index and a check are made of expressions', async (t) => {
  const session = await open(t)
  const query = session.query(book.id).filter(lower(book.author).eq('austen'), book.pages.gt(249)).orderBy(book.pages)
  t.same(await query.all(), [2, 0])
  t.match(String(await query.explain()), /index range: index books\.\S*pages/, 'the partial index serves its predicate')
  session.add(create(Book, { ...(books[0] as (typeof books)[number]), id: 9, title: '' }))
  await t.rejects(session.commit(), { code: 'ROME_CHECK' })
})

t.test('isTrue, isFalse and their negations are read from an index of the column', async (t) => {
  const session = await open(t)
  const isAgain = book.subtitle.eq('again')
  const idsWhere = async (predicate: Predicate) => {
    const query = session.query(book.id).filter(predicate)
    t.match(String(await query.explain()), 'index range: index books.subtitle')
    return (await query.all()).sort()
  }
  t.same(await idsWhere(isAgain.isTrue()), [2])
  t.same(await idsWhere(not_(isAgain.isTrue())), [0, 1, 3])
  t.same(await idsWhere(isAgain.isFalse()), [1])
  t.same(await idsWhere(not_(isAgain.isFalse())), [0, 2, 3])
  t.same(await idsWhere(not_(and_(isAgain.isTrue(), book.subtitle.isNotNull()))), [0, 1, 3])
})

t.test('aggregates are of expressions, and functions of aggregates', async (t) => {
  const session = await open(t)
  const isLong = caseWhen(book.pages.gt(300), 1).otherwise(0)
  const share = round(sum(isLong).dividedBy(count()), 2)
  t.same(await session.query(sum(isLong), count(nullIf(isLong, 0)), share, coalesce(max(book.subtitle), '')).all(), [
    [2, 2, 0.5, 'again'],
  ])
  t.same(
    await session
      .query(Book)
      .filter(book.id.lt(0))
      .select(coalesce(sum(book.pages), 0))
      .all(),
    [0],
  )
})

t.test('a plan says expressions as they are', async (t) => {
  const session = await open(t)
  const query = session.query(lower(book.title), count()).filter(book.pages.plus(1).gt(3)).groupBy(lower(book.title))
  const plan = String(await query.explain())
  t.match(plan, /\(pages \+ 1\) > 3/)
  t.match(plan, /by lower\(title\)/)
})

t.test('a calculation that overflows is an error when the query runs', async (t) => {
  const session = await open(t)
  await t.rejects(session.query(book.pages.times(Number.MAX_SAFE_INTEGER)).all(), { code: 'ROME_QUERY_INVALID' })
})

t.test('pages of a query go on by the value of an expression', async (t) => {
  const session = await open(t)
  const query = session.query(book.id).orderBy(lower(book.title), book.id.desc())
  const first = await query.page({ size: 2 })
  const second = await query.page({ size: 2, after: first.next })
  t.same([...first.items, ...second.items], [0, 2, 1, 3])
  await t.rejects(session.query(book.id).orderBy(book.title).page({ size: 2, after: first.next }), {
    code: 'ROME_PAGE_TOKEN',
  })
})

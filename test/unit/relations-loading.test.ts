import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { QueryRun } from '../../lib/query/run-query.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { Rome } from '../../lib/session/rome.js'
import {
  Author,
  Book,
  Loan,
  members,
  Note,
  openRome,
  Place,
  Portrait,
  Reader,
  readsOf,
  Tag,
  target,
} from '../support/relations-fixture.js'

/** Authors a0, a1 … with books a0-0, a0-1 … of 0, 1 … pages; every book has the tags x and y, and a0 a portrait. */
async function fill(rome: Rome, authors: number, books: number): Promise<void> {
  await rome.transact((session) => {
    const tags = ['y', 'x'].map((text) => create(Tag, { text }))
    for (let a = 0; a < authors; a++) {
      const author = create(Author, { name: `a${a}` })
      for (let b = books - 1; b >= 0; b--) create(Book, { title: `a${a}-${b}`, pages: b, author, tags })
      if (a === 0) create(Portrait, { author })
      create(Note, { text: `note of a${a}`, author })
      session.add(author)
    }
  })
}

const titles = (books: Iterable<Book>) => Array.from(books, ({ title }) => title)
const author = fields(Author)

t.test('a relation that is not loaded says how to load it, and is never read by itself', async (t) => {
  const rome = await openRome(t)
  await fill(rome, 1, 2)
  const session = rome.session()
  const read = await session.query(Author).one()
  const fix = { name: 'UsageError', code: 'ROME_NOT_LOADED', context: { include: ".include('books')" } }
  t.throws(() => members(read.books), fix)
  t.throws(() => [...(read.books as never)], fix)
  t.throws(() => (read.books as unknown as { length: number }).length, fix)
  t.throws(() => (read.books as unknown as { includes(book: unknown): boolean }).includes({}), fix)
  t.throws(() => target(read.portrait), { code: 'ROME_NOT_LOADED' })
  t.throws(() => read.portrait.set(null), { code: 'ROME_NOT_LOADED' }, 'it has to be known what gives way')
  t.equal(read.books.isLoaded(), false)
  const books = await read.books.load()
  t.same(titles(books), ['a0-0', 'a0-1'], 'in the order of the relation')
  t.equal(books, read.books)
  t.equal(books.isPartial, false)
  t.equal(books.includes(books.toArray()[0]), true)
  const [first] = books
  t.equal(target(first.author), read, 'what was found by its foreign key knows where it leads')
  t.equal(await (await read.portrait.load())?.author.load(), read)
})

t.test('load reads once in a transaction, and again in the next one', async (t) => {
  const rome = await openRome(t)
  await fill(rome, 1, 2)
  const session = rome.session()
  const read = await session.query(Author).one()
  await read.books.load()
  t.equal(await readsOf(rome, () => read.books.load()), 0)
  await rome.transact((other) => other.query(Book).filterBy({ title: 'a0-0' }).update({ authorId: null }))
  t.same(titles(await read.books.load()), ['a0-0', 'a0-1'])
})

t.test('what was loaded and committed is read again by the next load that meets it', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const read = session.add(create(Author, { name: 'a', books: [create(Book, { title: 'b' })] }))
  await session.commit()
  await rome.transact((other) => other.add(create(Book, { title: 'c', authorId: read.id })))
  t.same(titles(members(read.books)), ['b'], 'nothing is read behind a property')
  t.same(titles(await read.books.load()), ['b', 'c'])
  const [, second] = members(read.books)
  t.equal(await second.author.load(), read)
})

t.test('a detached entity has no session to load by', async (t) => {
  const rome = await openRome(t)
  await fill(rome, 1, 1)
  const session = rome.session()
  const read = await session.query(Author).include('books').one()
  session.expunge(read)
  await t.rejects(read.portrait.load(), {
    name: 'UsageError',
    code: 'ROME_ENTITY_STATE',
    context: { state: 'detached' },
  })
  t.same(titles(await read.books.load()), ['a0-0'], 'what is loaded stays')
  const made = new Book()
  made.title = 'made'
  made.authorId = read.id
  session.add(made)
  t.equal(await made.author.load(), await session.get(Author, read.id))
  await session.close()
  await t.rejects(read.portrait.load(), { code: 'ROME_ENTITY_STATE' })
  await t.rejects(create(Book, { title: 'x', authorId: read.id }).author.load(), {
    code: 'ROME_ENTITY_STATE',
    context: { state: 'transient' },
  })
})

t.test('include reads each relation once, whatever the number of results', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 40, 3)
  const plansFor = async (limit: number) => {
    const session = rome.session()
    const query = session.query(Author).include('books.tags', 'portrait').orderBy(author.name).limit(limit)
    const { found, queries } = await countQueries(t, () => query.all())
    t.equal(found.length, limit)
    const tags = () => Promise.resolve(found.flatMap((each) => each.books.toArray().flatMap((b) => b.tags.toArray())))
    t.equal(await readsOf(rome, tags), 0)
    return queries
  }
  t.equal(await plansFor(2), 5, 'authors, books, rows between books and tags, tags, portraits')
  t.equal(await plansFor(40), 5)
})

/** How many queries are answered meanwhile. */
async function countQueries<T>(
  test: { teardown(work: () => void): void },
  work: () => Promise<T>,
): Promise<{ found: T; queries: number }> {
  const { plan } = QueryRun.prototype
  let queries = 0
  test.teardown(() => {
    QueryRun.prototype.plan = plan
  })
  QueryRun.prototype.plan = function (this: QueryRun, ...given) {
    queries++
    return plan.apply(this, given)
  }
  const found = await work()
  QueryRun.prototype.plan = plan
  return { found, queries }
}

t.test('include goes on from relation to relation, both ways', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 3, 2)
  const [read] = await rome.session().query(Author).include('books.tags', 'portrait').orderBy(author.name).all()
  t.same(titles(read.books), ['a0-0', 'a0-1'])
  for (const book of read.books)
    t.same(
      Array.from(book.tags, ({ text }) => text),
      ['x', 'y'],
    )
  t.ok(read.portrait.get())
  const books = await rome.session().query(Book).include('author.notes').orderBy(fields(Book).title).all()
  t.same(
    books.map((book) => Array.from(book.author.get()?.notes ?? [], ({ text }) => text)),
    [0, 0, 1, 1, 2, 2].map((a) => [`note of a${a}`]),
  )
  const portraits = await rome.session().query(Portrait).include('author.portrait').all()
  t.equal(portraits[0].author.get()?.portrait.get(), portraits[0])
})

t.test('limit, count, first and pages are about the root, whatever is included', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 5, 3)
  const query = rome.session().query(Author).include('books').orderBy(author.name)
  t.same(
    (await query.limit(2).all()).map(({ books }) => books.length),
    [3, 3],
  )
  t.equal(await query.count(), 5)
  t.same(titles((await query.first())?.books ?? []), ['a0-0', 'a0-1', 'a0-2'])
  const page = await query.page({ size: 2 })
  t.same(
    page.items.map(({ books }) => books.length),
    [3, 3],
  )
  const last = await query.page({ size: 3, after: page.next })
  t.same(
    last.items.map(({ name, books }) => [name, books.length]),
    [
      ['a2', 3],
      ['a3', 3],
      ['a4', 3],
    ],
  )
  let streamed = 0
  for await (const { books } of query) streamed += books.length
  t.equal(streamed, 15)
  const paginated = await rome
    .session()
    .query(Author)
    .include('books')
    .paginate({ limit: 2, sortKeys: ['name'] })
  t.same(
    paginated.map(({ books }) => books.length),
    [3, 3],
  )
})

t.test('a relation is included with a filter, an order and a limit of its own', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 2, 4)
  const session = rome.session()
  const query = session.query(Author).orderBy(author.name)
  const [filtered] = await query
    .include({ books: { filter: (book) => book.pages.gt(0), orderBy: (book) => book.pages.desc(), limit: 2 } })
    .all()
  t.same(titles(filtered.books), ['a0-3', 'a0-2'])
  t.equal(filtered.books.isPartial, true)
  const [ordered] = await query
    .include({ books: { orderBy: (book) => [book.pages.desc()], include: { tags: true } } })
    .all()
  t.same(titles(ordered.books), ['a0-3', 'a0-2', 'a0-1', 'a0-0'])
  t.equal(ordered.books.isPartial, false)
  t.equal(ordered.books.toArray()[0].tags.length, 2)
  const [all] = await query.include('books').all()
  t.equal(all.books.length, 4)
  const [books] = await session
    .query(Book)
    .filterBy({ title: 'a0-0' })
    .include({ tags: { filter: (tag) => tag.text.eq('y') }, author: { include: { portrait: true } } })
    .all()
  t.same(
    Array.from(books.tags, ({ text }) => text),
    ['y'],
  )
  t.ok(books.author.get()?.portrait.get())
})

t.test('what is missing in a partial collection was not removed', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 1, 3)
  const session = rome.session()
  const read = await session
    .query(Author)
    .include({ books: { limit: 1 } })
    .one()
  const [first] = read.books
  read.books.add(create(Book, { title: 'new' }))
  read.books.remove(first)
  await session.commit()
  t.same(titles(members(read.books)), ['new'])
  t.equal(await session.query(Book).filterBy({ authorId: read.id }).count(), 3)
  t.same(titles(await read.books.load()), ['a0-1', 'a0-2', 'new'])
})

t.test('soft-deleted entities are hidden from relations unless one asks for them', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 1, 2)
  await rome.transact((session) => session.query(Book).filterBy({ title: 'a0-0' }).softDelete())
  const read = await rome.session().query(Author).include('books').one()
  t.same(titles(read.books), ['a0-1'])
  t.same(titles(await read.books.load({ withDeleted: true })), ['a0-0', 'a0-1'])
  const all = await rome.session().query(Author).withDeleted().include('books').one()
  t.same(titles(all.books), ['a0-0', 'a0-1'])
  const tag = await rome.session().query(Tag).filterBy({ text: 'x' }).include('books').one()
  t.same(titles(tag.books), ['a0-1'])
})

t.test('a reference to a soft-deleted row gives none, or says so where there must be one', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await rome.transact((session) => {
    const book = create(Book, { title: 'gone' })
    session.add(create(Loan, { book, reader: create(Reader, { name: 'r' }) }))
  })
  await rome.transact((session) => session.query(Book).everything().softDelete())
  const session = rome.session()
  const loan = await session.query(Loan).include('book', 'reader').one()
  t.throws(() => loan.book.get(), { name: 'QueryError', code: 'ROME_NO_RESULT', context: { relation: 'book' } })
  t.equal(loan.reader.get().name, 'r')
  t.equal((await loan.book.load({ withDeleted: true })).title, 'gone')
})

t.test('a tree is included as deep as one says', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await rome.transact((session) => {
    const root = create(Place, { name: 'root' })
    for (const name of ['b', 'a']) create(Place, { name, parent: root, parts: [create(Place, { name: `${name}1` })] })
    session.add(root)
  })
  const root = await rome.session().query(Place).filterBy({ name: 'root' }).include('parts.parts').one()
  t.same(
    Array.from(root.parts, (part) => [part.name, Array.from(part.parts, ({ name }) => name)]),
    [
      ['a', ['a1']],
      ['b', ['b1']],
    ],
  )
  t.equal(root.parts.toArray()[0].parts.toArray()[0].parts.isLoaded(), false)
})

t.test('include refuses what is no relation, and results without the root', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  t.throws(() => session.query(Author).include('boks' as never), {
    name: 'QueryError',
    code: 'ROME_QUERY_INVALID',
    context: { relations: ['books', 'portrait', 'notes'] },
  })
  t.throws(() => session.query(Author).include('books.nothing' as never), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => session.query(author.name).include('books'), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => (session.query(Author) as unknown as { include(): unknown }).include(), { code: 'ROME_ARGUMENT' })
  t.throws(() => session.query(Author).include({ books: { limit: -1 } }), { code: 'ROME_ARGUMENT' })
  t.throws(() => session.query(Author).include({ books: { max: 1 } } as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => session.query(Author).include({ portrait: { limit: 1 } } as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => session.query(Author).include({ books: undefined }), { code: 'ROME_UNDEFINED' })
  t.throws(() => session.query(Author).include({ books: { filter: true } } as never), { code: 'ROME_ARGUMENT' })
})

t.test('entities beside columns and other models get their relations', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 2, 1)
  const rows = await rome.session().query(Author, Book).join(author.books).include('notes').orderBy(author.name).all()
  t.same(
    rows.map(([each, book]) => [each.notes.length, book.title]),
    [
      [1, 'a0-0'],
      [1, 'a1-0'],
    ],
  )
})

t.test('refresh forgets what is loaded', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  await fill(rome, 1, 1)
  const session = rome.session()
  const read = await session.query(Author).include('books', 'portrait').one()
  await session.refresh(read)
  t.equal(read.books.isLoaded(), false)
  t.equal(read.portrait.isLoaded(), false)
  const made = session.add(create(Author, { name: 'made' }))
  await session.flush()
  await session.refresh(made)
  t.equal(made.books.isLoaded(), false)
})

t.test('loading one by one is told once, with the line that does it', async (t) => {
  const warnings: { message: string; context: Readonly<Record<string, unknown>> }[] = []
  const rome = await openRome(t, { logger: { warn: (message, context) => warnings.push({ message, context }) } })
  await fill(rome, 30, 1)
  const session = rome.session()
  const authors = await session.query(Author).all()
  for (const each of authors.slice(0, 10)) await each.books.load()
  t.same(warnings, [])
  for (const each of authors) await each.books.load()
  t.match(warnings, [
    {
      message: /row by row/,
      context: {
        model: 'authors',
        relation: 'books',
        include: ".include('books')",
        caller: /relations-loading\.test\.[jt]s:\d+/,
      },
    },
  ])
  const notes = await session.query(Note).all()
  t.equal(await readsOf(rome, async () => void (await notes[0].author.load())), 0)
  for (const each of notes) await each.author.load()
  t.equal(warnings.length, 1, 'what the session knows is not read')
})

for (const [name, engine] of [
  ['memory', () => memory({ partitions: 4 })],
  ['level', (directory: string) => level(directory, { partitions: 4 })],
] as const) {
  t.test(`relations are written and included over four partitions of ${name}`, async (t) => {
    const rome = await openRome(t, { engine: engine(t.testdir()), fullScans: 'allow' })
    await fill(rome, 12, 3)
    const session = rome.session()
    const authors = await session.query(Author).include('books.tags', 'portrait', 'notes').orderBy(author.name).all()
    t.equal(authors.length, 12)
    for (const each of authors) {
      t.same(
        titles(each.books),
        [0, 1, 2].map((b) => `${each.name}-${b}`),
      )
      t.same(
        Array.from(each.books, (book) => book.tags.length),
        [2, 2, 2],
      )
      t.equal(each.notes.length, 1)
    }
    const [first, second] = authors
    second.books.add(...first.books)
    await session.commit()
    t.equal((await rome.session().query(Author).filterBy({ name: second.name }).include('books').one()).books.length, 6)
    await rome.close()
  })
}

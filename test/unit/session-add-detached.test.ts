import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import type { Collection, LoadedCollection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import type { LoadedRef, Ref } from '../../lib/schema/ref.js'
import type { Rome } from '../../lib/session/rome.js'
import { onBothEngines } from '../support/both-engines.js'
import { Author, Book, Note, openRome, Portrait, Tag } from '../support/relations-fixture.js'

type Test = Parameters<typeof openRome>[0]

const members = <T extends object>(of: Collection<T>) => [...(of as LoadedCollection<T>)]
const target = <T extends object | null>(of: Ref<T>) => (of as LoadedRef<T>).get()

/** Two authors, the first with two books of one tag, two notes and a portrait. */
async function openAuthors(t: Test, engine?: Engine): Promise<Rome> {
  const rome = await openRome(t, { ...(engine && { engine }), fullScans: 'allow' })
  await rome.transact((session) => {
    const tags = [create(Tag, { text: 'novel' })]
    const books = ['a', 'b'].map((title) => create(Book, { title, tags }))
    const notes = ['m', 'n'].map((text) => create(Note, { text }))
    session.add(create(Author, { name: 'Anne', books, notes, portrait: create(Portrait, {}) }))
    session.add(create(Author, { name: 'Emily' }))
  })
  return rome
}

/** What one session loads, and lets go. */
async function detached<T extends object>(rome: Rome, model: new () => T, name: string, include: string): Promise<T> {
  await using session = rome.session()
  const all = await session
    .query(model)
    .include(include as never)
    .all()
  return all.find((one) => Object.values(one).includes(name)) as T
}

async function storedGraph(rome: Rome) {
  await using session = rome.session()
  const author = await session.query(Author).filterBy({ name: 'Anne' }).include('books', 'notes', 'portrait').one()
  const tag = await session.query(Tag).include('books').one()
  return {
    books: members(author.books).map(({ title }) => title),
    notes: members(author.notes).map(({ text }) => text),
    hasPortrait: target(author.portrait) !== null,
    tagged: members(tag.books).map(({ title }) => title),
    rows: [await session.query(Book).count(), await session.query(Note).count(), await session.query(Portrait).count()],
  }
}

const whole = { books: ['a', 'b'], notes: ['m', 'n'], hasPortrait: true, tagged: ['a', 'b'], rows: [2, 2, 1] }

/** What is taken out of which detached entity, and what is stored when that was added. */
const removals: Record<string, [take: (rome: Rome) => Promise<object>, expected: Partial<typeof whole>]> = {
  'a many-to-many collection that stores nothing': [
    async (rome) => {
      const tag = await detached(rome, Tag, 'novel', 'books')
      tag.books.remove(members(tag.books)[0])
      return tag
    },
    { tagged: ['b'] },
  ],
  'a many-to-many collection that stores': [
    async (rome) => {
      const book = await detached(rome, Book, 'a', 'tags')
      book.tags.remove(members(book.tags)[0])
      return book
    },
    { tagged: ['b'] },
  ],
  'a one-to-many collection': [
    async (rome) => {
      const author = await detached(rome, Author, 'Anne', 'books')
      author.books.remove(members(author.books)[0])
      return author
    },
    { books: ['b'] },
  ],
  'a collection that keeps no orphans': [
    async (rome) => {
      const author = await detached(rome, Author, 'Anne', 'notes')
      author.notes.remove(...members(author.notes).filter(({ text }) => text === 'm'))
      return author
    },
    { notes: ['n'], rows: [2, 1, 1] },
  ],
  'a reference that stores nothing': [
    async (rome) => {
      const author = await detached(rome, Author, 'Anne', 'portrait')
      author.portrait.set(null)
      return author
    },
    { hasPortrait: false },
  ],
}

for (const [from, [take, expected]] of Object.entries(removals)) {
  onBothEngines(`adding a detached entity stores what was taken out of ${from}`, async (t, engine) => {
    const rome = await openAuthors(t, engine)
    t.same(await storedGraph(rome), whole)
    const entity = await take(rome)
    await using session = rome.session()
    session.add(entity)
    await session.commit()
    t.same(await storedGraph(rome), { ...whole, ...expected })
    t.same([session.modified, session.pending, session.deleted], [[], [], []])
    t.equal((await rome.verify()).problemCount, 0)
  })
}

t.test('what was put elsewhere after it was taken out is there', async (t) => {
  const rome = await openAuthors(t)
  await using reader = rome.session()
  const authors = await reader.query(Author).include('notes').all()
  const [anne, emily] = ['Anne', 'Emily'].map((name) => authors.find((author) => author.name === name) as Author)
  await reader.close()
  const [note] = members(anne.notes)
  anne.notes.remove(note)
  emily.notes.add(note)
  await rome.transact((session) => session.addAll([anne, emily]))
  await using session = rome.session()
  t.equal((await session.getOrThrow(Note, note.id)).authorId, emily.id)
  t.equal(await session.query(Note).count(), 2)
})

t.test('what was never stored, and was taken out again, is not added', async (t) => {
  const rome = await openAuthors(t)
  const [book] = await rome.transact((session) => session.query(Book).all())
  const tag = create(Tag, { text: 'new' })
  book.tags.remove(tag)
  await using session = rome.session()
  session.add(book)
  t.same(session.pending, [])
  await session.commit()
  t.equal(await session.query(Tag).count(), 1)
})

t.test('a refused add forgets nothing of what was taken out', async (t) => {
  const rome = await openAuthors(t)
  const author = await detached(rome, Author, 'Anne', 'books')
  const [book] = members(author.books)
  author.books.remove(book)
  await using other = rome.session()
  other.add(book)
  await using session = rome.session()
  t.throws(() => session.add(author), { code: 'ROME_ENTITY_STATE' })
  t.equal(session.stateOf(author), 'detached')
  await session.merge(author)
  await session.commit()
  t.same((await storedGraph(rome)).books, ['b'])
})

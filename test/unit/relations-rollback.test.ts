import t from 'tap'
import { create } from '../../lib/schema/create.js'
import { Author, Book, members, Note, openRome, Portrait, Tag, target } from '../support/relations-fixture.js'

t.test('rollback brings back what entities were related to, on both sides', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const [x, y] = ['x', 'y'].map((text) => create(Tag, { text }))
  const book = create(Book, { title: 'Emma', tags: [x] })
  const portrait = create(Portrait, {})
  const austen = session.add(create(Author, { name: 'Austen', books: [book], portrait }))
  const bronte = session.add(create(Author, { name: 'Brontë' }))
  session.add(y)
  await session.commit()
  const picture = () => [
    [austen, bronte].map((author) => [members(author.books), target(author.portrait)]),
    [target(book.author), book.authorId, target(portrait.author), portrait.authorId],
    [members(book.tags), members(x.books), members(y.books)],
    session.modified,
    session.pending,
    session.deleted,
  ]
  const before = picture()
  const change = () => {
    bronte.books.add(book, create(Book, { title: 'new' }))
    portrait.author.set(bronte)
    book.tags.remove(x)
    y.books.add(book)
  }
  change()
  await session.rollback()
  t.same(picture(), before, 'without a flush')
  change()
  await session.flush()
  book.author.set(null)
  book.tags.add(x)
  await session.rollback()
  t.same(picture(), before, 'after a flush')
  const commits = rome.stats().commits
  await session.commit()
  t.equal(rome.stats().commits, commits, 'nothing of it is written later')

  await session.begin(async () => {
    change()
    await session.flush()
    const middle = picture()
    const savepoint = await session.savepoint()
    book.author.set(austen)
    book.tags.remove(y)
    await session.flush()
    await savepoint.rollback()
    t.same(picture(), middle, 'to a savepoint')
  })
  t.equal(book.authorId, bronte.id)
  const tagged = await rome.session().query(Tag).include('books').filterBy({ text: 'y' }).one()
  t.equal(tagged.books.length, 1)
})

t.test('rollback makes loaded what was loaded, and the rest not', async (t) => {
  const rome = await openRome(t)
  const id = await rome.transact(async (s) => {
    const author = s.add(create(Author, { name: 'Austen', books: [create(Book, { title: 'Emma' })] }))
    await s.flush()
    return author.id
  })
  const session = rome.session()
  const author = await session.getOrThrow(Author, id)
  await session.commit()
  await t.rejects(
    session.begin(async () => {
      t.equal((await author.books.load()).length, 1)
      await author.portrait.load()
      throw new Error('undo')
    }),
    /undo/,
  )
  t.equal(author.books.isLoaded(), false)
  t.equal(author.portrait.isLoaded(), false)
  await author.books.load()
  await session.commit()
  t.equal(author.books.isLoaded(), true, 'after a commit it stays')
})

t.test('what leaves by a rollback keeps what the user did, and can be added again', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const stored = session.add(create(Author, { name: 'Austen' }))
  const tag = session.add(create(Tag, { text: 'stored' }))
  await session.commit()
  const book = create(Book, { title: 'Emma', tags: [tag, create(Tag, { text: 'new' })] })
  stored.books.add(book)
  const author = session.add(create(Author, { name: 'Brontë', notes: [create(Note, { text: 'x' })] }))
  await session.flush()
  const [note] = members(author.notes)
  t.equal(note.authorId, author.id)
  await session.rollback()
  t.same(members(stored.books), [])
  t.same(members(tag.books), [])
  t.equal(session.stateOf(book), 'transient')
  t.equal(session.stateOf(note), 'transient')
  t.equal(author.id, undefined)
  t.equal(note.authorId, undefined, 'a key that Rome gave is taken back')
  t.same(members(author.notes), [note])
  session.addAll([author, book])
  t.same(members(stored.books), [book], 'both sides know again')
  t.same(members(tag.books), [book])
  await session.commit()
  t.equal(note.authorId, author.id)
  const read = await rome.session().getOrThrow(Book, book.id)
  t.same(
    Array.from(await read.tags.load(), ({ text }) => text),
    ['new', 'stored'],
  )
})

t.test('a link to a new entity that was there at the savepoint is written after it', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const book = session.add(create(Book, { title: 'Emma' }))
  await session.commit()
  const author = create(Author, { name: 'Austen' })
  book.author.set(author)
  const savepoint = await session.savepoint()
  await session.flush()
  t.equal(book.authorId, author.id)
  await savepoint.rollback()
  t.equal(session.stateOf(author), 'transient')
  t.equal(target(book.author), author)
  await session.commit()
  t.ok(author.id)
  t.equal((await rome.session().getOrThrow(Book, book.id)).authorId, author.id)
})

t.test('an orphan comes back by a rollback', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = create(Note, { text: 'x' })
  const author = session.add(create(Author, { name: 'Austen', notes: [note] }))
  await session.commit()
  author.notes.remove(note)
  await session.flush()
  await session.rollback()
  t.same(members(author.notes), [note])
  t.equal(session.stateOf(note), 'persistent')
  t.equal(target(note.author), author)
})

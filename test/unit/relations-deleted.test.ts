import t, { type Test } from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  type Collection,
  column,
  create,
  deletedAt,
  entity,
  manyToOne,
  oneToMany,
  primaryKey,
  type Ref,
  Rome,
  type RomeSession,
  t as types,
} from '../../lib/index.js'
import { Author, Book, members, openRome as openLibrary, Tag } from '../support/relations-fixture.js'

@entity('folders')
class Folder {
  @primaryKey(types.integer()) id!: number
  @oneToMany(
    () => Note,
    (note) => note.folder,
  )
  notes!: Collection<Note>
}

@entity('notes')
class Note {
  @primaryKey(types.integer()) id!: number
  @column(types.integer().nullable()) folderId!: number | null
  @deletedAt() deletedAt!: Date | null
  @manyToOne(
    () => Folder,
    (folder) => folder.notes,
    { column: 'folderId' },
  )
  folder!: Ref<Folder | null>
}

@entity('topics')
class Topic {
  @primaryKey(types.integer()) id!: number
  @deletedAt() deletedAt!: Date | null
}

@entity('posts')
class Post {
  @primaryKey(types.integer()) id!: number
  @column(types.integer().nullable()) topicId!: number | null
  @manyToOne(() => Topic, { column: 'topicId' }) topic!: Ref<Topic | null>
}

/** A session in which a folder has one deleted note, and another one is in none. */
async function sessionIn(t: Test): Promise<RomeSession> {
  const rome = await Rome.open({ engine: memory(), models: [Folder, Note] })
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    session.add(create(Folder, { id: 1 }))
    session.add(create(Note, { id: 1, folderId: 1, deletedAt: new Date(0) }))
    session.add(create(Note, { id: 2, folderId: null, deletedAt: new Date(0) }))
  })
  return rome.session()
}

async function notesIn(session: RomeSession): Promise<number[]> {
  const folder = await session.query(Folder).include('notes').one()
  return folder.notes.toArray().map(({ id }) => id)
}

t.test('what was included with deleted rows was taken for what an ordinary include gives', async (t) => {
  const session = await sessionIn(t)
  const folder = await session.query(Folder).withDeleted().include('notes').one()
  t.equal(folder.notes.length, 1)
  t.same(await notesIn(session), [])
})

t.test('a deleted entity came into a loaded collection when its foreign key was set', async (t) => {
  const session = await sessionIn(t)
  t.same(await notesIn(session), [])
  const note = await session.getOrThrow(Note, 2, { withDeleted: true })
  note.folderId = 1
  await session.flush()
  t.same(await notesIn(session), [])
})

t.test('a reference that was included went on to give an entity that was deleted by a query since', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Topic, Post], fullScans: 'allow' })
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    session.add(create(Topic, { id: 1 }))
    session.add(create(Post, { id: 1, topicId: 1 }))
  })
  await using session = rome.session()
  const post = await session.query(Post).include('topic').one()
  t.equal(post.topic.get()?.id, 1)
  await session.query(Topic).everything().softDelete()
  t.equal((await session.query(Post).include('topic').one()).topic.get(), null)
  await session.commit()
  t.equal(post.topicId, 1, 'the foreign key stays')
})

/** A session with an author who has a book with a tag, all of which know each other. */
async function relatedIn(t: Test) {
  const rome = await openLibrary(t)
  const session = rome.session()
  const tag = session.add(create(Tag, { text: 'novel' }))
  const book = session.add(create(Book, { title: 'Emma', tags: [tag] }))
  const author = session.add(create(Author, { name: 'Austen', books: [book] }))
  await session.commit()
  const known = () => [...members(author.books), ...members(tag.books)]
  return { session, tag, book, author, known }
}

for (const [when, end] of [
  ['in the same transaction', () => undefined],
  ['after a commit', (session: RomeSession) => session.commit()],
] as const) {
  t.test(`an entity whose deletion was taken back ${when} was missing in loaded collections`, async (t) => {
    const { session, book, known } = await relatedIn(t)
    session.delete(book)
    await session.flush()
    t.same(known(), [])
    await end(session)
    session.add(book)
    book.deletedAt = null
    await session.commit()
    t.same(known(), [book, book])
    t.same([session.modified, session.pending, session.deleted], [[], [], []])
    await session.query(Book).filterBy({ title: 'Emma' }).delete()
    t.same(known(), [])
    await session.query(Book).withDeleted().filterBy({ title: 'Emma' }).update({ deletedAt: null })
    t.same(known(), [book])
    await session.query(Tag).include('books').one()
    t.same(known(), [book, book], 'what was revived by a query is there once it is read')
  })
}

t.test('what was related to an entity that was soft-deleted in the same flush was lost', async (t) => {
  const { session, book, known } = await relatedIn(t)
  const other = session.add(create(Tag, { text: 'classic' }))
  book.tags.add(other)
  book.tags.remove(...members(book.tags).filter((tag) => tag !== other))
  session.delete(book)
  await session.flush()
  session.add(book)
  await session.commit()
  const texts = () => members(book.tags).map(({ text }) => text)
  t.same(texts(), ['classic'])
  await book.tags.load({ refresh: true })
  t.same(texts(), ['classic'])
  t.same(known(), [book])
})

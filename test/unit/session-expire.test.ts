import t from 'tap'
import { create } from '../../lib/schema/create.js'
import { onBothEngines } from '../support/both-engines.js'
import { Author, Book, members, openRome as openLibrary, Tag } from '../support/relations-fixture.js'
import { Note, openRome, stored } from '../support/session-fixture.js'

onBothEngines('an expired entity loses its unwritten changes and is read by the next read', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await using session = rome.session()
  const note = session.add(create(Note, { title: 'a', body: 'one' }))
  await session.commit()
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Note, 'a')).body = 'two'
  })
  note.body = 'mine'
  session.expire(note)
  t.equal(note.body, 'one', 'nothing is read behind a property access')
  t.same(session.modified, [])
  t.equal(await session.get(Note, 'a'), note)
  t.equal(note.body, 'two')
})

t.test('an expired entity is read again within the transaction that met it', async (t) => {
  const rome = await openRome(t, { cache: { bytes: 0 } })
  await rome.transact((other) => other.add(create(Note, { title: 'a' })))
  await using session = rome.session()
  const note = await session.getOrThrow(Note, 'a')
  const gets = () => (rome.store.engine as unknown as { stats(): { gets: number } }).stats().gets
  const before = gets()
  await session.get(Note, 'a')
  t.equal(gets(), before)
  session.expire(note)
  await session.get(Note, 'a')
  t.equal(gets(), before + 1)
})

t.test('what is changed after expire is written, onto the row as it is now', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const note = session.add(create(Note, { title: 'a', body: 'one' }))
  await session.commit()
  session.expire(note)
  note.count = 5
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'one', count: 5 })
})

t.test('only a persistent entity can be expired, and expireAll leaves the others alone', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const [kept, removed] = ['kept', 'removed'].map((title) => session.add(create(Note, { title })))
  await session.commit()
  const added = session.add(create(Note, { title: 'added' }))
  session.delete(removed)
  for (const entity of [added, removed, create(Note, { title: 'x' })]) {
    t.throws(() => session.expire(entity), { code: 'ROME_ENTITY_STATE' })
  }
  kept.body = 'changed'
  session.expireAll()
  t.equal(kept.body, '')
  t.same(
    [kept, added, removed].map((each) => session.stateOf(each)),
    ['persistent', 'pending', 'deleted'],
  )
  await session.commit()
  t.ok(await stored(rome, Note, 'added'))
  t.equal(await stored(rome, Note, 'removed'), undefined)
  await session.close()
  t.throws(() => session.expire(kept), { code: 'ROME_CLOSED' })
  t.throws(() => session.expireAll(), { code: 'ROME_CLOSED' })
})

t.test('an expired entity forgets what it is related to, and what was changed in that', async (t) => {
  const rome = await openLibrary(t)
  await using session = rome.session()
  const [old, extra] = ['old', 'extra'].map((text) => create(Tag, { text }))
  const book = session.add(create(Book, { title: 'a', tags: [old] }))
  session.add(extra)
  await session.commit()
  await book.tags.load()
  book.tags.add(extra)
  book.tags.remove(old)
  session.expire(book)
  t.equal(book.tags.isLoaded(), false)
  await session.commit()
  await book.tags.load()
  t.same(members(book.tags), [old])
})

t.test('a rollback brings back what expire dropped', async (t) => {
  const rome = await openLibrary(t)
  await using session = rome.session()
  const author = session.add(create(Author, { name: 'a', books: [create(Book, { title: 'b' })] }))
  await session.commit()
  author.name = 'unwritten'
  const transaction = await session.begin()
  session.expireAll()
  t.equal(author.name, 'a')
  t.equal(author.books.isLoaded(), false)
  await transaction.rollback()
  t.equal(author.name, 'unwritten')
  t.equal(members(author.books).length, 1)
  await session.commit()
  t.equal((await stored(rome, Author, author.id))?.name, 'unwritten')
})

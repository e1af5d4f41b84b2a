import t from 'tap'
import { UnkeptReads } from '../../lib/records/read-set.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import { onBothEngines } from '../support/both-engines.js'
import { Author, Book, members, openRome as openLibrary } from '../support/relations-fixture.js'
import { Image, Note, openRome, stored } from '../support/session-fixture.js'

onBothEngines('a read-only session reads as any other, and follows commits', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await rome.transact((other) => other.addAll([create(Note, { title: 'a' }), create(Note, { title: 'b' })]))
  await using session = rome.session({ readOnly: true })
  const note = await session.getOrThrow(Note, 'a')
  t.equal(session.stateOf(note), 'persistent')
  t.equal((await session.query(Note).orderBy(fields(Note).title).all())[0], note)
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Note, 'a')).body = 'new'
  })
  t.equal((await session.query(Note).filterBy({ title: 'a' }).one()).body, '', 'one snapshot')
  await session.commit()
  t.equal((await session.query(Note).filterBy({ title: 'a' }).one()).body, 'new')
  t.equal(note.body, 'new')
  t.equal(await rome.transact((other) => other.query(Note).count(), { readOnly: true }), 2)
})

t.test('a read-only session refuses every write', async (t) => {
  const rome = await openLibrary(t)
  await rome.transact((other) => other.add(create(Author, { name: 'a', books: [create(Book, { title: 'b' })] })))
  await using session = rome.session({ readOnly: true })
  const author = await session.query(Author).include('books').one()
  const book = members(author.books)[0]
  const { id } = author
  const everything = session.query(Author).everything()
  const refusals: (() => unknown)[] = [
    () => session.add(create(Author, { name: 'c' })),
    () => session.addAll([create(Author, { name: 'c' })]),
    () => session.delete(author),
    () => session.hardDelete(author),
    () => session.bulkInsert(Author, [{ name: 'c' }]),
    () => session.bulkUpdate(Author, [{ id, name: 'c' }]),
    () => session.bulkDelete(Author, [id]),
    () => everything.update({ name: 'c' }),
    () => everything.delete(),
    () => session.query(Author).forUpdate().all(),
    () => session.get(Author, id, { forUpdate: true }),
    () => everything.hardDelete(),
    () => session.query(Book).everything().softDelete(),
    () => author.books.add(create(Book, { title: 'd' })),
    () => author.books.remove(book),
    () => book.author.set(null),
  ]
  for (const refused of refusals) await t.rejects(async () => refused(), { code: 'ROME_READ_ONLY' }, refused.toString())
  t.same(members(author.books), [book])
  t.equal(book.authorId, id)
  await rome.transact(
    async (other) => {
      t.throws(() => other.add(create(Author, { name: 'c' })), { code: 'ROME_READ_ONLY' })
    },
    { readOnly: true },
  )
})

t.test('what is assigned in a read-only session is never compared and never written', async (t) => {
  const rome = await openRome(t)
  const { id } = await rome.transact((other) => other.add(create(Image, { name: 'a' })))
  await using session = rome.session({ readOnly: true })
  const image = await session.getOrThrow(Image, id)
  let comparisons = 0
  const own = image.name
  Object.defineProperty(image, 'name', {
    configurable: true,
    enumerable: true,
    get: () => {
      comparisons++
      return own
    },
    set: () => {},
  })
  image.owner = 'me'
  await session.query(Image).all()
  await session.savepoint()
  await session.commit()
  t.equal(comparisons, 0)
  t.equal((await stored(rome, Image, id))?.owner, 'nobody')
  await session.query(Image).all()
  t.equal(image.owner, 'nobody', 'the next transaction that meets it brings it up to date')
})

t.test('a read-only session keeps nothing of what it read, and commits nothing', async (t) => {
  const rome = await openRome(t)
  await rome.transact((other) => other.addAll(Array.from({ length: 50 }, (_, at) => create(Note, { title: `${at}` }))))
  const { commits } = rome.stats()
  await using session = rome.session({ readOnly: true })
  await session.query(Note).all()
  await session.getMany(Note, ['1', 'missing'])
  await session.commit()
  t.equal(rome.stats().commits, commits)
  const reads = new UnkeptReads()
  reads.noteKey('key')
  reads.noteScan({ start: 'a', end: 'b' }, false).reachedEnd()
  t.same([reads.keys, reads.ranges], [[], []])
})

t.test('an option that is no boolean is refused, and begin has none', async (t) => {
  const rome = await openRome(t)
  t.throws(() => rome.session({ readOnly: 'yes' } as object), { code: 'ROME_ARGUMENT' })
  await using session = rome.session()
  await t.rejects(session.begin({ readOnly: true } as object), { code: 'ROME_ARGUMENT' })
})

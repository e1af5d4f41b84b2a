import t from 'tap'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import { onBothEngines } from '../support/both-engines.js'
import { Author, Book, members, openRome as openLibrary, readsOf, Tag, target } from '../support/relations-fixture.js'
import { Image, Note, openRome, stored } from '../support/session-fixture.js'

const author = fields(Author)
const book = fields(Book)
const note = fields(Note)

onBothEngines('every terminal of an unmanaged query gives detached entities of its own', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await rome.transact((other) => other.addAll(['a', 'b', 'c'].map((title) => create(Note, { title }))))
  await using session = rome.session()
  const query = session.query(Note).orderBy(note.title).unmanaged()
  const managed = await session.getOrThrow(Note, 'a')
  const results = [
    ...(await query.all()),
    await query.first(),
    await query.limit(1).one(),
    await query.limit(1).oneOrNone(),
    ...(await query.page({ size: 2 })).items,
    ...(await session.query(Note).unmanaged().paginate({ limit: 1 })),
  ]
  for await (const each of query) results.push(each)
  t.equal(new Set(results).size, results.length, 'each run makes its own')
  for (const each of results) {
    t.ok(each instanceof Note)
    t.equal(session.stateOf(each as Note), 'detached')
  }
  t.notOk(results.includes(managed))
  t.equal(await query.count(), 3)
  t.equal(await query.exists(), true)
})

t.test('what is done to an unmanaged entity is never written, what the session changed is seen', async (t) => {
  const rome = await openRome(t)
  await rome.transact((other) => other.add(create(Note, { title: 'a' })))
  await using session = rome.session()
  const managed = await session.getOrThrow(Note, 'a')
  managed.body = 'changed'
  const copy = await session.query(Note).unmanaged().one()
  t.equal(copy.body, 'changed', 'the query flushes as any other')
  copy.body = 'never written'
  t.same(session.modified, [])
  await session.commit()
  t.equal((await stored(rome, Note, 'a'))?.body, 'changed')
})

t.test('an unmanaged entity comes under care by add, and its row is looked at again', async (t) => {
  const rome = await openRome(t)
  const { id } = await rome.transact((other) => other.add(create(Image, { name: 'a' })))
  await using session = rome.session()
  const image = await session.query(Image).unmanaged().one()
  session.add(image)
  t.equal(session.stateOf(image), 'persistent')
  image.owner = 'me'
  await session.commit()
  t.match(await stored(rome, Image, id), { owner: 'me', version: 2 })

  const late = await session.query(Image).unmanaged().one()
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Image, id)).owner = 'somebody'
  })
  await using second = rome.session()
  second.add(late)
  late.owner = 'too late'
  await t.rejects(second.commit(), { code: 'ROME_STALE_VERSION' })
})

onBothEngines('included relations of unmanaged entities are unmanaged, in one query a level', async (t, engine) => {
  const rome = await openLibrary(t, { engine })
  await rome.transact((other) => {
    const tags = [create(Tag, { text: 'novel' })]
    const books = ['Emma', 'Persuasion'].map((title) => create(Book, { title, tags }))
    other.add(create(Author, { name: 'Austen', books }))
    other.add(create(Author, { name: 'Brontë' }))
  })
  await using session = rome.session()
  const managed = await session.query(Author).include('books').orderBy(author.name).all()
  const copies = await session.query(Author).include('books.tags').orderBy(author.name).unmanaged().all()
  t.same(
    copies.map((each) => Array.from(each.books, (one) => one.title)),
    [['Emma', 'Persuasion'], []],
  )
  const [emma, persuasion] = members(copies[0].books)
  t.equal(session.stateOf(emma), 'detached')
  t.notOk(members(managed[0].books).includes(emma))
  t.equal(target(emma.author), copies[0], 'what leads back leads to the same object')
  t.equal(members(emma.tags)[0], members(persuasion.tags)[0], 'a row is one entity within the result')
  t.equal(session.stateOf(members(emma.tags)[0]), 'detached')
  await t.rejects(copies[0].portrait.load(), { code: 'ROME_ENTITY_STATE' })
})

t.test('unmanaged includes cost as many reads as managed ones', async (t) => {
  const rome = await openLibrary(t, { cache: { bytes: 0 } })
  await rome.transact((other) => {
    for (let at = 0; at < 20; at++) {
      other.add(create(Author, { name: `${at}`, books: [create(Book, { title: 'a' }), create(Book, { title: 'b' })] }))
    }
  })
  const reads = async (isManaged: boolean): Promise<number> => {
    await using session = rome.session()
    const query = session.query(Author).include('books')
    return readsOf(rome, () => (isManaged ? query : query.unmanaged()).all())
  }
  t.equal(await reads(false), await reads(true))
})

t.test('tuples, set operations and partial includes may be unmanaged too', async (t) => {
  const rome = await openLibrary(t)
  await rome.transact((other) =>
    other.add(create(Author, { name: 'Austen', books: ['a', 'b'].map((title) => create(Book, { title })) })),
  )
  await using session = rome.session()
  for (const [one, other] of await session.query(Author, Book).join(Book).unmanaged().all()) {
    t.equal(session.stateOf(one), 'detached')
    t.equal(session.stateOf(other), 'detached')
  }
  const [left, right] = ['a', 'b'].map((title) => session.query(Book).filter(book.title.eq(title)))
  const union = await left.unmanaged().union(right).all()
  t.same(
    union.map((each) => session.stateOf(each)),
    ['detached', 'detached'],
  )
  const [partial] = await session
    .query(Author)
    .include({ books: { limit: 1 } })
    .unmanaged()
    .all()
  t.equal(partial.books.length, 1)
  t.equal(partial.books.isPartial, true)
})

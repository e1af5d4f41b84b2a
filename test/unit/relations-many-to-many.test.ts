import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  type Collection,
  column,
  create,
  entity,
  manyToMany,
  manyToOne,
  primaryKey,
  type Ref,
  Rome,
  t as types,
} from '../../lib/index.js'
import { Author, Book, Loan, members, openRome, Reader, Tag } from '../support/relations-fixture.js'

const texts = (tags: Iterable<Tag>) => Array.from(tags, ({ text }) => text)

/** The tags of a book as another session reads them. */
async function storedTags(rome: Rome, book: Book): Promise<string[]> {
  const read = await rome.session().getOrThrow(Book, book.id)
  return texts(await read.tags.load())
}

t.test('adding and removing inserts and erases the rows between, from either side', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const [x, y, z] = ['x', 'y', 'z'].map((text) => create(Tag, { text }))
  const book = session.add(create(Book, { title: 'Emma', tags: [y, x] }))
  t.equal(session.stateOf(x), 'pending')
  await session.commit()
  t.same(await storedTags(rome, book), ['x', 'y'])
  book.tags.remove(y)
  z.books.add(book)
  t.same(texts(members(book.tags)), ['x', 'z'])
  t.same(members(y.books), [])
  t.equal(session.stateOf(z), 'transient', 'it is added by the flush')
  await session.commit()
  t.equal(session.stateOf(z), 'persistent')
  t.same(await storedTags(rome, book), ['x', 'z'])
  x.books.remove(book)
  await session.commit()
  t.same(await storedTags(rome, book), ['z'])
})

t.test('a collection that is not loaded takes and gives up entities as well', async (t) => {
  const rome = await openRome(t)
  const [book, x, y] = await rome.transact(async (session) => {
    const [x, y] = ['x', 'y'].map((text) => session.add(create(Tag, { text })))
    const book = session.add(create(Book, { title: 'Emma', tags: [x] }))
    await session.flush()
    return [book, x, y] as const
  })
  const session = rome.session()
  const read = await session.getOrThrow(Book, book.id)
  const tags = [await session.getOrThrow(Tag, x.id), await session.getOrThrow(Tag, y.id)] as const
  read.tags.add(...tags)
  await session.commit()
  t.same(await storedTags(rome, book), ['x', 'y'], 'what was related already stays as it is')
  read.tags.remove(...tags)
  read.tags.remove(...tags)
  await session.commit()
  t.same(await storedTags(rome, book), [])
  read.tags.remove(tags[0])
  await session.commit()
})

t.test('adding and removing without a flush between leaves nothing to write', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const [x, y] = ['x', 'y'].map((text) => session.add(create(Tag, { text })))
  const book = session.add(create(Book, { title: 'Emma', tags: [x] }))
  await session.commit()
  const commits = rome.stats().commits
  book.tags.add(y)
  y.books.remove(book)
  book.tags.remove(x)
  x.books.add(book)
  await session.commit()
  t.equal(rome.stats().commits, commits)
  t.same(await storedTags(rome, book), ['x'])
})

t.test(
  'a model between with columns of its own gets their defaults, and its rows are found by their keys',
  async (t) => {
    const rome = await openRome(t)
    const session = rome.session()
    const [ann, bob] = ['Ann', 'Bob'].map((name) => create(Reader, { name }))
    const book = session.add(create(Book, { title: 'Emma', readers: [ann, bob] }))
    await session.commit()
    const loans = await session.query(Loan).include('reader').all()
    t.same(loans.map((loan) => [loan.reader.get().name, loan.copies]).sort(), [
      ['Ann', 1],
      ['Bob', 1],
    ])
    book.readers.remove(bob)
    book.readers.add(ann)
    await session.flush()
    t.equal(loans.filter((loan) => session.stateOf(loan) === 'deleted').length, 1, 'the entity of the row follows')
    await session.commit()
    t.equal(await session.query(Loan).count(), 1)
    const read = await rome.session().query(Book).include('readers').one()
    t.same(
      Array.from(read.readers, ({ name }) => name),
      ['Ann'],
    )
  },
)

t.test('a related entity that is not added is named when the relation does not cascade', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const book = session.add(create(Book, { title: 'Emma' }))
  await session.commit()
  const other = rome.session()
  const tag = other.add(create(Tag, { text: 'theirs' }))
  book.tags.add(tag)
  await t.rejects(session.flush(), { code: 'ROME_ENTITY_STATE' })
  book.tags.remove(tag)
  await session.flush()
})

t.test('a flush that fails leaves what it would have added outside', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const author = session.add(create(Author, { name: 'Austen' }))
  await session.commit()
  const book = create(Book, { title: 'Emma' })
  author.books.add(book)
  const bad = new Tag()
  session.add(bad)
  await t.rejects(session.flush(), { code: 'ROME_VALUE_MISSING' })
  t.equal(session.stateOf(book), 'transient')
  t.same(members(author.books), [book])
  bad.text = 'good'
  await session.commit()
  t.equal(session.stateOf(book), 'persistent')
  t.equal(book.authorId, author.id)
})

@entity('people')
class Person {
  @primaryKey(types.integer()) id!: number
  @manyToMany(() => Person, { through: () => Letter, from: (letter) => letter.sender, to: (letter) => letter.receiver })
  wroteTo!: Collection<Person>
}

@entity('letters')
class Letter {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) senderId!: number
  @column(types.integer().nullable()) receiverId!: number | null
  @manyToOne(() => Person, { column: 'senderId' }) sender!: Ref<Person>
  @manyToOne(() => Person, { column: 'receiverId' }) receiver!: Ref<Person | null>
}

t.test('a row between that leads nowhere by a null made loading fail', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Person, Letter] })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (const id of [1, 2]) session.add(create(Person, { id }))
  session.add(create(Letter, { id: 1, senderId: 1, receiverId: null }))
  session.add(create(Letter, { id: 2, senderId: 1, receiverId: 2 }))
  await session.commit()
  const people = await rome.session().query(Person).include('wroteTo').all()
  t.same(
    people.map((person) => person.wroteTo.toArray().map(({ id }) => id)),
    [[2], []],
  )
})

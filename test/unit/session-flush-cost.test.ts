import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { and_, exists } from '../../lib/expressions/predicate.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { Ref } from '../../lib/schema/ref.js'
import { t as types } from '../../lib/values/t.js'
import { Author, Book, openRome as openLibrary, Portrait, Tag } from '../support/relations-fixture.js'
import { Image, Member, Note, openRome, stored } from '../support/session-fixture.js'

/** Counts how often a property of an entity is looked at. */
function watch(entity: object, property: string): { count: number } {
  const looks = { count: 0 }
  let value: unknown = Reflect.get(entity, property)
  Object.defineProperty(entity, property, {
    configurable: true,
    enumerable: true,
    get: () => {
      looks.count++
      return value
    },
    set: (next: unknown) => {
      value = next
    },
  })
  return looks
}

t.test('a query compares the entities of the models that it reads, and no others', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  const member = session.add(create(Member, { image: 'i', number: 1 }))
  await session.commit()
  await session.get(Member, { image: 'i', number: 1 }) // the first meeting in a transaction looks whether it changed
  const looks = watch(member, 'image')
  await session.query(Note).all()
  await session.query(Note).count()
  for await (const each of session.query(fields(Note).title)) t.equal(each, 'a')
  await session.query(Note).page({ size: 1 })
  await session.getMany(Note, ['a', 'b'])
  await session.get(Member, { image: 'i', number: 1 })
  t.equal(looks.count, 0)
  await session.query(Member).count()
  t.equal(looks.count, 1)
  note.body = 'changed'
  await session.commit()
  t.ok(looks.count > 1, 'a commit compares all')
})

t.test(
  'a flush or commit that writes compares each entity once, and so does one that has nothing to write',
  async (t) => {
    const rome = await openRome(t)
    await using session = rome.session()
    const [first, last] = ['a', 'b'].map((title) => session.add(create(Note, { title })))
    await session.commit()
    await session.getMany(Note, ['a', 'b'])
    const looks = watch(first, 'count')
    const looksOf = async (work: () => Promise<unknown>): Promise<number> => {
      const before = looks.count
      await work()
      return looks.count - before
    }
    last.body = 'changed'
    t.equal(await looksOf(() => session.flush()), 1)
    t.equal(await looksOf(() => session.flush()), 1)
    last.body = 'again'
    t.equal(await looksOf(() => session.commit()), 1)
    t.equal(await looksOf(() => session.commit()), 1)
    t.equal((await stored(rome, Note, 'b'))?.body, 'again')
  },
)

t.test('where changes are told, an operation compares what was touched, however much was read', async (t) => {
  const rome = await openRome(t, { changes: 'touched' })
  await rome.transact((other) =>
    other.bulkInsert(
      Note,
      Array.from({ length: 5000 }, (_, at) => ({ title: `n${at}` })),
    ),
  )
  await using session = rome.session()
  const notes = await session.query(Note).all()
  const looks = notes.map((note) => watch(note, 'count'))
  const looked = () => looks.reduce((sum, { count }) => sum + count, 0)
  const [changed] = notes
  session.touch(changed)
  const operations: [string, () => Promise<unknown>, comparisons: number][] = [
    ['query', () => session.query(Note).count(), 1],
    ['flush', () => session.flush(), 1],
    ['savepoint', () => session.savepoint().then((savepoint) => savepoint.release()), 1],
    ['begin, query and commit', () => session.begin(() => session.query(Note).count()), 3],
    ['commit, with the touch gone', () => session.commit(), 0],
    ['commit', () => session.commit(), 1],
  ]
  for (const [name, operation, comparisons] of operations) {
    if (name === 'commit') session.touch(changed)
    const before = looked()
    await operation()
    t.equal(looked() - before, comparisons, name)
  }
  t.equal(looked(), looks[0].count, 'all of them of the one that was touched')
})

t.test('what is in a read-only session, or unmanaged, is never compared', async (t) => {
  const rome = await openRome(t)
  await rome.transact((other) => other.add(create(Note, { title: 'a' })))
  for (const readOnly of [true, false]) {
    await using session = rome.session({ readOnly })
    const query = session.query(Note)
    const note = await (readOnly ? query : query.unmanaged()).one()
    const looks = watch(note, 'count')
    await session.query(Note).all()
    await session.begin(() => session.query(Note).count())
    await session.flush()
    await session.commit()
    await session.query(Note).count()
    await session.close()
    t.equal(looks.count, 0)
  }
})

t.test('a query sees every unwritten change that it could, wherever it reads', async (t) => {
  const rome = await openLibrary(t)
  await using session = rome.session()
  const tag = session.add(create(Tag, { text: 'old' }))
  const book = session.add(create(Book, { title: 'old', tags: [tag] }))
  const author = session.add(create(Author, { name: 'old', books: [book] }))
  await session.commit()
  const [aAuthor, aBook, aTag] = [fields(Author), fields(Book), fields(Tag)]
  const questions: Record<string, () => Promise<unknown>> = {
    model: () => session.query(Book).filter(aBook.title.eq('new')).count(),
    join: () => session.query(Author).join(Book).filter(aBook.title.eq('new')).count(),
    quantifier: () =>
      session
        .query(Author)
        .filter(aAuthor.books.some((one) => one.title.eq('new')))
        .count(),
    throughTheMiddle: () =>
      session
        .query(Tag)
        .filter(aTag.books.some((one) => and_(one.title.eq('new'), one.tags.some())))
        .count(),
    subquery: () =>
      session
        .query(Author)
        .filter(exists(session.query(Book).filter(aBook.title.eq('new'))))
        .count(),
    scalar: () =>
      session
        .query(Author)
        .filter(session.query(aBook.title).filter(aBook.title.eq('new')).asScalar().eq('new'))
        .count(),
    union: async () =>
      (await session.query(aAuthor.name).union(session.query(aBook.title)).all()).filter((each) => each === 'new')
        .length,
    include: async () => {
      const [one] = await session
        .query(Author)
        .include({ books: { filter: (columns) => columns.title.eq('new') } })
        .all()
      return one.books.length
    },
    load: async () => {
      const loaded = await author.books.load({ refresh: true })
      t.same(session.modified, [])
      return loaded.length
    },
  }
  for (const [name, ask] of Object.entries(questions)) {
    book.title = 'new'
    t.equal(await ask(), 1, name)
    book.title = 'old'
    await session.flush()
  }
})

@entity('folders')
class Folder {
  @primaryKey(types.integer()) id!: number
  @column(types.integer().nullable()) parentId!: number | null
  @deletedAt() deletedAt!: Date | null
  @manyToOne(() => Folder, { column: 'parentId', onDelete: 'cascade' }) parent!: Ref<Folder | null>
}

@entity('files')
class File {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) folderId!: number
  @deletedAt() deletedAt!: Date | null
  @manyToOne(() => Folder, { column: 'folderId', onDelete: 'cascade' }) folder!: Ref<Folder>
}

t.test('a query sees what a deletion by hand takes along', async (t) => {
  const rome = await openLibrary(t, { models: [Folder, File] })
  await using session = rome.session()
  const top = session.add(create(Folder, { id: 1, parentId: null }))
  session.add(create(Folder, { id: 2, parentId: 1 }))
  session.add(create(File, { id: 3, folderId: 2 }))
  await session.commit()
  top.deletedAt = new Date()
  t.equal(await session.query(File).count(), 0)
})

t.test('new entities, deletions and relations are written before any query, changes before their own', async (t) => {
  const rome = await openLibrary(t)
  await using session = rome.session()
  const author = session.add(create(Author, { name: 'a' }))
  const portrait = session.add(create(Portrait, {}))
  await session.commit()
  author.name = 'changed'
  await session.query(Portrait).count()
  t.same(session.modified, [author], 'nothing that is read could tell')
  session.delete(portrait)
  await session.query(Tag).count()
  t.same([session.modified, session.deleted], [[], []], 'a flush writes all there is')
  author.name = 'again'
  await session.query(Portrait).filter(fields(Portrait).authorId.isNotNull()).update({ authorId: null })
  t.same(session.modified, [], 'whatever writes is preceded by everything')
})

t.test('a value that its column refuses is refused by the query of its model, or by the commit', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  Reflect.set(image, 'name', 7)
  t.equal(await session.query(Note).count(), 0)
  await t.rejects(session.query(Image).count(), { code: 'ROME_VALUE_TYPE' })
  await t.rejects(session.commit(), { code: 'ROME_VALUE_TYPE' })
})

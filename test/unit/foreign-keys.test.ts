import t from 'tap'
import { ConstraintError } from '../../lib/errors/rome-error.js'
import { create } from '../../lib/schema/create.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { fields } from '../../lib/schema/fields.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import {
  Author,
  Book,
  Contract,
  engines,
  Folder,
  idsOf,
  libraryTime,
  openLibrary,
  Page,
  Portrait,
  Shelf,
  store,
  Tag,
} from '../support/library-fixture.js'

const later = new Date('2026-02-02T00:00:00Z')

for (const [name, engine] of Object.entries(engines)) {
  t.test(`foreign keys on ${name}`, async (t) => {
    t.test('a row must refer to a stored row at the end of the flush', async (t) => {
      const rome = await openLibrary(t, engine(t))
      const session = rome.session()
      const book = session.add(create(Book, { id: 'emma', authorId: 'austen' }))
      await t.rejects(session.flush(), {
        constructor: ConstraintError,
        code: 'ROME_FOREIGN_KEY',
        retryable: false,
        context: {
          model: 'books',
          relation: 'author',
          key: ['emma'],
          columns: ['authorId'],
          values: ['austen'],
          target: 'authors',
        },
      })
      t.equal(session.stateOf(book), 'pending', 'nothing has changed')
      session.add(create(Author, { id: 'austen' }))
      await session.commit()
      t.strictSame(await idsOf(rome, Book), ['emma'])
    })

    t.test('a changed foreign key must lead to a row, an unchanged one was checked before', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(rome, create(Author, { id: 'austen' }), create(Book, { id: 'emma', authorId: 'austen' }))
      const session = rome.session()
      const book = await session.getOrThrow(Book, 'emma')
      book.authorId = 'nobody'
      await t.rejects(session.commit(), { code: 'ROME_FOREIGN_KEY', context: { values: ['nobody'] } })
      book.authorId = 'austen'
      book.title = 'Emma'
      await session.commit()
      const query = session.query(Book).filterBy({ id: 'emma' })
      await t.rejects(query.update({ authorId: 'nobody', title: 'lost' }), { code: 'ROME_FOREIGN_KEY' })
      t.match(await query.one(), { authorId: 'austen', title: 'Emma' }, 'nothing of the update is left')
    })

    t.test('a row may refer to a soft-deleted one, and a null refers to none', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(rome, create(Author, { id: 'austen', deletedAt: later }))
      await store(
        rome,
        create(Book, { id: 'emma', authorId: 'austen' }),
        create(Contract, { id: 'c1', authorId: null }),
        create(Shelf, { room: 'a', number: 1, parentRoom: 'nowhere', parentNumber: null }),
      )
      t.strictSame(await idsOf(rome, Book), ['emma'])
    })

    t.test('rows may refer to each other in a circle, and to themselves', async (t) => {
      const rome = await openLibrary(t, engine(t))
      const shelf = (number: number, parentNumber: number) =>
        create(Shelf, { room: 'a', number, parentRoom: 'a', parentNumber })
      await store(rome, shelf(1, 2), shelf(2, 3), shelf(3, 1), shelf(4, 4))
      const session = rome.session()
      const shelves = await session.query(Shelf).all()
      session.delete(shelves[0])
      await t.rejects(session.flush(), {
        code: 'ROME_FOREIGN_KEY',
        context: { model: 'shelves', relation: 'parent', key: ['a', 3], values: ['a', 1], target: 'shelves' },
      })
      for (const entity of shelves) session.delete(entity)
      await session.commit()
      t.equal(await session.query(Shelf).count(), 0)
    })

    t.test('a row that others refer to is not erased, also when they are soft-deleted', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(
        rome,
        create(Author, { id: 'austen' }),
        create(Contract, { id: 'c1', authorId: 'austen', deletedAt: later }),
      )
      const session = rome.session()
      const author = await session.getOrThrow(Author, 'austen')
      session.hardDelete(author)
      await t.rejects(session.commit(), {
        code: 'ROME_FOREIGN_KEY',
        context: { model: 'contracts', relation: 'author', key: ['c1'], values: ['austen'], target: 'authors' },
      })
      await session.rollback()
      await t.rejects(session.query(Author).everything().hardDelete(), { code: 'ROME_FOREIGN_KEY' })
      t.strictSame(await idsOf(rome, Author), ['austen'])
      t.equal(await session.query(Author).count(), 1, 'the transaction goes on without the deletion')
    })

    t.test('in one flush the order of erasing does not matter, nor does a foreign key that is given up', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(
        rome,
        create(Author, { id: 'austen' }),
        create(Contract, { id: 'c1', authorId: 'austen' }),
        create(Contract, { id: 'c2', authorId: 'austen' }),
      )
      const session = rome.session()
      const [author, erased, changed] = [
        await session.getOrThrow(Author, 'austen'),
        await session.getOrThrow(Contract, 'c1'),
        await session.getOrThrow(Contract, 'c2'),
      ]
      session.hardDelete(author)
      session.hardDelete(erased)
      changed.authorId = null
      await session.commit()
      t.strictSame([await idsOf(rome, Author), await idsOf(rome, Contract)], [[], ['c2']])
    })

    t.test('cascades erase what refers to an erased row, at every depth, soft-deleted rows too', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(
        rome,
        create(Author, { id: 'austen' }),
        create(Author, { id: 'woolf' }),
        create(Book, { id: 'emma', authorId: 'austen' }),
        create(Book, { id: 'draft', authorId: 'austen', deletedAt: later }),
        create(Book, { id: 'orlando', authorId: 'woolf' }),
        ...['emma', 'draft', 'orlando'].flatMap((bookId) => [1, 2].map((number) => create(Page, { bookId, number }))),
      )
      const session = rome.session()
      const page = await session.getOrThrow(Page, ['emma', 1])
      const orlando = await session.getOrThrow(Book, 'orlando')
      session.hardDelete(await session.getOrThrow(Author, 'austen'))
      await session.flush()
      t.equal(session.stateOf(page), 'deleted')
      await session.rollback()
      t.equal(session.stateOf(page), 'detached', 'it was loaded in the transaction')
      t.equal(await session.query(Page).count(), 6, 'a rollback brings cascaded rows back')
      t.equal(await session.query(Author).filterBy({ id: 'austen' }).hardDelete(), 1, 'matched rows are counted')
      await session.commit()
      t.strictSame([await idsOf(rome, Author), await idsOf(rome, Book)], [['woolf'], ['orlando']])
      t.strictSame(
        (await session.query(Page).all()).map(({ bookId }) => bookId),
        ['orlando', 'orlando'],
      )
      t.equal(session.stateOf(orlando), 'detached')
      t.match(await rome.verify(), { problemCount: 0 })
    })

    t.test('a cascade ends in a circle, and takes the whole of it', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(
        rome,
        create(Folder, { id: 'a', parentId: 'c' }),
        create(Folder, { id: 'b', parentId: 'a' }),
        create(Folder, { id: 'c', parentId: 'b' }),
        create(Folder, { id: 'd', parentId: 'd' }),
        create(Folder, { id: 'e', parentId: 'd' }),
      )
      const session = rome.session()
      t.equal(await session.query(Folder).filterBy({ id: 'b' }).hardDelete(), 1)
      await session.commit()
      t.strictSame(await idsOf(rome, Folder), ['d', 'e'])
      session.delete(await session.getOrThrow(Folder, 'd'))
      await session.commit()
      t.strictSame(await idsOf(rome, Folder), [])
    })

    t.test('setNull empties the foreign key and counts as a change of the row', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(rome, create(Author, { id: 'austen' }), create(Portrait, { id: 'p', authorId: 'austen' }))
      const session = rome.session()
      const portrait = await session.getOrThrow(Portrait, 'p')
      libraryTime.now = later
      session.hardDelete(await session.getOrThrow(Author, 'austen'))
      await session.flush()
      t.match(portrait, { authorId: null, version: 2, updatedAt: later })
      t.equal(session.isModified(portrait), false)
      await session.commit()
      t.match(await rome.session().get(Portrait, 'p'), { authorId: null, version: 2, updatedAt: later })
      t.match(await rome.verify(), { problemCount: 0 })
    })

    t.test('soft deletion cascades to live rows that can be soft-deleted, and leaves all others alone', async (t) => {
      const rome = await openLibrary(t, engine(t))
      const before = new Date('2020-01-01T00:00:00Z')
      await store(
        rome,
        create(Author, { id: 'austen' }),
        create(Book, { id: 'emma', authorId: 'austen' }),
        create(Book, { id: 'draft', authorId: 'austen', deletedAt: before }),
        create(Page, { bookId: 'emma', number: 1 }),
        create(Contract, { id: 'c1', authorId: 'austen' }),
        create(Portrait, { id: 'p', authorId: 'austen' }),
      )
      libraryTime.now = later
      for (const erase of ['unit of work', 'query']) {
        const session = rome.session()
        const emma = await session.getOrThrow(Book, 'emma')
        if (erase === 'query') t.equal(await session.query(Author).everything().delete(), 1)
        else {
          session.delete(await session.getOrThrow(Author, 'austen'))
          await session.flush()
        }
        t.match(emma, { deletedAt: later, version: 2 }, `by ${erase}`)
        const draft = await session.get(Book, 'draft', { withDeleted: true })
        t.match(draft, { deletedAt: before, version: 1 })
        t.equal(await session.query(Page).count(), 1)
        t.equal(await session.query(Contract).count(), 1)
        t.match(await session.get(Portrait, 'p'), { authorId: 'austen', version: 1 })
        await session.close()
      }
    })

    t.test('a key that is free again at the end of the flush was never missing', async (t) => {
      const rome = await openLibrary(t, engine(t))
      await store(
        rome,
        create(Author, { id: 'austen' }),
        create(Book, { id: 'emma', authorId: 'austen' }),
        create(Contract, { id: 'c1', authorId: 'austen' }),
      )
      const session = rome.session()
      session.hardDelete(await session.getOrThrow(Author, 'austen'))
      session.add(create(Author, { id: 'austen' }))
      await session.commit()
      t.strictSame([await idsOf(rome, Book), await idsOf(rome, Contract)], [['emma'], ['c1']])
    })

    t.test('the rows between two of a many-to-many relation go with either of them', async (t) => {
      const rome = await openLibrary(t, engine(t))
      const middle = schemaOf(Book).relationByName.get('tags')?.through?.schema as NonNullable<
        ReturnType<typeof schemaOf>
      >
      const BookTag = middle.model as ModelClass<{ fromId: string; toId: string }>
      const pair = (fromId: string, toId: string) => create(BookTag, { fromId, toId })
      await store(
        rome,
        create(Author, { id: 'austen' }),
        ...['emma', 'persuasion'].map((id) => create(Book, { id, authorId: 'austen' })),
        ...['old', 'good'].map((id) => create(Tag, { id })),
        ...['emma', 'persuasion'].flatMap((id) => [pair(id, 'old'), pair(id, 'good')]),
      )
      await t.rejects(store(rome, pair('emma', 'bad')), {
        code: 'ROME_FOREIGN_KEY',
        context: { model: 'book_tags', relation: 'to', target: 'tags' },
      })
      const session = rome.session()
      const pairs = async () => (await session.query(BookTag).all()).map(({ fromId, toId }) => `${fromId} ${toId}`)
      session.delete(await session.getOrThrow(Tag, 'old'))
      await session.commit()
      t.strictSame((await pairs()).sort(), ['emma good', 'persuasion good'])
      await session.query(Book).filter(fields(Book).id.eq('emma')).hardDelete()
      await session.commit()
      t.strictSame(await pairs(), ['persuasion good'])
    })
  })
}

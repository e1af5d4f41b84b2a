import t from 'tap'
import { ConflictError } from '../../lib/errors/rome-error.js'
import type { Isolation } from '../../lib/records/record-transaction.js'
import { create } from '../../lib/schema/create.js'
import type { RomeSession } from '../../lib/session/session.js'
import {
  Author,
  Book,
  Contract,
  engines,
  Folder,
  idsOf,
  openLibrary,
  Page,
  Portrait,
  store,
} from '../support/library-fixture.js'

type Work = (session: RomeSession) => Promise<unknown>

interface Race {
  readonly title: string
  readonly stored: () => object[]
  readonly refer: Work
  readonly leave: Work
  /** Whether one of the two may go on when it knows of the other. */
  readonly first: 'refer' | 'leave'
}

const addTo =
  (entity: () => object): Work =>
  async (session) =>
    session.add(entity())
const author = () => create(Author, { id: 'austen' })
const eraseAuthor: Work = async (session) => session.hardDelete(await session.getOrThrow(Author, 'austen'))

const races: Omit<Race, 'first'>[] = [
  {
    title: 'a contract is added (restrict)',
    stored: () => [author()],
    refer: addTo(() => create(Contract, { id: 'c', authorId: 'austen' })),
    leave: eraseAuthor,
  },
  {
    title: 'a soft-deleted contract is added (restrict)',
    stored: () => [author()],
    refer: addTo(() => create(Contract, { id: 'c', authorId: 'austen', deletedAt: new Date(0) })),
    leave: eraseAuthor,
  },
  {
    title: 'a book is added (cascade)',
    stored: () => [author()],
    refer: addTo(() => create(Book, { id: 'b', authorId: 'austen' })),
    leave: eraseAuthor,
  },
  {
    title: 'a portrait is added (setNull)',
    stored: () => [author()],
    refer: addTo(() => create(Portrait, { id: 'p', authorId: 'austen' })),
    leave: eraseAuthor,
  },
  {
    title: 'a portrait is given the author by a query',
    stored: () => [author(), create(Portrait, { id: 'p', authorId: null })],
    refer: (session) => session.query(Portrait).filterBy({ id: 'p' }).update({ authorId: 'austen' }),
    leave: (session) => session.query(Author).filterBy({ id: 'austen' }).hardDelete(),
  },
  {
    title: 'a page is added whose primary key begins with the foreign key',
    stored: () => [author(), create(Book, { id: 'b', authorId: 'austen' })],
    refer: addTo(() => create(Page, { bookId: 'b', number: 1 })),
    leave: (session) => session.query(Book).everything().hardDelete(),
  },
  {
    title: 'a page is added to a book that a cascade erases',
    stored: () => [author(), create(Book, { id: 'b', authorId: 'austen' })],
    refer: addTo(() => create(Page, { bookId: 'b', number: 1 })),
    leave: eraseAuthor,
  },
  {
    title: 'a row of the same model is added',
    stored: () => [create(Folder, { id: 'austen', parentId: null })],
    refer: addTo(() => create(Folder, { id: 'f', parentId: 'austen' })),
    leave: (session) => session.query(Folder).everything().hardDelete(),
  },
]

for (const [name, engine] of Object.entries(engines)) {
  for (const isolation of ['serializable', 'snapshot'] satisfies Isolation[]) {
    t.test(`on ${name}, ${isolation}: of two sessions one conflicts`, async (t) => {
      for (const { title, stored, refer, leave } of races) {
        for (const first of ['refer', 'leave'] as const) {
          t.test(
            `when the row is erased while ${title}, and ${first === 'refer' ? 'that' : 'the erasing'} commits first`,
            async (t) => {
              const rome = await openLibrary(t, engine(t), { isolation })
              await store(rome, ...stored())
              const [a, b] = [rome.session(), rome.session()]
              const [winner, loser] = first === 'refer' ? [refer, leave] : [leave, refer]
              await Promise.all([winner(a), loser(b)])
              await Promise.all([a.flush(), b.flush()])
              await a.commit()
              await t.rejects(b.commit(), { constructor: ConflictError, code: 'ROME_CONFLICT' })
              t.match(await rome.verify(), { problemCount: 0 })
            },
          )
        }
      }
    })
  }
}

t.test('a book that is added while its author is soft-deleted conflicts, in both orders', async (t) => {
  for (const first of ['book', 'author']) {
    const rome = await openLibrary(t)
    await store(rome, author())
    const [adding, deleting] = [rome.session(), rome.session()]
    adding.add(create(Book, { id: 'b', authorId: 'austen' }))
    deleting.delete(await deleting.getOrThrow(Author, 'austen'))
    await Promise.all([adding.flush(), deleting.flush()])
    const [winner, loser] = first === 'book' ? [adding, deleting] : [deleting, adding]
    await winner.commit()
    await t.rejects(loser.commit(), { code: 'ROME_CONFLICT' })
  }
})

t.test('two sessions add rows that refer to the same row without a conflict', async (t) => {
  const rome = await openLibrary(t)
  await store(rome, author())
  const [a, b] = [rome.session(), rome.session()]
  a.add(create(Contract, { id: 'a', authorId: 'austen' }))
  b.add(create(Contract, { id: 'b', authorId: 'austen' }))
  await Promise.all([a.flush(), b.flush()])
  await a.commit()
  await b.commit()
  t.strictSame(await idsOf(rome, Contract), ['a', 'b'])
})

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

onBothEngines('a begin that only reads refuses every write, and none after it', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await rome.transact((other) => other.add(create(Note, { title: 'a' })))
  await using session = rome.session()
  const note = await session.getOrThrow(Note, 'a')
  const refused = { code: 'ROME_READ_ONLY' }
  const writes = [
    () => session.add(create(Note, { title: 'b' })),
    () => session.delete(note),
    () => session.merge(Note, { title: 'a', count: 1 }),
    () => session.upsert(Note, { title: 'a', count: 1 }),
    () => session.bulkInsert(Note, [{ title: 'b' }]),
    () => session.query(Note).everything().update({ count: 1 }),
    () => session.get(Note, 'a', { forUpdate: true }),
  ]
  const refuseAll = async () => {
    for (const write of writes) await t.rejects(async () => write(), refused)
  }
  for (const propagation of ['nested', 'required'] as const) {
    await session.begin({ readOnly: true, propagation }, async () => {
      await refuseAll()
      t.ok(await session.query(Note).exists())
      await session.begin(refuseAll)
      await session.begin({ readOnly: false }, refuseAll)
      await session.begin({ propagation: 'new' }, (_, own) => own.bulkUpdate(Note, [{ title: 'a', body: propagation }]))
    })
    t.equal((await stored(rome, Note, 'a'))?.body, propagation)
    await session.begin(async () => {
      note.count++
      await session.begin({ readOnly: true, propagation }, refuseAll)
      session.add(create(Note, { title: propagation }))
    })
  }
  t.equal((await stored(rome, Note, 'a'))?.count, 2)
  t.equal(await session.query(Note).count(), 3)
  await session.begin({ readOnly: true, propagation: 'new' }, async (_, own) => {
    t.throws(() => own.add(create(Note, { title: 'b' })), refused)
  })
})

t.test('a begin that only reads sees what was unwritten, and does not take what is changed in it', async (t) => {
  const rome = await openRome(t)
  await rome.transact((other) => other.add(create(Note, { title: 'a' })))
  await using session = rome.session()
  const note = await session.getOrThrow(Note, 'a')
  const refused = { code: 'ROME_READ_ONLY' }
  note.count = 1
  session.add(create(Note, { title: 'b' }))
  await session.begin({ readOnly: true }, async () => t.equal(await session.query(Note).count(), 2))
  t.equal((await stored(rome, Note, 'a'))?.count, 1)

  const work = async () => {
    note.count = 2
    t.ok(await session.get(Note, 'a'))
  }
  await t.rejects(session.begin({ readOnly: true }, work), refused)
  t.equal(note.count, 1, 'it was rolled back')
  await session.begin(async () => {
    note.body = 'written'
    await t.rejects(session.begin({ readOnly: true }, work), refused)
    t.match(note, { body: 'written', count: 1 })
  })
  await t.rejects(
    session.begin({ readOnly: true }, async () => {
      note.count = 2
      await session.query(Note).all()
    }),
    refused,
    'a query that could see it says so at once',
  )
  t.match(await stored(rome, Note, 'a'), { body: 'written', count: 1 })

  const transaction = await session.begin({ readOnly: true })
  note.count = 2
  await t.rejects(transaction.commit(), refused)
  note.count = 1
  await transaction.commit()
})

t.test('a begin that only reads keeps nothing of what it read where it is alone', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const ends = async (readOnly: boolean, within: boolean): Promise<boolean> => {
    let isKept = false
    const inner = async () => {
      await session.get(Note, 'none')
      await session.run(({ isUntouched }) => {
        isKept = !isUntouched
      })
    }
    await (within ? session.begin(() => session.begin({ readOnly }, inner)) : session.begin({ readOnly }, inner))
    return isKept
  }
  t.same([await ends(false, false), await ends(true, false), await ends(true, true)], [true, false, true])
})

t.test('an option that is no boolean is refused', async (t) => {
  const rome = await openRome(t)
  t.throws(() => rome.session({ readOnly: 'yes' } as object), { code: 'ROME_ARGUMENT' })
  await using session = rome.session()
  await t.rejects(session.begin({ readOnly: 1 } as object), { code: 'ROME_ARGUMENT' })
})

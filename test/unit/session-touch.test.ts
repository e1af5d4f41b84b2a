import t from 'tap'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { Rome, RomeOptions } from '../../lib/session/rome.js'
import { Author, Book, openRome as openLibrary, Note as Remark, Tag } from '../support/relations-fixture.js'
import { Image, Note, openRome, stored } from '../support/session-fixture.js'

type Test = Parameters<typeof openRome>[0]

/** A Rome whose sessions compare touched entities alone, with notes "a" and "b". */
async function openTold(t: Test, options: Partial<RomeOptions> = {}): Promise<Rome> {
  const rome = await openRome(t, { changes: 'touched', ...options })
  await rome.transact((session) => session.addAll(['a', 'b'].map((title) => create(Note, { title }))))
  return rome
}

const bodyOf = async (rome: Rome, title: string) => (await stored(rome, Note, title))?.body

t.test('a change is written when its entity was touched, before or after it, and otherwise not', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  const [a, b] = await session.query(Note).orderBy(fields(Note).title.asc()).all()
  session.touch(a)
  a.body = 'after the touch'
  b.body = 'before it'
  t.ok(session.isModified(a))
  t.notOk(session.isModified(b))
  t.same(session.modified, [a])
  session.touch(b)
  t.same(session.modified, [a, b])
  await session.commit()
  t.equal(await bodyOf(rome, 'a'), 'after the touch')
  t.equal(await bodyOf(rome, 'b'), 'before it')
  a.body = 'untold'
  await session.commit()
  t.equal(await bodyOf(rome, 'a'), 'after the touch')
})

t.test('several entities are touched at once, or none when one of them is not of the session', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  await using other = rome.session()
  const [a, b] = await session.query(Note).all()
  const strangers = [
    create(Note, { title: 'c' }),
    await other.get(Note, 'a'),
    await session.query(Note).unmanaged().first(),
  ]
  a.body = 'changed'
  for (const stranger of strangers) {
    t.throws(() => session.touch(a, stranger as Note), { code: 'ROME_ENTITY_STATE' })
  }
  t.throws(() => session.touch([a]), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  t.throws(() => session.touch(undefined as unknown as object), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  t.same(session.modified, [])
  b.body = 'changed'
  session.touch(b, a)
  t.same(session.modified, [b, a])
})

t.test('where all are compared, or the entity is pending, a touch does nothing', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session({ changes: 'compared' })
  const a = await session.getOrThrow(Note, 'a')
  a.body = 'changed'
  t.same(session.modified, [a])
  const c = session.add(create(Note, { title: 'c' }))
  session.touch(a, c)
  t.same([session.modified, session.pending], [[a], [c]])
  await session.commit()
  t.equal(await bodyOf(rome, 'a'), 'changed')
})

t.test('the Rome says how changes are found, unless a session or transact does', async (t) => {
  const told = await openTold(t)
  const change = async (rome: Rome, options: { changes?: 'compared' | 'touched' }, body: string) => {
    await rome.transact(async (session) => {
      const note = await session.getOrThrow(Note, 'a')
      note.body = body
    }, options)
    return (await bodyOf(rome, 'a')) === body
  }
  t.notOk(await change(told, {}, 'one'))
  t.ok(await change(told, { changes: 'compared' }, 'two'))
  const compared = await openRome(t)
  await compared.transact((session) => session.add(create(Note, { title: 'a' })))
  t.ok(await change(compared, {}, 'three'))
  t.notOk(await change(compared, { changes: 'touched' }, 'four'))
  t.throws(() => told.session({ changes: 'all' as 'compared' }), { code: 'ROME_ARGUMENT' })
  await using session = compared.session({ changes: 'touched' })
  await session.begin({ propagation: 'new' }, async (_, own) => {
    const note = await own.getOrThrow(Note, 'a')
    note.body = 'five'
  })
  t.equal(await bodyOf(compared, 'a'), 'three', 'a new transaction finds changes as the session around it')
})

t.test('a touch lasts until the transaction ends, over flushes and refreshes', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  const a = await session.getOrThrow(Note, 'a')
  session.touch(a)
  for (const renew of [() => session.flush(), () => session.refresh(a), () => session.expire(a)]) {
    await renew()
    a.body += '+'
    t.same(session.modified, [a])
  }
  await session.commit()
  a.body = 'changed'
  t.same(session.modified, [])
  session.touch(a)
  await session.rollback()
  const again = await session.getOrThrow(Note, 'a')
  again.body = 'changed'
  t.same(session.modified, [])
})

t.test('what was added, merged, upserted or written in the transaction needs no touch', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  const c = session.add(create(Note, { title: 'c' }))
  c.body = 'pending'
  await session.flush()
  c.body = 'inserted'
  t.same(session.modified, [c])
  await session.commit()

  const a = await session.getOrThrow(Note, 'a')
  a.body = 'added'
  session.add(a)
  t.same(session.modified, [a])
  await session.commit()
  a.body = 'merged itself'
  await session.merge(a)
  t.same(session.modified, [a])
  await session.commit()

  session.expunge(a)
  a.body = 'added again'
  session.add(a)
  t.same(session.modified, [a])
  await session.commit()

  t.equal(await session.merge(Note, { title: 'a', body: 'merged' }), a)
  a.count = 1
  t.same(session.modified, [a])
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'merged', count: 1 })

  t.equal(await session.upsert(Note, { title: 'a', body: 'upserted' }), a)
  t.equal(await bodyOf(rome, 'a'), 'merged')
  a.count = 2
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'upserted', count: 2 })
  t.equal(await bodyOf(rome, 'c'), 'inserted')
})

t.test('a soft deletion that is taken back is written without a touch', async (t) => {
  const rome = await openRome(t, { changes: 'touched' })
  await using session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  session.delete(image)
  image.owner = 'changed with it'
  await session.flush()
  session.add(image)
  await session.commit()
  t.match(await stored(rome, Image, image.id), { deletedAt: null, owner: 'changed with it' })
})

t.test('changes of relations are written without a touch, from whichever side', async (t) => {
  const rome = await openLibrary(t, { changes: 'touched' })
  await using session = rome.session()
  const [anne, emily] = ['anne', 'emily'].map((name) => session.add(create(Author, { name })))
  const [first, second] = ['first', 'second'].map((title) => session.add(create(Book, { title, author: anne })))
  const remark = session.add(create(Remark, { text: 'x', author: anne }))
  await session.commit()
  const storedAuthor = async (book: Book) => (await stored(rome, Book, book.id))?.authorId

  first.author.set(emily)
  await session.commit()
  t.equal(await storedAuthor(first), emily.id)

  await emily.books.load()
  emily.books.add(second)
  emily.books.remove(first)
  await session.commit()
  t.same([await storedAuthor(second), await storedAuthor(first)], [emily.id, null])

  first.tags.add(create(Tag, { text: 'new' }))
  await session.commit()
  t.equal(await session.query(Book).filter(fields(Book).tags.some()).count(), 1)

  const charlotte = create(Author, { name: 'charlotte' })
  second.author.set(charlotte)
  await session.commit()
  t.equal(await storedAuthor(second), charlotte.id, 'a foreign key that waited for its key')

  await anne.notes.load()
  anne.notes.remove(remark)
  await session.commit()
  t.equal(await stored(rome, Remark, remark.id), undefined)
})

t.test('what hooks do to the entity of their event is written', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  let rounds = 0
  session.on('beforeUpdate', Note, (note) => {
    note.count += 1
  })
  session.on('beforeInsert', Note, (note) => {
    note.count = 10
  })
  session.on('afterUpdate', Note, (note) => {
    if (++rounds === 1) note.body += ', and after'
  })
  session.on('afterInsert', Note, (note) => {
    note.body = 'inserted'
  })
  session.on('beforeFlush', async () => {
    const b = await session.getOrThrow(Note, 'b')
    b.slot = 7
    session.touch(b)
  })
  const a = await session.getOrThrow(Note, 'a')
  a.body = 'changed'
  session.touch(a)
  session.add(create(Note, { title: 'c' }))
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'changed, and after', count: 2 })
  t.match(await stored(rome, Note, 'b'), { slot: 7, count: 1 })
  t.match(await stored(rome, Note, 'c'), { body: 'inserted', count: 11 })
})

t.test('a savepoint takes touches back with the changes, and keeps those from before', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  const [a, b] = await session.query(Note).orderBy(fields(Note).title.asc()).all()
  session.touch(a)
  a.body = 'before'
  const savepoint = await session.savepoint()
  a.body = 'since'
  session.touch(b)
  b.body = 'since'
  await session.flush()
  await savepoint.rollback()
  t.same([a.body, b.body], ['before', ''])
  b.body = 'later'
  t.same(session.modified, [a])
  await session.commit()
  t.same([await bodyOf(rome, 'a'), await bodyOf(rome, 'b')], ['before', ''])

  session.touch(a)
  const kept = await session.savepoint()
  session.touch(b)
  await kept.release()
  a.body = 'released'
  b.body = 'released'
  await session.commit()
  t.same([await bodyOf(rome, 'a'), await bodyOf(rome, 'b')], ['released', 'released'])
})

t.test('a failed begin gives back what was touched and changed before it', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  const a = await session.getOrThrow(Note, 'a')
  session.touch(a)
  a.body = 'before'
  await t.rejects(
    session.begin(async () => {
      a.body = 'within'
      await session.flush()
      throw new Error('undo')
    }),
  )
  t.equal(a.body, 'before')
  t.same(session.modified, [a])
  await session.commit()
  t.equal(await bodyOf(rome, 'a'), 'before')
})

t.test('a change that nobody told of goes with a rollback, or when its row is read anew', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  const [a, b] = await session.query(Note).orderBy(fields(Note).title.asc()).all()
  const savepoint = await session.savepoint()
  a.body = 'untold'
  await savepoint.rollback()
  t.equal(a.body, '')

  a.body = 'untold'
  b.body = 'told'
  session.touch(b)
  t.equal(await session.get(Note, 'a'), a)
  t.equal(a.body, 'untold', 'within the transaction nothing is read anew')
  await session.commit()
  await rome.transact((other) => other.query(Note).everything().update({ count: 5 }))
  a.body = 'untold'
  b.body = 'told again'
  session.touch(b)
  await session.query(Note).all()
  t.match(a, { body: '', count: 5 }, 'all of it is as the row')
  t.match(b, { body: 'told again', count: 5 }, 'what was changed is laid over the row')
  await session.commit()
  t.same([await bodyOf(rome, 'a'), await bodyOf(rome, 'b')], ['', 'told again'])

  a.body = 'untold'
  await session.query(Note).filterBy({ title: 'a' }).update({ count: 6 })
  t.match(a, { body: '', count: 6 }, 'writes beside the unit of work are followed')
  a.body = 'untold'
  await session.commit()
  await rome.transact((other) => other.bulkDelete(Note, ['a']))
  t.equal(await session.get(Note, 'a'), undefined)
  t.equal(session.stateOf(a), 'deleted')
})

t.test('a query sees what was touched, and not what was only changed', async (t) => {
  const rome = await openTold(t)
  await using session = rome.session()
  const a = await session.getOrThrow(Note, 'a')
  const changed = () => session.query(Note).filterBy({ body: 'changed' }).count()
  a.body = 'changed'
  t.equal(await changed(), 0)
  session.touch(a)
  t.equal(await changed(), 1)
})

t.test('nothing is touched where nothing is written', async (t) => {
  const rome = await openTold(t, { debug: { touches: true } })
  await using reader = rome.session({ readOnly: true })
  const read = await reader.getOrThrow(Note, 'a')
  t.throws(() => reader.touch(read), { code: 'ROME_READ_ONLY' })
  read.body = 'changed'
  t.notOk(reader.isModified(read))
  t.same(reader.modified, [])
  await reader.commit()

  await using session = rome.session()
  const a = await session.getOrThrow(Note, 'a')
  session.touch(a)
  const work = session.begin({ readOnly: true }, () => {
    t.throws(() => session.touch(a), { code: 'ROME_READ_ONLY' })
    a.body = 'changed'
  })
  await t.rejects(work, { code: 'ROME_READ_ONLY' }, 'what was touched before is compared')
})

t.test('with { debug: { touches: true } } a commit refuses what was changed and not touched', async (t) => {
  const rome = await openTold(t, { debug: { touches: true } })
  await using session = rome.session()
  const [a, b] = await session.query(Note).orderBy(fields(Note).title.asc()).all()
  session.touch(a)
  a.body = 'told'
  b.count = 1
  b.body = 'untold'
  const code = 'ROME_NOT_TOUCHED'
  const entities = [{ model: 'notes', key: { title: 'b' }, columns: ['body', 'count'] }]
  await t.rejects(session.commit(), { code, context: { entities } })
  t.equal(await bodyOf(rome, 'a'), '', 'nothing was committed')
  session.touch(b)
  await session.commit()
  t.same([await bodyOf(rome, 'a'), await bodyOf(rome, 'b')], ['told', 'untold'], 'it can be repaired')

  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  const begun = session.begin(() => void image.tags.push('in place'))
  await t.rejects(begun, { code, context: { entities: [{ model: 'images', columns: ['tags'] }] } })
  t.same(image.tags, [], 'begin rolls back')
  session.on('beforeCommit', () => {
    a.body = 'by a hook'
  })
  await t.rejects(session.commit(), { code })
  t.equal(await bodyOf(rome, 'a'), 'told')

  await using comparing = rome.session({ changes: 'compared' })
  const other = await comparing.getOrThrow(Note, 'a')
  other.body = 'compared'
  await comparing.commit()
  t.equal(await bodyOf(rome, 'a'), 'compared')
})

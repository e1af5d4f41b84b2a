import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { scope } from '../../lib/decorators/scope.js'
import type { KeyRange, ScanOptions } from '../../lib/engines/contract.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'
import {
  Author,
  Book,
  Note as LibraryNote,
  openRome as openLibrary,
  Place,
  readsOf,
} from '../support/relations-fixture.js'
import { Image, Member, Note, openRome, stored, time, valuesOf } from '../support/session-fixture.js'

@entity('tickets')
@scope('tenant', (ticket, { owner }: { owner: string }) => ticket.owner.eq(owner), { default: true, check: true })
class Ticket {
  @primaryKey(types.integer()) id!: number
  @column(types.string()) owner!: string
  @column(types.string().default('')) text!: string
}

const titled = (title: string) => ({ title })

async function* later<T>(items: Iterable<T>): AsyncIterable<T> {
  for (const item of items) {
    await null
    yield item
  }
}

onBothEngines('bulkInsert takes arrays, iterables and async iterables, and counts', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await using session = rome.session()
  t.equal(await session.bulkInsert(Note, [titled('a'), titled('b')]), 2)
  t.equal(await session.bulkInsert(Note, new Set([titled('c')])), 1)
  t.equal(await session.bulkInsert(Note, later(Array.from({ length: 2500 }, (_, at) => titled(`n${at}`)))), 2500)
  t.equal(await session.bulkInsert(Note, []), 0)
  t.equal(await session.query(Note).count(), 2503)
  await session.commit()
  t.match(await stored(rome, Note, 'c'), { title: 'c', body: '', count: 0, slot: null })
})

onBothEngines('bulkInsert gives keys, defaults, times and the version as add does', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await using session = rome.session()
  await session.bulkInsert(Image, [{ name: 'bulk' }])
  const added = session.add(create(Image, { name: 'added' }))
  await session.commit()
  const [image] = await session.query(Image).filterBy({ name: 'bulk' }).all()
  const { id, name, ...values } = valuesOf(image)
  t.match(id, /^[0-9a-f-]{36}$/)
  t.same({ ...values, id: added.id, name: 'added' }, valuesOf(added))
})

onBothEngines('a bulk write that fails in a later portion leaves nothing behind', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await using session = rome.session()
  const kept = session.add(create(Note, { title: 'kept', slot: 1 }))
  let pulled = 0
  function* endless(): Iterable<{ title: string; slot: number }> {
    for (; ; pulled++) yield { title: `n${pulled}`, slot: pulled === 1500 ? 1 : pulled + 10 }
  }
  await t.rejects(session.bulkInsert(Note, endless()), { code: 'ROME_UNIQUE' })
  t.ok(pulled <= 2000, 'no more was taken than the portion that failed')
  t.equal(session.stateOf(kept), 'persistent', 'what was flushed before stays')
  t.equal(await session.query(Note).count(), 1)
  await t.rejects(
    session.bulkInsert(
      Note,
      later(
        (function* () {
          yield titled('x')
          throw new Error('the source failed')
        })(),
      ),
    ),
    { message: 'the source failed' },
  )
  await session.commit()
  t.equal(await session.query(Note).count(), 1)
})

t.test('bulk writes enforce keys, unique values, checks of types and foreign keys', async (t) => {
  const rome = await openLibrary(t)
  await using session = rome.session()
  const id = crypto.randomUUID()
  await t.rejects(
    session.bulkInsert(Author, [
      { id, name: 'a' },
      { id, name: 'b' },
    ]),
    { code: 'ROME_PRIMARY_KEY_EXISTS' },
  )
  await t.rejects(session.bulkInsert(Book, [{ title: 'a', authorId: id }]), { code: 'ROME_FOREIGN_KEY' })
  await t.rejects(session.bulkInsert(Book, [{ title: 7 as unknown as string }]), { code: 'ROME_VALUE_TYPE' })
  await t.rejects(session.bulkInsert(Book, [{}]), { code: 'ROME_VALUE_MISSING' })
  await session.bulkInsert(Author, [{ id, name: 'a' }])
  await session.bulkInsert(LibraryNote, [{ text: 'follows', authorId: id }])
  await session.bulkInsert(Book, [{ title: 'emptied', authorId: id }])
  const [book] = await session.query(Book).all()
  await t.rejects(session.bulkUpdate(Book, [{ id: book.id, authorId: crypto.randomUUID() }]), {
    code: 'ROME_FOREIGN_KEY',
  })
  t.equal(await session.bulkDelete(Author, [id, id]), 1)
  t.equal(await session.query(LibraryNote).count(), 0)
  t.equal(book.authorId, null, 'an entity of a row that followed follows')
})

onBothEngines('rows of one bulk write may refer to each other, over portions', async (t, engine) => {
  const rome = await openLibrary(t, { engine })
  await using session = rome.session()
  const ids = Array.from({ length: 1500 }, () => crypto.randomUUID())
  const rows = ids.map((id, at) => ({ id, name: `${at}`, parentId: ids[at + 1] ?? null }))
  t.equal(await session.bulkInsert(Place, rows), 1500)
  await session.commit()
  t.equal(await session.query(Place).filter(fields(Place).parentId.isNull()).count(), 1)
})

onBothEngines('bulkUpdate changes what it is given, and counts versions where a row changes', async (t, engine) => {
  const rome = await openRome(t, { engine })
  const ids = await rome.transact(async (other) => {
    const images = ['a', 'b'].map((name) => other.add(create(Image, { name })))
    await other.flush()
    return images.map(({ id }) => id)
  })
  await using session = rome.session()
  const held = await session.getOrThrow(Image, ids[0])
  time.now = new Date('2026-02-02T00:00:00Z')
  t.equal(
    await session.bulkUpdate(Image, [
      { id: ids[0], owner: 'me', tags: ['x'] },
      { id: ids[1], name: 'b' },
    ]),
    2,
  )
  t.match(held, { owner: 'me', name: 'a', tags: ['x'], version: 2, updatedAt: time.now }, 'the held entity follows')
  await session.commit()
  t.match(await stored(rome, Image, ids[0]), { owner: 'me', version: 2 })
  t.equal((await stored(rome, Image, ids[1]))?.version, 1, 'nothing changed here')
})

t.test('bulkUpdate refuses a version that is not the stored one, and rows that are not there', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  const { id } = image
  t.equal(await session.bulkUpdate(Image, [{ id, owner: 'me', version: 1 }]), 1)
  await session.commit()
  await t.rejects(session.bulkUpdate(Image, [{ id, owner: 'late', version: 1 }]), {
    code: 'ROME_STALE_VERSION',
    context: { version: 1, versionStored: 2 },
  })
  const missing = crypto.randomUUID()
  await t.rejects(session.bulkUpdate(Image, [{ id: missing, owner: 'x', version: 1 }]), { code: 'ROME_STALE_VERSION' })
  await t.rejects(
    session.bulkUpdate(Image, [
      { id, owner: 'y' },
      { id: missing, owner: 'x' },
    ]),
    {
      code: 'ROME_NO_RESULT',
      context: { model: 'images', key: { id: missing } },
    },
  )
  t.equal((await session.getOrThrow(Image, id)).owner, 'me')
  session.delete(image)
  await session.commit()
  await t.rejects(session.bulkUpdate(Image, [{ id, owner: 'z' }]), { code: 'ROME_NO_RESULT' }, 'it is soft-deleted')
  t.equal(await session.bulkUpdate(Image, [{ id, deletedAt: null }], { withDeleted: true }), 1)
  t.equal((await session.get(Image, id))?.deletedAt, null)
})

t.test('rows of a bulk update hand unique values on, and one row may be given twice', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const [a, b] = [1, 2].map((slot) => session.add(create(Note, { title: `n${slot}`, slot })))
  await session.bulkUpdate(Note, [
    { title: 'n1', slot: 2 },
    { title: 'n2', slot: 1 },
    { title: 'n2', body: 'twice' },
  ])
  t.match([a, b], [{ slot: 2 }, { slot: 1, body: 'twice' }])
  t.equal((await session.query(Note).filterBy({ slot: 1 }).one()).title, 'n2')
})

onBothEngines('bulkDelete soft-deletes where the model can, erases on request, counts rows', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await using session = rome.session()
  const images = ['a', 'b'].map((name) => session.add(create(Image, { name })))
  const member = session.add(create(Member, { image: 'i', number: 7 }))
  await session.commit()
  const ids = images.map(({ id }) => id)
  t.equal(await session.bulkDelete(Image, [...ids, crypto.randomUUID(), ids[0]]), 2)
  t.ok(images[0].deletedAt instanceof Date, 'held entities follow')
  t.equal(images[0].version, 2)
  t.equal(await session.bulkDelete(Image, ids), 0, 'they are deleted already')
  t.equal(await session.bulkDelete(Image, later(ids), { hard: true }), 2)
  t.equal(session.stateOf(images[0]), 'deleted')
  t.equal(await session.bulkDelete(Member, [{ image: 'i', number: 7 }]), 1)
  await session.commit()
  t.equal(session.stateOf(member), 'detached')
  t.equal(await stored(rome, Image, ids[0]), undefined)
})

t.test('a row that is inserted beside an erased entity of its key is another entity, until a rollback', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const note = session.add(create(Note, { title: 'a', body: 'one' }))
  await session.commit()
  const transaction = await session.begin()
  session.delete(note)
  await session.flush()
  await session.bulkInsert(Note, [{ title: 'a', body: 'two' }])
  const second = await session.getOrThrow(Note, 'a')
  t.not(second, note)
  t.equal(second.body, 'two')
  await transaction.rollback()
  t.equal(session.stateOf(note), 'persistent')
  t.equal(await session.get(Note, 'a'), note)
  t.equal(note.body, 'one')
  t.equal(session.stateOf(second), 'detached')
})

t.test('a rollback takes back what bulk writes did to the store and to entities', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const notes = ['a', 'b'].map((title) => session.add(create(Note, { title })))
  await session.commit()
  await t.rejects(
    session.begin(async () => {
      await session.bulkInsert(Note, [titled('c')])
      await session.bulkUpdate(Note, [{ title: 'a', body: 'changed' }])
      await session.bulkDelete(Note, ['b'])
      t.equal(notes[0].body, 'changed')
      t.equal(session.stateOf(notes[1]), 'deleted')
      throw new Error('no')
    }),
  )
  t.equal(notes[0].body, '')
  t.equal(session.stateOf(notes[1]), 'persistent')
  t.equal(await session.query(Note).count(), 2)
})

t.test('a bulk write of new rows looks once behind what a table and an index have, then memory knows', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const reads: string[] = []
  const { engine } = rome.store
  const snapshot = engine.snapshot.bind(engine)
  engine.snapshot = () => {
    const taken = snapshot() as Awaited<ReturnType<typeof snapshot>>
    const { getMany, scan } = taken
    return Object.assign(taken, {
      getMany: (keys: readonly string[]) => {
        reads.push('keys')
        return getMany.call(taken, keys)
      },
      scan: (range: KeyRange, options?: ScanOptions) => {
        reads.push('range')
        return scan.call(taken, range, options)
      },
    })
  }
  await session.bulkInsert(
    Note,
    Array.from({ length: 2000 }, (_, at) => ({ title: `${at}`, slot: at })),
  )
  t.strictSame(reads, ['range', 'range'])
})

t.test('bulk writes see and write rows in scope only', async (t) => {
  const rome = await openRome(t, { models: [Ticket] })
  const sessionOf = (owner: string) => rome.session({ scopes: { tenant: { owner } } })
  await using ada = sessionOf('ada')
  await using bob = sessionOf('bob')
  await ada.bulkInsert(Ticket, [{ id: 1, owner: 'ada' }])
  await ada.commit()
  await t.rejects(bob.bulkInsert(Ticket, [{ id: 2, owner: 'ada' }]), { code: 'ROME_SCOPE_CHECK' })
  await t.rejects(bob.bulkUpdate(Ticket, [{ id: 1, text: 'x' }]), { code: 'ROME_NO_RESULT' })
  t.equal(await bob.bulkDelete(Ticket, [1]), 0)
  await t.rejects(ada.bulkUpdate(Ticket, [{ id: 1, owner: 'bob' }]), { code: 'ROME_SCOPE_CHECK' })
  t.equal(await ada.bulkDelete(Ticket, [1]), 1)
})

t.test('what is no row, no key and no collection is refused by name', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const wrong = (value: unknown) => value as never[]
  await t.rejects(session.bulkInsert(Note, wrong(undefined)), { code: 'ROME_UNDEFINED' })
  for (const value of ['text', 7, null, { title: 'a' }]) {
    await t.rejects(session.bulkInsert(Note, wrong(value)), { code: 'ROME_ARGUMENT' })
  }
  for (const row of [undefined, null, 'a', ['a']]) {
    await t.rejects(session.bulkInsert(Note, wrong([row])), { code: 'ROME_ARGUMENT' })
  }
  await t.rejects(session.bulkInsert(Note, wrong([{ titel: 'a' }])), { code: 'ROME_UNKNOWN_COLUMN' })
  await t.rejects(session.bulkInsert(Note, wrong([{ title: 'a', body: undefined }])), { code: 'ROME_UNDEFINED' })
  await t.rejects(session.bulkUpdate(Note, [{ body: 'a' }]), { code: 'ROME_UNDEFINED' })
  await t.rejects(session.bulkDelete(Note, wrong([undefined])), { code: 'ROME_UNDEFINED' })
  await t.rejects(session.bulkDelete(Note, ['a'], { soft: true } as object), { code: 'ROME_ARGUMENT' })
  await t.rejects(session.bulkInsert(Note, [titled('a')], { signal: AbortSignal.abort() }), { code: 'ROME_ABORTED' })
  const controller = new AbortController()
  function* abortsLater(): Iterable<{ title: string }> {
    for (let at = 0; at < 3000; at++) {
      if (at === 1200) controller.abort()
      yield titled(`${at}`)
    }
  }
  await t.rejects(session.bulkInsert(Note, abortsLater(), { signal: controller.signal }), { code: 'ROME_ABORTED' })
  t.equal(await session.query(Note).count(), 0)
  await t.rejects(session.bulkInsert(Note, session.query(Note).stream()), { code: 'ROME_SESSION_BUSY' })
  await session.close()
  await t.rejects(session.bulkInsert(Note, [titled('a')]), { code: 'ROME_CLOSED' })
})

t.test('entities of the model may be given, and count as their columns', async (t) => {
  const [here, there] = [await openLibrary(t), await openLibrary(t)]
  await here.transact((session) => session.addAll(['a', 'b'].map((name) => create(Author, { name }))))
  await using source = here.session()
  await there.transact((session) => session.bulkInsert(Author, source.query(Author).unmanaged()))
  await using target = there.session()
  t.same((await target.query(Author).all()).map(({ name }) => name).sort(), ['a', 'b'])
  t.ok((await readsOf(there, () => target.query(Author).count())) > 0)
})

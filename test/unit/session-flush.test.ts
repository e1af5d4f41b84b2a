import t from 'tap'
import { ConflictError, ConstraintError } from '../../lib/errors/rome-error.js'
import { create } from '../../lib/schema/create.js'
import { Image, liveSnapshots, Note, openRome, stored, time, valuesOf } from '../support/session-fixture.js'

t.test('an insert gives key, defaults, times and version to the entity', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'cirros' }))
  t.equal(image.id, undefined)
  await session.flush()
  t.match(image.id, /^[0-9a-f-]{36}$/)
  t.match(valuesOf(image), {
    owner: 'nobody',
    size: null,
    takenAt: null,
    tags: [],
    createdAt: time.now,
    updatedAt: time.now,
    deletedAt: null,
    version: 1,
  })
  await session.commit()
  t.same(valuesOf((await stored(rome, Image, image.id)) as Image), valuesOf(image))
})

t.test('keys and times that are given are stored as they are', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const given = {
    id: '0190b6a0-0000-7000-8000-000000000001',
    name: 'old',
    createdAt: new Date('2001-01-01T00:00:00Z'),
    updatedAt: new Date('2002-01-01T00:00:00Z'),
    deletedAt: new Date('2003-01-01T00:00:00Z'),
  }
  session.add(create(Image, given))
  await session.commit()
  t.match(await stored(rome, Image, given.id), { ...given, version: 1 })
})

t.test('an update bumps version and updatedAt, unless updatedAt was set by hand', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'cirros' }))
  await session.commit()
  time.now = new Date('2026-01-02T00:00:00Z')
  image.owner = 'me'
  await session.commit()
  t.match(valuesOf(image), { version: 2, updatedAt: time.now, createdAt: new Date('2026-01-01T00:00:00Z') })
  time.now = new Date('2026-01-03T00:00:00Z')
  image.updatedAt = new Date('2020-01-01T00:00:00Z')
  await session.commit()
  t.match(valuesOf(image), { version: 3, updatedAt: new Date('2020-01-01T00:00:00Z') })
  t.same(valuesOf((await stored(rome, Image, image.id)) as Image), valuesOf(image))
})

t.test('unchanged entities write nothing, values changed in place are found', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'a', takenAt: new Date(0), tags: ['x'] }))
  await session.commit()
  const { commits } = rome.stats()
  image.name = 'b'
  image.name = 'a'
  image.takenAt = new Date(0)
  image.tags = ['x']
  await session.commit()
  t.equal(rome.stats().commits, commits)
  t.equal(image.version, 1)
  image.takenAt?.setTime(1000)
  await session.commit()
  image.tags.push('y')
  await session.commit()
  t.equal(image.version, 3)
  t.match(await stored(rome, Image, image.id), { takenAt: new Date(1000), tags: ['x', 'y'] })
})

t.test('a commit without changes takes no snapshot', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await session.flush()
  t.equal(liveSnapshots(rome), 0)
  await session.commit()
  t.equal(rome.stats().commits, 0)
})

t.test('a primary key and a version cannot be changed by hand', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  const { id } = image
  image.id = '0190b6a0-0000-7000-8000-000000000001'
  await t.rejects(session.flush(), { code: 'ROME_ENTITY_STATE', message: /add a new entity with the new key/ })
  image.id = id
  image.version = 7
  await t.rejects(session.flush(), { code: 'ROME_ENTITY_STATE', message: /counted by Rome/ })
  image.version = 1
  image.owner = 'me'
  await session.commit()
  t.equal(image.version, 2)
})

t.test('a row that another session wrote is a conflict that names both versions', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Image, image.id)).owner = 'other'
  })
  image.name = 'b'
  await t.rejects(session.commit(), {
    code: 'ROME_STALE_VERSION',
    retryable: true,
    context: { model: 'images', key: { id: image.id }, version: 1, versionStored: 2 },
  })
  t.equal(image.name, 'a', 'rolled back')
  t.equal(session.stateOf(image), 'persistent')
  await session.get(Image, image.id)
  t.equal(image.owner, 'other')
  image.name = 'b'
  await session.commit()
  t.match(await stored(rome, Image, image.id), { name: 'b', owner: 'other', version: 3 })
})

t.test('deleting a row that another session wrote is a conflict too', async (t) => {
  const rome = await openRome(t)
  for (const remove of ['delete', 'hardDelete'] as const) {
    const session = rome.session()
    const image = session.add(create(Image, { name: 'a' }))
    await session.commit()
    await rome.transact(async (other) => {
      ;(await other.getOrThrow(Image, image.id)).owner = 'other'
    })
    session[remove](image)
    await t.rejects(session.commit(), { code: 'ROME_STALE_VERSION' })
    t.equal(session.stateOf(image), 'persistent')
    await session.refresh(image)
    session.hardDelete(image)
    await session.commit()
  }
})

t.test('without a version only the changed columns are laid over the row as it is now', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Note, 'a')).body = 'other'
  })
  note.count = 3
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'other', count: 3 })
  t.equal(note.body, 'other')
})

t.test('changing or deleting a row that another session erased is a conflict', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const notes = ['a', 'b'].map((title) => session.add(create(Note, { title })))
  await session.commit()
  await rome.transact(async (other) => {
    for (const title of ['a', 'b']) other.delete(await other.getOrThrow(Note, title))
  })
  notes[0].count = 1
  await t.rejects(session.commit(), { code: 'ROME_STALE_VERSION', context: { model: 'notes', key: { title: 'a' } } })
  session.delete(notes[1])
  await t.rejects(session.commit(), ConflictError)
})

t.test('the current row that an update is laid over is part of what the commit validates', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  note.count = 1
  await session.flush()
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Note, 'a')).body = 'other'
  })
  await t.rejects(session.commit(), { code: 'ROME_CONFLICT' })
  t.equal(note.count, 0)
})

t.test('a key can be deleted and inserted again in one flush', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const before = session.add(create(Note, { title: 'a', body: 'before', slot: 1 }))
  await session.commit()
  session.delete(before)
  const after = session.add(create(Note, { title: 'a', body: 'after', slot: 1 }))
  await session.commit()
  t.equal((await stored(rome, Note, 'a'))?.body, 'after')
  t.equal(session.stateOf(before), 'detached')
  t.equal(session.stateOf(after), 'persistent')
  t.equal(await session.get(Note, 'a'), after)
})

t.test(
  'unique values move between rows in one flush: freed by deletes and updates, and swapped in a circle',
  async (t) => {
    const rome = await openRome(t)
    const session = rome.session()
    const [a, b, c] = ['a', 'b', 'c'].map((title, slot) => session.add(create(Note, { title, slot })))
    await session.commit()
    session.delete(a)
    b.slot = 0
    session.add(create(Note, { title: 'd', slot: 1 }))
    await session.commit()
    t.same([(await stored(rome, Note, 'b'))?.slot, (await stored(rome, Note, 'd'))?.slot], [0, 1])
    b.slot = 2
    c.slot = 0
    await session.commit()
    t.same([(await stored(rome, Note, 'b'))?.slot, (await stored(rome, Note, 'c'))?.slot], [2, 0])
    c.slot = 1
    await t.rejects(session.commit(), { code: 'ROME_UNIQUE' }, 'd has it')
    c.slot = 0
    await session.commit()
  },
)

t.test('soft deletion frees a unique value for a new row in the same flush', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const old = session.add(create(Image, { name: 'cirros' }))
  await session.commit()
  session.delete(old)
  const next = session.add(create(Image, { name: 'cirros' }))
  await session.commit()
  t.equal((await stored(rome, Image, next.id))?.deletedAt, null)
})

t.test('a failed flush changes neither the session nor the transaction, and can be repaired', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const kept = session.add(create(Note, { title: 'kept', slot: 1 }))
  await session.flush()
  const first = session.add(create(Image, { name: 'first' }))
  const second = session.add(create(Note, { title: 'second', slot: 1 }))
  kept.body = 'changed'
  await t.rejects(session.flush(), ConstraintError)
  t.same(session.pending, [first, second])
  t.same(session.modified, [kept])
  t.equal(first.id, undefined, 'nothing generated stays')
  second.slot = 2
  await session.commit()
  t.equal((await stored(rome, Note, 'kept'))?.body, 'changed')
  t.ok(await stored(rome, Image, first.id))

  const nameless = session.add(new Image())
  await t.rejects(session.commit(), { code: 'ROME_VALUE_MISSING' })
  t.equal(session.stateOf(nameless), 'pending')
  kept.count = 'many' as unknown as number
  nameless.name = 'named'
  await t.rejects(session.commit(), { code: 'ROME_VALUE_TYPE' })
  await session.rollback()
  t.equal(session.stateOf(nameless), 'transient')
  t.equal(kept.count, 0)
})

t.test('inserting a stored key is refused', async (t) => {
  const rome = await openRome(t)
  await rome.transact((session) => session.add(create(Note, { title: 'a' })))
  const session = rome.session()
  session.add(create(Note, { title: 'a' }))
  await t.rejects(session.commit(), { code: 'ROME_PRIMARY_KEY_EXISTS' })
})

import t from 'tap'
import { create } from '../../lib/schema/create.js'
import { onBothEngines } from '../support/both-engines.js'
import { Book, openRome as openLibrary } from '../support/relations-fixture.js'
import { Image, Member, Note, openRome, stored, valuesOf } from '../support/session-fixture.js'

onBothEngines('an upsert inserts a row or lays values over it, and gives its entity', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await using session = rome.session()
  const note = await session.upsert(Note, { title: 'a', body: 'one', count: 1 })
  t.equal(session.stateOf(note), 'persistent', 'it is written')
  t.equal(await session.upsert(Note, { title: 'a', body: 'two' }), note, 'a held entity follows')
  t.match(note, { body: 'two', count: 1 })
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'two', count: 1, slot: null })
  const member = await session.upsert(Member, { image: 'i', number: 1, role: 'x' })
  t.equal(await session.upsert(Member, { image: 'i', number: 1, role: 'y' }), member)
})

onBothEngines('several rows are given back in their order, by key or by a unique index', async (t, engine) => {
  const rome = await openRome(t, { engine })
  const { id } = await rome.transact((other) => other.add(create(Image, { name: 'b', owner: 'before' })))
  await using session = rome.session()
  const images = await session.upsert(
    Image,
    ['a', 'b', 'c'].map((name) => ({ name, owner: 'after' })),
    { on: ['name'] },
  )
  t.same(
    images.map(({ name, owner, version }) => [name, owner, version]),
    [
      ['a', 'after', 1],
      ['b', 'after', 2],
      ['c', 'after', 1],
    ],
  )
  t.equal(images[1].id, id)
  t.same(await session.upsert(Image, []), [])
  await session.commit()
  t.match(await stored(rome, Image, id), { owner: 'after', version: 2 })
})

t.test('what is expected of a row is refused by name when it is not so, and nothing is written', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const held = session.add(create(Note, { title: 'a', slot: 1 }))
  await session.commit()
  const both = [
    { title: 'a', body: 'x' },
    { title: 'b', body: 'x' },
  ]
  await t.rejects(session.upsert(Note, both, { expect: 'present' }), {
    code: 'ROME_NO_RESULT',
    context: { model: 'notes', key: { title: 'b' } },
  })
  await t.rejects(session.upsert(Note, both, { expect: 'absent' }), { code: 'ROME_PRIMARY_KEY_EXISTS' })
  await t.rejects(session.upsert(Note, { title: 'c', slot: 1 }, { expect: 'absent', on: ['slot'] }), {
    code: 'ROME_UNIQUE',
  })
  await t.rejects(session.upsert(Note, { title: 'c', slot: 2 }, { expect: 'present', on: ['slot'] }), {
    code: 'ROME_NO_RESULT',
    context: { key: { slot: 2 } },
  })
  t.equal(held.body, '')
  t.same([session.pending, session.modified], [[], []])
  t.equal(await session.query(Note).count(), 1)
  t.equal((await session.upsert(Note, { title: 'a', body: 'y' }, { expect: 'present' })).body, 'y')
  t.equal((await session.upsert(Note, { title: 'b' }, { expect: 'absent' })).title, 'b')
})

t.test('an upsert that breaks a rule leaves entities as they were', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const [a, b] = [1, 2].map((slot) => session.add(create(Note, { title: `n${slot}`, slot })))
  await session.commit()
  await t.rejects(session.upsert(Note, [{ title: 'n1', slot: 2 }, { title: 'new' }]), { code: 'ROME_UNIQUE' })
  t.same([a.slot, b.slot], [1, 2])
  t.same(session.pending, [])
  await t.rejects(session.upsert(Note, { title: 'n1', count: 'many' } as object), { code: 'ROME_VALUE_TYPE' })
  t.equal(a.count, 0)
  await session.upsert(Note, [
    { title: 'n1', slot: 2 },
    { title: 'n2', slot: 1 },
  ])
  t.same([a.slot, b.slot], [2, 1], 'rows may hand unique values on to each other')
})

t.test('a version among the values is the one that the row must have', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const image = await session.upsert(Image, { id: crypto.randomUUID(), name: 'a' })
  await session.commit()
  const { id } = image
  await session.upsert(Image, { id, owner: 'me', version: 1 })
  await session.commit()
  t.equal(image.version, 2)
  await t.rejects(session.upsert(Image, { id, owner: 'late', version: 1 }), {
    code: 'ROME_STALE_VERSION',
    context: { key: { id }, version: 1, versionStored: 2 },
  })
  await t.rejects(session.upsert(Image, { name: 'gone', version: 1 }, { on: ['name'] }), { code: 'ROME_STALE_VERSION' })
  t.equal((await stored(rome, Image, id))?.owner, 'me')
})

t.test('a soft-deleted row is not present, unless the values say what becomes of its deletion', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  session.delete(image)
  await session.commit()
  const { id } = image
  await t.rejects(session.upsert(Image, { id, name: 'b' }, { expect: 'present' }), { code: 'ROME_NO_RESULT' })
  await t.rejects(session.upsert(Image, { id, name: 'b' }), { code: 'ROME_PRIMARY_KEY_EXISTS' })
  t.not((await session.upsert(Image, { name: 'a' }, { on: ['name'] })).id, id, 'its name is free')
  t.equal(await session.upsert(Image, { id, name: 'b', deletedAt: null }), image)
  t.equal(await session.get(Image, id), image)
  session.delete(image)
  await session.flush()
  t.equal(await session.upsert(Image, { id, deletedAt: null }), image)
  t.equal(session.stateOf(image), 'persistent')
  await session.commit()
  t.equal((await stored(rome, Image, id))?.deletedAt, null)
})

t.test('an entity whose row another session erased gives way to the one that is inserted', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const notes = ['a', 'b'].map((title) => session.add(create(Note, { title })))
  await session.commit()
  await rome.transact((other) => other.bulkDelete(Note, ['a', 'b']))
  const again = await session.upsert(Note, { title: 'a' })
  t.not(again, notes[0])
  const merged = await session.merge(create(Note, { title: 'b' }))
  t.not(merged, notes[1])
  t.equal(session.stateOf(merged), 'pending')
  await session.commit()
  t.equal(await session.query(Note).count(), 2)
})

t.test('what names no row is refused', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  const refusals: [() => Promise<unknown>, string][] = [
    [() => session.upsert(Image, { name: 'a' }), 'ROME_UNDEFINED'],
    [() => session.upsert(Image, { owner: 'a' }, { on: ['name'] }), 'ROME_UNDEFINED'],
    [() => session.upsert(Note, { title: 'a', slot: null }, { on: ['slot'] }), 'ROME_ARGUMENT'],
    [() => session.upsert(Image, { owner: 'a' }, { on: ['owner'] }), 'ROME_ARGUMENT'],
    [() => session.upsert(Image, { name: 'a' }, { on: [] }), 'ROME_ARGUMENT'],
    [() => session.upsert(Image, { name: 'a' }, { expect: 'maybe' } as object), 'ROME_ARGUMENT'],
    [() => session.upsert(Note, [{ title: 'a' }, { title: 'a' }]), 'ROME_ARGUMENT'],
    [() => session.upsert(Note, undefined as never), 'ROME_ARGUMENT'],
    [() => session.upsert(Note, { titel: 'a' } as object), 'ROME_UNKNOWN_COLUMN'],
    [() => session.upsert(Note, { title: undefined } as object), 'ROME_UNDEFINED'],
    [() => session.upsert(Image, { id: crypto.randomUUID(), name: 'a' }, { on: ['name'] }), 'ROME_ENTITY_STATE'],
  ]
  for (const [work, code] of refusals) await t.rejects(work(), { code }, work.toString())
  t.same(valuesOf(image), valuesOf((await stored(rome, Image, image.id)) as Image))
  t.equal(await session.query(Image).count(), 1)
})

t.test('a rollback takes an upsert back, and a foreign key is looked at', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  const transaction = await session.begin()
  await session.upsert(Note, [
    { title: 'a', body: 'x' },
    { title: 'b', body: 'x' },
  ])
  await transaction.rollback()
  t.equal(note.body, '')
  t.equal(await session.query(Note).count(), 1)

  const library = await openLibrary(t)
  await using other = library.session()
  const id = crypto.randomUUID()
  await t.rejects(other.upsert(Book, { id, title: 'a', authorId: id }), { code: 'ROME_FOREIGN_KEY' })
  t.same(other.pending, [])
})

t.test('two sessions that upsert one row: one is refused and may try again', async (t) => {
  const rome = await openRome(t)
  const add = () =>
    rome.transact(async (session) => {
      const before = await session.get(Note, 'counter')
      await session.upsert(Note, { title: 'counter', count: (before?.count ?? 0) + 1 })
    })
  await Promise.all([add(), add(), add()])
  t.equal((await stored(rome, Note, 'counter'))?.count, 3)
  await using reader = rome.session({ readOnly: true })
  await t.rejects(reader.upsert(Note, { title: 'a' }), { code: 'ROME_READ_ONLY' })
})

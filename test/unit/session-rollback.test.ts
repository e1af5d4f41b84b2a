import t from 'tap'
import { create } from '../../lib/schema/create.js'
import type { RomeSession } from '../../lib/session/session.js'
import { Image, liveSnapshots, Note, openRome, stored, valuesOf } from '../support/session-fixture.js'

/** Everything a rollback has to bring back. */
function pictureOf(session: RomeSession, entities: readonly object[]) {
  return {
    states: entities.map((entity) => session.stateOf(entity)),
    values: entities.map(valuesOf),
    pending: session.pending.map((entity) => entities.indexOf(entity)),
    modified: session.modified.map((entity) => entities.indexOf(entity)),
    deleted: session.deleted.map((entity) => entities.indexOf(entity)),
  }
}

t.test('rollback gives the committed values back, in place changes included', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'a', takenAt: new Date(0), tags: ['x'] }))
  await session.commit()
  const before = pictureOf(session, [image])
  image.name = 'b'
  image.takenAt?.setTime(5)
  image.tags.push('y')
  await session.rollback()
  t.same(pictureOf(session, [image]), before)

  image.name = 'b'
  await session.flush()
  t.equal(image.version, 2)
  image.owner = 'unflushed'
  await session.rollback()
  t.same(pictureOf(session, [image]), before)
  await session.commit()
  t.same(valuesOf((await stored(rome, Image, image.id)) as Image), before.values[0], 'nothing of it is written later')
})

t.test('rollback makes added entities transient and takes back only what Rome wrote into them', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = create(Image, { name: 'a' })
  session.add(image)
  image.owner = 'me'
  await session.flush()
  t.ok(image.id)
  await session.rollback()
  t.equal(session.stateOf(image), 'transient')
  t.match(valuesOf(image), { name: 'a', owner: 'me' })
  for (const property of ['id', 'size', 'createdAt', 'updatedAt', 'deletedAt', 'version'] as const)
    t.equal(image[property], undefined)
  await session.commit()
  t.equal(rome.stats().commits, 0, 'a rolled back entity is not written by the next commit')
  session.add(image)
  await session.commit()
  t.equal(image.version, 1)
})

t.test('rollback detaches what was loaded and restores what was deleted, expunged and replaced', async (t) => {
  const rome = await openRome(t)
  await rome.transact((s) => s.add(create(Note, { title: 'loaded' })))
  const session = rome.session()
  const notes = ['soft', 'hard', 'flushed', 'expunged', 'replaced'].map((title) => session.add(create(Note, { title })))
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  const all = [...notes, image]
  const before = pictureOf(session, all)

  const [, hard, flushed, expunged, replaced] = notes
  const loaded = await session.getOrThrow(Note, 'loaded')
  session.delete(image)
  session.delete(flushed)
  session.delete(replaced)
  await session.flush()
  const replacement = session.add(create(Note, { title: 'replaced' }))
  await session.flush()
  session.hardDelete(hard)
  session.expunge(expunged)
  const again = await session.getOrThrow(Note, 'expunged')
  t.not(again, expunged)
  await session.rollback()

  t.same(pictureOf(session, all), before)
  t.equal(session.stateOf(loaded), 'detached')
  t.equal(session.stateOf(again), 'detached')
  t.equal(session.stateOf(replacement), 'transient')
  for (const note of notes) t.equal(await session.get(Note, note.title), note)
  t.not(await session.get(Note, 'loaded'), loaded)
})

t.test('rollback brings an expunged entity back although another one of its row was loaded and deleted', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  session.expunge(note)
  const again = await session.getOrThrow(Note, 'a')
  session.delete(again)
  await session.rollback()
  t.equal(session.stateOf(note), 'persistent')
  t.equal(session.stateOf(again), 'detached')
  t.equal(await session.get(Note, 'a'), note)
})

t.test('what an insert generated is taken back also after the row was erased and inserted again', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.flush()
  session.hardDelete(image)
  await session.flush()
  session.add(image)
  await session.flush()
  await session.rollback()
  t.equal(session.stateOf(image), 'transient')
  for (const property of ['id', 'owner', 'createdAt', 'version'] as const) t.equal(image[property], undefined)
})

t.test('an entity that leaves by a rollback keeps what the user did, and not what Rome wrote', async (t) => {
  const rome = await openRome(t)
  const id = await rome.transact(async (s) => {
    const image = s.add(create(Image, { name: 'a' }))
    await s.flush()
    return image.id
  })
  const session = rome.session()
  const image = await session.getOrThrow(Image, id)
  image.name = 'b'
  await session.flush()
  t.equal(image.version, 2)
  await session.rollback()
  t.equal(session.stateOf(image), 'detached')
  t.match(valuesOf(image), { name: 'b', version: 1 })
  session.add(image)
  await session.commit()
  t.match(await stored(rome, Image, id), { name: 'b', version: 2 }, 'it can be added again')
})

t.test('rollback leaves an expunged entity alone that another session has taken', async (t) => {
  const rome = await openRome(t)
  const [session, other] = [rome.session(), rome.session()]
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  session.expunge(note)
  other.add(note)
  note.count = 9
  await session.rollback()
  t.equal(note.count, 9)
  t.equal(other.stateOf(note), 'persistent')
  await other.commit()
  t.equal((await stored(rome, Note, 'a'))?.count, 9)
})

t.test('a begin that throws brings back everything as it was at begin, unwritten changes included', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const clean = session.add(create(Note, { title: 'clean' }))
  const dirty = session.add(create(Image, { name: 'dirty', takenAt: new Date(0), tags: ['x'] }))
  const marked = session.add(create(Note, { title: 'marked' }))
  await session.commit()
  const pending = session.add(create(Note, { title: 'pending' }))
  dirty.takenAt?.setTime(7)
  dirty.tags.push('y')
  session.delete(marked)
  const all = [clean, dirty, marked, pending]
  const before = pictureOf(session, all)
  const error = new Error('mine')
  let added: Note | undefined
  await t.rejects(
    session.begin(async () => {
      clean.body = 'changed'
      dirty.takenAt?.setTime(8)
      dirty.tags.push('z')
      await session.flush()
      added = session.add(create(Note, { title: 'added' }))
      pending.body = 'more'
      session.add(marked)
      await session.flush()
      throw error
    }),
    error,
    'the very error of the function',
  )
  t.same(pictureOf(session, all), before)
  t.equal(session.stateOf(added as Note), 'transient')
  t.equal(liveSnapshots(rome), 0)
  await session.commit()
  t.equal(await stored(rome, Note, 'marked'), undefined)
  t.ok(await stored(rome, Note, 'pending'))
  t.equal(await stored(rome, Note, 'added'), undefined)
  t.same((await stored(rome, Image, dirty.id))?.tags, ['x', 'y'])
})

t.test('rollback after a rolled back begin still reaches the end of the last transaction', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a', body: 'committed' }))
  await session.commit()
  note.body = 'before begin'
  const pending = session.add(create(Note, { title: 'b' }))
  await t.rejects(session.begin(() => Promise.reject(new Error('no'))))
  t.equal(note.body, 'before begin')
  t.equal(session.stateOf(pending), 'pending')
  await session.rollback()
  t.equal(note.body, 'committed')
  t.equal(session.stateOf(pending), 'transient')
})

t.test(
  'a savepoint goes back within the transaction: memory, write buffer and what was flushed before it',
  async (t) => {
    const rome = await openRome(t)
    const session = rome.session()
    const note = session.add(create(Note, { title: 'a', body: 'one' }))
    await session.flush()
    note.body = 'two'
    const savepoint = await session.savepoint()
    note.body = 'three'
    const added = session.add(create(Note, { title: 'b' }))
    await session.flush()
    t.equal(savepoint.isActive, true)
    await savepoint.rollback()
    t.equal(savepoint.isActive, false)
    t.equal(note.body, 'two')
    t.equal(session.stateOf(note), 'persistent')
    t.equal(session.stateOf(added), 'transient')
    await t.rejects(savepoint.rollback(), { code: 'ROME_TRANSACTION_STATE' })
    await t.rejects(savepoint.release(), { code: 'ROME_TRANSACTION_STATE' })
    await session.commit()
    t.equal((await stored(rome, Note, 'a'))?.body, 'two')
    t.equal(await stored(rome, Note, 'b'), undefined)
  },
)

t.test('savepoints nest, and end with what is around them', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  const outer = await session.savepoint()
  note.count = 1
  const inner = await session.savepoint()
  note.count = 2
  await session.flush()
  await inner.release()
  t.equal(note.count, 2)
  const another = await session.savepoint()
  note.count = 3
  await outer.rollback()
  t.equal(note.count, undefined)
  t.equal(session.stateOf(note), 'pending')
  t.equal(another.isActive, false)
  const last = await session.savepoint()
  await session.commit()
  t.equal(last.isActive, false)
  t.equal((await stored(rome, Note, 'a'))?.count, 0)
})

t.test('a savepoint left by await using is rolled back unless it was released', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  {
    await using _ = await session.savepoint()
    note.body = 'lost'
  }
  t.equal(note.body, undefined)
  {
    await using kept = await session.savepoint()
    note.body = 'kept'
    await kept.release()
  }
  t.equal(note.body, 'kept')
})

t.test('a failed commit leaves the session rolled back and usable', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  await session.get(Note, 'missing')
  note.count = 1
  const added = session.add(create(Note, { title: 'b' }))
  await rome.transact((other) => other.add(create(Note, { title: 'missing' })))
  await t.rejects(session.commit(), { code: 'ROME_CONFLICT', retryable: true })
  t.equal(note.count, 0)
  t.equal(session.stateOf(added), 'transient')
  t.equal(liveSnapshots(rome), 0)
  t.equal(rome.stats().conflicts, 1)
  note.count = 2
  session.add(added)
  await session.commit()
  t.equal((await stored(rome, Note, 'a'))?.count, 2)
  t.ok(await stored(rome, Note, 'b'))
})

t.test('a begin whose commit fails goes back to begin, with what was loaded and changed before it', async (t) => {
  const rome = await openRome(t)
  await rome.transact((s) => s.add(create(Note, { title: 'a' })))
  const session = rome.session()
  const note = await session.getOrThrow(Note, 'a')
  note.body = 'unwritten'
  const collide = () =>
    rome.transact(async (other) => {
      ;(await other.getOrThrow(Note, 'a')).count++
    })
  await t.rejects(
    session.begin(async () => {
      note.body = 'in begin'
      await session.flush()
      await collide()
    }),
    { code: 'ROME_CONFLICT' },
  )
  t.equal(session.stateOf(note), 'persistent')
  t.equal(note.body, 'unwritten')
  t.same(session.modified, [note])
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'unwritten', count: 1 })

  note.body = 'flushed before begin'
  await session.flush()
  await t.rejects(session.begin(collide), { code: 'ROME_CONFLICT' })
  t.equal(note.body, 'unwritten', 'what was written before begin is lost with it')
  t.notOk(session.isModified(note))
})

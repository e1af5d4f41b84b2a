import t from 'tap'
import { ConflictError, QueryError, SchemaError, UsageError } from '../../lib/errors/rome-error.js'
import { create } from '../../lib/schema/create.js'
import { Image, liveSnapshots, Member, Note, openRome, stored } from '../support/session-fixture.js'

t.test('an entity goes from transient over pending and persistent to detached', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = create(Note, { title: 'a' })
  t.equal(session.stateOf(note), 'transient')
  t.equal(session.add(note), note, 'add gives the entity back')
  t.equal(session.stateOf(note), 'pending')
  t.same(session.pending, [note])
  await session.flush()
  t.equal(session.stateOf(note), 'persistent')
  await session.commit()
  t.equal(session.stateOf(note), 'persistent')
  session.delete(note)
  t.equal(session.stateOf(note), 'deleted')
  t.same(session.deleted, [note])
  await session.flush()
  t.equal(session.stateOf(note), 'deleted', 'erased in the transaction, but not committed')
  await session.commit()
  t.equal(session.stateOf(note), 'detached')
  t.equal(await stored(rome, Note, 'a'), undefined)
})

t.test('deleting a model with deletedAt keeps the row, hidden from get', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'cirros' }))
  await session.commit()
  session.delete(image)
  t.equal(await session.get(Image, image.id), undefined, 'hidden as soon as it is marked')
  t.equal(await session.get(Image, image.id, { withDeleted: true }), image)
  await session.flush()
  t.equal(session.stateOf(image), 'deleted')
  t.ok(image.deletedAt instanceof Date)
  await session.commit()
  t.equal(session.stateOf(image), 'persistent')
  t.equal(image.version, 2)
  t.equal(await session.get(Image, image.id), undefined)
  t.equal(await session.get(Image, image.id, { withDeleted: true }), image)
  t.same(await session.getMany(Image, [image.id], { withDeleted: true }), [image])
  await t.rejects(session.getOrThrow(Image, image.id), { code: 'ROME_NO_RESULT' })
})

t.test('deleting what is soft-deleted already keeps its time and its version', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'cirros' }))
  await session.commit()
  session.delete(image)
  await session.commit()
  const time = image.deletedAt
  const { commits } = rome.stats()
  session.delete(image)
  await session.commit()
  t.equal(rome.stats().commits, commits)
  t.equal(image.deletedAt, time)
  t.equal(image.version, 2)
  t.equal(session.stateOf(image), 'persistent')
})

t.test('hardDelete erases also what could be soft-deleted, before and after its soft delete was flushed', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const [first, second, third] = ['a', 'b', 'c'].map((name) => session.add(create(Image, { name })))
  await session.commit()
  session.hardDelete(first)
  session.delete(second)
  session.hardDelete(second)
  session.delete(third)
  await session.flush()
  session.hardDelete(third)
  session.delete(third)
  await session.commit()
  for (const image of [first, second, third]) {
    t.equal(session.stateOf(image), 'detached')
    t.equal(await stored(rome, Image, image.id), undefined)
  }
})

t.test('deleting a pending entity only takes it out of the session', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  session.delete(note)
  t.equal(session.stateOf(note), 'transient')
  await session.commit()
  t.equal(await stored(rome, Note, 'a'), undefined)
})

t.test('adding an entity that is marked for deletion keeps it, whether flushed or not', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  const image = session.add(create(Image, { name: 'b' }))
  await session.commit()

  session.delete(note)
  session.delete(image)
  session.add(note)
  session.add(image)
  t.equal(session.stateOf(note), 'persistent')
  t.equal(session.stateOf(image), 'persistent')
  await session.commit()

  session.delete(note)
  session.delete(image)
  await session.flush()
  session.add(note)
  session.add(image)
  t.equal(session.stateOf(note), 'pending', 'its row was erased, so it is inserted again')
  t.equal(session.stateOf(image), 'persistent')
  await session.commit()
  t.equal((await stored(rome, Note, 'a'))?.title, 'a')
  t.equal((await stored(rome, Image, image.id))?.deletedAt, null)
  t.equal(image.deletedAt, null)
})

t.test('expunged entities are detached or transient, and may join another session', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const other = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  const pending = session.add(create(Note, { title: 'b' }))
  session.expunge(pending)
  t.equal(session.stateOf(pending), 'transient')
  await session.commit()
  t.throws(() => other.add(note), { code: 'ROME_ENTITY_STATE' }, 'it still is in the first session')
  session.expunge(note)
  t.equal(session.stateOf(note), 'detached')
  other.add(note)
  t.equal(other.stateOf(note), 'persistent')
  note.body = 'changed'
  await other.commit()
  t.equal((await stored(rome, Note, 'a'))?.body, 'changed')
  t.equal(await stored(rome, Note, 'b'), undefined)
  t.not(await session.get(Note, 'a'), note, 'the first session loads one of its own')
})

t.test('a detached entity that is added again still finds out that its row was written meanwhile', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  session.expunge(image)
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Image, image.id)).owner = 'other'
  })
  session.add(image)
  image.name = 'mine'
  await t.rejects(session.commit(), ConflictError)
})

t.test('an entity of another store is inserted as a new one', async (t) => {
  const [here, there] = [await openRome(t), await openRome(t)]
  const source = here.session()
  const note = source.add(create(Note, { title: 'a', body: 'text' }))
  await source.commit()
  source.expunge(note)
  const target = there.session()
  target.add(note)
  t.equal(target.stateOf(note), 'pending')
  await target.commit()
  t.equal((await stored(there, Note, 'a'))?.body, 'text')
})

t.test('what is no entity is refused with the fix', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  class Stranger {}
  t.throws(
    () => session.add({ title: 'a' }),
    new SchemaError('ROME_SCHEMA_UNKNOWN_MODEL', 'make entities with create(Model, { … }): this is no entity', {
      context: { given: 'object' },
    }),
  )
  t.throws(() => session.add(null as unknown as object), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  t.throws(() => session.add('text' as unknown as object), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  t.throws(() => session.add(new Stranger()), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  t.throws(() => session.delete(create(Note, { title: 'a' })), { code: 'ROME_ENTITY_STATE' })
  t.throws(() => session.hardDelete(create(Note, { title: 'a' })), { code: 'ROME_ENTITY_STATE' })
  t.throws(() => session.expunge(create(Note, { title: 'a' })), { code: 'ROME_ENTITY_STATE' })
  await t.rejects(session.refresh(create(Note, { title: 'a' })), { code: 'ROME_ENTITY_STATE' })
  t.equal(session.isModified({}), false)
})

t.test('two entities of one session cannot have one key', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  session.add(create(Note, { title: 'a' }))
  await session.commit()
  t.throws(() => session.add(create(Note, { title: 'a' })), { code: 'ROME_ENTITY_STATE' })
  const late = session.add(new Note())
  late.title = 'a'
  await t.rejects(session.flush(), UsageError, 'found by the flush where add could not know it')
  late.title = 'b'
  await session.commit()
  t.ok(await stored(rome, Note, 'b'))
})

t.test('get gives one entity per row and does not read what the transaction met', async (t) => {
  const rome = await openRome(t, { cache: { bytes: 0 } })
  await rome.transact((session) => session.add(create(Note, { title: 'a' })))
  const session = rome.session()
  t.equal(liveSnapshots(rome), 0, 'no snapshot before the first read')
  const note = await session.get(Note, 'a')
  t.equal(liveSnapshots(rome), 1)
  const gets = () => (rome.store.engine as unknown as { stats(): { gets: number } }).stats().gets
  const before = gets()
  t.equal(await session.get(Note, 'a'), note)
  t.same(await session.getMany(Note, ['a', 'a']), [note, note])
  t.equal(gets(), before)
  t.equal(await session.get(Note, 'b'), undefined)
  t.same(await session.getMany(Note, ['b', 'a', 'c']), [undefined, note, undefined])
  await session.close()
  t.equal(liveSnapshots(rome), 0)
})

t.test('an entity whose row another session erased gives way once a read by key has found it gone', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const [first, second, changed] = ['a', 'b', 'c'].map((title) => session.add(create(Note, { title })))
  await session.commit()
  await rome.transact((other) => other.query(Note).everything().hardDelete())
  changed.body = 'changed'
  t.equal(await session.get(Note, 'a'), undefined)
  t.strictSame(await session.getMany(Note, ['b', 'c']), [undefined, undefined])
  t.equal(session.stateOf(first), 'deleted')
  t.equal(session.stateOf(changed), 'persistent', 'a change is not forgotten without a word')

  await session.rollback()
  t.equal(session.stateOf(first), 'persistent', 'what was found in a transaction goes with it')

  t.equal(await session.get(Note, 'a'), undefined)
  const successor = session.add(create(Note, { title: 'a', body: 'new' }))
  await session.commit()
  t.equal(session.stateOf(first), 'detached')
  t.equal(await session.get(Note, 'a'), successor)
  t.equal(session.stateOf(second), 'persistent')
})

t.test('get finds what was added and not flushed', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  t.equal(await session.get(Note, 'a'), note)
})

t.test('keys are values, objects or arrays, checked by the types of their columns', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const member = session.add(create(Member, { image: 'i', number: 7 }))
  const note = session.add(create(Note, { title: 'a' }))
  const image = session.add(create(Image, { name: 'n' }))
  await session.commit()
  t.equal(await session.get(Member, { number: 7, image: 'i' }), member)
  t.equal(await session.get(Member, ['i', 7]), member)
  t.equal(await session.get(Note, { title: 'a' }), note)
  t.equal(await session.get(Note, ['a']), note)
  t.equal(await session.get(Image, image.id.toUpperCase()), image, 'uuids are compared in their canonical form')
  const refusals: [object | string, string][] = [
    [undefined as unknown as string, 'ROME_ARGUMENT'],
    [['i'], 'ROME_ARGUMENT'],
    [['i', 7, 8], 'ROME_ARGUMENT'],
    [{ image: 'i', number: 7, role: 'x' }, 'ROME_ARGUMENT'],
    [{ image: 'i', number: null }, 'ROME_ARGUMENT'],
    [{ image: 'i', number: undefined }, 'ROME_UNDEFINED'],
    [{ image: 'i' }, 'ROME_UNDEFINED'],
    [['i', '7'], 'ROME_VALUE_TYPE'],
  ]
  for (const [key, code] of refusals) await t.rejects(session.get(Member, key), { code })
  await t.rejects(session.get(Note, undefined as unknown as string), { code: 'ROME_UNDEFINED' })
  await t.rejects(session.get(Note, null as unknown as string), { code: 'ROME_ARGUMENT' })
  await t.rejects(session.get(Note, 7), { code: 'ROME_VALUE_TYPE' })
  await t.rejects(session.getMany(Note, ['a', undefined as unknown as string]), { code: 'ROME_UNDEFINED' })
  await t.rejects(session.getOrThrow(Note, 'missing'), QueryError)
  t.equal(await session.getOrThrow(Note, 'a'), note)
})

t.test('refresh takes the row of the transaction and forgets unwritten changes', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a', body: 'one' }))
  await session.commit()
  note.body = 'two'
  t.ok(session.isModified(note))
  t.same(session.modified, [note])
  await session.refresh(note)
  t.equal(note.body, 'one')
  t.notOk(session.isModified(note))
  await session.commit()
  await rome.transact(async (other) => other.delete(await other.getOrThrow(Note, 'a')))
  await t.rejects(session.refresh(note), { code: 'ROME_NO_RESULT' })
  session.delete(note)
  await t.rejects(session.refresh(note), { code: 'ROME_ENTITY_STATE' })
})

t.test(
  'an entity is refreshed by the first read of a later transaction, unless it has unwritten changes',
  async (t) => {
    const rome = await openRome(t)
    const session = rome.session()
    const note = session.add(create(Note, { title: 'a', body: 'one' }))
    await session.commit()
    await rome.transact(async (other) => {
      ;(await other.getOrThrow(Note, 'a')).body = 'two'
    })
    t.equal(note.body, 'one', 'nothing is read behind a property access')
    t.equal(await session.get(Note, 'a'), note)
    t.equal(note.body, 'two')
    await session.commit()
    await rome.transact(async (other) => {
      ;(await other.getOrThrow(Note, 'a')).body = 'three'
    })
    note.count = 5
    await session.get(Note, 'a')
    t.equal(note.body, 'two', 'a changed entity stays as the user made it')
    await session.commit()
    t.equal(note.body, 'three', 'and takes over the rest of its row when it is written')
    t.match(await stored(rome, Note, 'a'), { body: 'three', count: 5 })
  },
)

t.test('the record of an entity is invisible', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  t.same(Reflect.ownKeys(note), ['title', 'body', 'count', 'slot'])
  t.equal(JSON.stringify(note), '{"title":"a","body":"","count":0,"slot":null}')
})

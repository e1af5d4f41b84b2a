import { join } from 'node:path'
import t from 'tap'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { EngineError } from '../../lib/errors/rome-error.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import type { Change, ChangeFeed } from '../../lib/session/change-feed.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { Author, Book, engines, openLibrary } from '../support/library-fixture.js'
import { Image, Member, models, Note, openRome } from '../support/session-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

async function take<T>(feed: ChangeFeed<T>, count: number): Promise<Change<T>[]> {
  const changes: Change<T>[] = []
  while (changes.length < count) {
    const { value, done } = await feed.next()
    if (done) throw new Error('the feed has ended')
    changes.push(value)
  }
  return changes
}

/** In short: kind, model, key. */
const short = (change: Change<object>) => {
  const kind = change.kind === 'delete' ? change.deletion : change.kind
  return `${kind} ${change.model.name} ${JSON.stringify(change.key)}`
}

for (const [name, engine] of Object.entries(engines)) {
  t.test(`${name}: every kind of change comes as what it did to the row`, async (t) => {
    const rome = await openRome(t, { engine: engine(t) })
    const feed = rome.watch(Image)
    const session = rome.session()
    const image = session.add(create(Image, { name: 'cirros', tags: ['small'] }))
    await session.commit()
    image.owner = 'demo'
    await session.commit()
    session.delete(image)
    await session.commit()
    await session.query(Image).withDeleted().filter(fields(Image).name.eq('cirros')).update({ owner: 'hidden' })
    await session.commit()
    await session.query(Image).withDeleted().filter(fields(Image).name.eq('cirros')).update({ deletedAt: null })
    await session.commit()
    session.hardDelete(image)
    await session.commit()
    const changes = await take(feed, 6)
    t.strictSame(
      changes.map((change) => [change.kind, change.kind === 'delete' && change.deletion, change.values?.owner]),
      [
        ['insert', false, 'nobody'],
        ['update', false, 'demo'],
        ['delete', 'soft', 'demo'],
        ['update', false, 'hidden'],
        ['restore', false, 'hidden'],
        ['delete', 'hard', undefined],
      ],
    )
    t.ok(changes.every(({ key, model }) => key === image.id && model === Image))
    t.strictSame(changes[0]?.values?.tags, ['small'])
    t.ok(changes[0]?.values?.createdAt instanceof Date)
    await feed.return()
  })

  t.test(`${name}: what a transaction did to a row several times comes as one change`, async (t) => {
    const rome = await openRome(t, { engine: engine(t) })
    const session = rome.session()
    session.add(create(Note, { title: 'there' }))
    await session.commit()
    const feed = rome.watch()
    // Inserted, changed, taken back by a savepoint, inserted again.
    const fresh = session.add(create(Note, { title: 'fresh' }))
    await session.flush()
    const savepoint = await session.savepoint()
    fresh.body = 'changed'
    await session.flush()
    session.delete(fresh)
    await session.flush()
    await savepoint.rollback()
    fresh.count = 3
    // Came and went.
    const brief = session.add(create(Note, { title: 'brief' }))
    await session.flush()
    session.delete(brief)
    // Erased and inserted again.
    session.delete(await session.getOrThrow(Note, 'there'))
    await session.flush()
    session.add(create(Note, { title: 'there', body: 'again' }))
    await session.commit()
    t.strictSame((await take(feed, 2)).map(short), ['insert Note "fresh"', 'update Note "there"'])
    const after = feed.position
    session.add(create(Member, { image: 'i', number: 7 }))
    await session.commit()
    t.strictSame((await take(feed, 1)).map(short), ['insert Member {"image":"i","number":7}'])
    await feed.return()
    t.strictSame((await take(rome.watch({ after }), 1)).map(short), ['insert Member {"image":"i","number":7}'])
  })

  t.test(`${name}: a feed goes on after any change, also in the middle of a commit`, async (t) => {
    const rome = await openRome(t, { engine: engine(t) })
    const session = rome.session()
    const start = await session.position()
    for (const round of [1, 2, 3]) {
      session.addAll([1, 2, 3].map((number) => create(Note, { title: `${round}.${number}` })))
      session.add(create(Image, { name: `${round}` }))
      await session.commit()
    }
    const all = await take(rome.watch([Note, Image], { after: start }), 12)
    const notes = await take(rome.watch(Note, { after: start }), 9)
    t.strictSame(notes.map(({ key }) => key).slice(0, 4), ['1.1', '1.2', '1.3', '2.1'])
    for (const [at, { position }] of all.entries()) {
      const rest = all.slice(at + 1).map(short)
      const feed = rome.watch([Note, Image], { after: position })
      t.strictSame((await take(feed, rest.length)).map(short), rest)
      await feed.return()
    }
    for (const [at, { position }] of notes.entries()) {
      const rest = notes.slice(at + 1).map(short)
      t.strictSame((await take(rome.watch(Note, { after: position }), rest.length)).map(short), rest)
    }
  })

  t.test(
    `${name}: a snapshot and the feed from its position are the whole, whatever is committed meanwhile`,
    async (t) => {
      const rome = await openRome(t, { engine: engine(t) })
      const count = 60
      let committed = 0
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let round = 0; round < count / 4; round++) {
          await rome.transact((session) => session.add(create(Note, { title: `${writer}.${round}` })))
          committed++
        }
      })
      const followers = [0, 10, 30, 50].map(async (begin) => {
        while (committed < begin) await new Promise((resolve) => setImmediate(resolve))
        await using session = rome.session()
        const after = await session.position()
        await new Promise((resolve) => setTimeout(resolve, 2))
        const seen = (await session.query(Note).all()).map(({ title }) => title)
        const feed = rome.watch(Note, { after })
        for (const { key } of await take(feed, count - seen.length)) seen.push(String(key))
        await feed.return()
        t.equal(new Set(seen).size, count, 'each once')
      })
      await Promise.all([...writers, ...followers])
    },
  )

  t.test(`${name}: closing the Rome, the signal and return end a feed that waits`, async (t) => {
    const rome = await Rome.open({ engine: engine(t), models })
    const controller = new AbortController()
    const [closed, aborted, returned] = [
      rome.watch(Note),
      rome.watch(Note, { signal: controller.signal }),
      rome.watch(Note),
    ]
    const waiting = [closed.next(), returned.next()]
    const failing = t.rejects(aborted.next(), { code: 'ROME_ABORTED' })
    controller.abort()
    await failing
    await returned.return()
    {
      await using disposed = rome.watch()
      t.equal(disposed.position, undefined)
    }
    await rome.close()
    t.strictSame(
      (await Promise.all(waiting)).map(({ done }) => done),
      [true, true],
    )
    t.throws(() => rome.watch(Note), { code: 'ROME_CLOSED' })
  })
}

t.test('a feed that comes too late is told from where it can go on', async (t) => {
  const rome = await openRome(t, { engine: memory({ keepLog: { bytes: 1000 } }) })
  const session = rome.session()
  const after = await session.position()
  for (let number = 0; number < 30; number++) {
    session.add(create(Note, { title: `${number}`, body: 'x'.repeat(100) }))
    await session.commit()
  }
  const error = await rome
    .watch(Note, { after })
    .next()
    .then(
      () => undefined,
      (error: EngineError) => error,
    )
  t.equal(error?.code, 'ROME_CHANGES_GONE')
  const [next] = await take(rome.watch(Note, { after: error?.context.position as string }), 1)
  t.ok(Number(next?.key) > 0)
})

t.test('positions of other stores, changed ones and those of later copies are refused', async (t) => {
  const rome = await openRome(t)
  const other = await openRome(t)
  await using session = other.session()
  session.add(create(Note, { title: 'a' }))
  await session.commit()
  const position = await session.position()
  for (const after of [position, `${position}A`, '', 'no position']) {
    t.throws(() => rome.watch(Note, { after }), { code: 'ROME_POSITION' })
  }
  t.throws(() => rome.watch(Note, { after: 5 as unknown as string }), { code: 'ROME_ARGUMENT' })
  t.throws(() => rome.watch(Author), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
})

t.test('rows that follow a foreign key and rows between entities are in the feed', async (t) => {
  const rome = await openLibrary(t)
  const session = rome.session()
  const author = create(Author, { id: 'austen' })
  session.add(create(Book, { id: 'emma', author }))
  await session.commit()
  const feed = rome.watch()
  session.hardDelete(author)
  await session.commit()
  t.strictSame((await take(feed, 2)).map(short).sort(), ['hard Author "austen"', 'hard Book "emma"'])
  await feed.return()
})

t.test('values come as the models are now', async (t) => {
  const path = join(temporaryDirectory(t), 'store')
  const Old = defineEntity('things', { id: primaryKey(types.string()) })
  const New = defineEntity('things', { id: primaryKey(types.string()), stars: types.integer().default(5) })
  const before = await Rome.open({ engine: level(path), models: [Old] })
  const session = before.session()
  const after = await session.position()
  session.add(create(Old, { id: 'a' }))
  await session.commit()
  await before.close()
  const now = await Rome.open({ engine: level(path), models: [New] })
  t.strictSame((await take(now.watch(New, { after }), 1))[0]?.values, { id: 'a', stars: 5 })
  await now.close()
})

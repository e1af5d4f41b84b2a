import t from 'tap'
import { ConflictError, type UsageError } from '../../lib/errors/rome-error.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import { hookEvents } from '../../lib/session/hook-events.js'
import type { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { Author, Book, openLibrary } from '../support/library-fixture.js'
import { Image, liveSnapshots, Note, openRome, stored } from '../support/session-fixture.js'

/** Notes every event of a Rome or a session, with what it is about. */
function record(source: Rome | RomeSession, log: string[], name = ''): void {
  for (const event of hookEvents) {
    const note = (first: object, second?: object) => {
      const context = (second ?? first) as { event: string; deletion?: string; isSavepoint?: boolean }
      const about =
        second === undefined ? '' : ` ${(first as { name?: string; title?: string }).name ?? (first as Note).title}`
      const more = context.deletion ?? (context.isSavepoint ? 'savepoint' : undefined)
      log.push(`${name}${context.event}${about}${more === undefined ? '' : ` ${more}`}`)
    }
    source.on(event as 'beforeInsert', note)
  }
}

const take = (log: string[]) => log.splice(0)

t.test('the events of a commit come in the order of the table', async (t) => {
  const rome = await openRome(t)
  const log: string[] = []
  const session = rome.session()
  const [changed, softened, erased] = ['changed', 'softened', 'erased'].map((name) =>
    session.add(create(Image, { name })),
  )
  await session.commit()
  record(rome, log)
  session.add(create(Note, { title: 'new' }))
  changed.owner = 'demo'
  session.delete(softened)
  session.hardDelete(erased)
  await session.commit()
  t.strictSame(take(log), [
    'beforeCommit',
    'beforeFlush',
    'beforeDelete erased hard',
    'beforeDelete softened soft',
    'beforeUpdate changed',
    'beforeInsert new',
    'afterDelete erased hard',
    'afterDelete softened soft',
    'afterUpdate changed',
    'afterInsert new',
    'afterFlush',
    'afterCommit',
  ])
  await session.commit()
  t.strictSame(take(log), ['beforeCommit', 'afterCommit'], 'a flush with nothing to write fires nothing')
})

t.test('hooks of the Rome come before those of the session, each in order of registration', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const order: string[] = []
  session.on('beforeInsert', Note, () => order.push('session'))
  rome.on('beforeInsert', Note, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push('first')
  })
  const stop = rome.on('beforeInsert', () => order.push('every model'))
  session.add(create(Note, { title: 'a' }))
  session.add(create(Image, { name: 'a' }))
  await session.commit()
  t.strictSame(order, ['first', 'every model', 'session', 'every model'])
  stop()
  stop()
  session.add(create(Note, { title: 'b' }))
  await session.commit()
  t.strictSame(order.slice(4), ['first', 'session'])
  const other = rome.session()
  other.add(create(Note, { title: 'c' }))
  await other.commit()
  t.strictSame(order.slice(6), ['first'], 'hooks of a session are its own')
})

t.test('a before hook changes its entity, and the same flush writes that', async (t) => {
  const rome = await openRome(t)
  rome.on('beforeInsert', Note, (note) => {
    note.body = note.title.toUpperCase()
  })
  rome.on('beforeUpdate', Note, (note) => {
    note.count++
  })
  rome.on('beforeDelete', Image, (image) => {
    image.owner = 'gone'
  })
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  const image = session.add(create(Image, { name: 'i' }))
  await session.commit()
  t.equal((await stored(rome, Note, 'a'))?.body, 'A')
  note.body = 'b'
  session.delete(image)
  await session.commit()
  t.equal((await stored(rome, Note, 'a'))?.count, 1)
  t.equal((await stored(rome, Image, image.id))?.owner, 'gone')
})

t.test('what hooks add, change and delete is written by the same flush, with hooks of its own', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const [other, extra] = ['other', 'extra'].map((title) => session.add(create(Note, { title })))
  await session.commit()
  const log: string[] = []
  record(rome, log)
  rome.on('beforeInsert', Image, (image, { session }) => {
    session.add(create(Note, { title: `about ${image.name}` }))
    other.count = 9
    session.delete(extra)
  })
  rome.on('afterInsert', Image, (image, { session }) => {
    session.add(create(Note, { title: `id ${image.id.length}` }))
  })
  session.add(create(Image, { name: 'cirros' }))
  await session.flush()
  t.strictSame(take(log), [
    'beforeFlush',
    'beforeInsert cirros',
    'beforeDelete extra hard',
    'beforeUpdate other',
    'beforeInsert about cirros',
    'afterDelete extra hard',
    'afterUpdate other',
    'afterInsert cirros',
    'afterInsert about cirros',
    'beforeInsert id 36',
    'afterInsert id 36',
    'afterFlush',
  ])
  await session.commit()
  t.equal((await stored(rome, Note, 'id 36'))?.title, 'id 36')
  t.equal(await stored(rome, Note, 'extra'), undefined)
  t.equal((await stored(rome, Note, 'other'))?.count, 9)
})

t.test('hooks that never come to an end are stopped by an error, and everything is as before', async (t) => {
  const rome = await openRome(t)
  let count = 0
  rome.on('beforeInsert', Note, (_, { session }) => {
    session.add(create(Note, { title: `note ${++count}` }))
  })
  const session = rome.session()
  const first = session.add(create(Note, { title: 'first' }))
  await t.rejects(session.commit(), { code: 'ROME_HOOK_LOOP' })
  t.strictSame(session.pending, [first])
  t.equal(await stored(rome, Note, 'first'), undefined)
})

for (const event of ['beforeInsert', 'afterInsert', 'beforeFlush', 'afterFlush', 'beforeCommit'] as const) {
  t.test(`an error in ${event} fails the commit, and everything is as before`, async (t) => {
    const rome = await openRome(t)
    const session = rome.session()
    const known = session.add(create(Note, { title: 'known', body: 'stored' }))
    await session.commit()
    let fails = true
    const fail = (context: object, more?: { session: RomeSession }) => {
      const of = more?.session ?? (context as { session: RomeSession }).session
      if (!fails) return
      known.body = 'changed by the hook'
      of.add(create(Note, { title: 'by the hook' }))
      throw new Error('refused')
    }
    session.on(event as 'beforeInsert', fail)
    const note = session.add(create(Note, { title: 'new' }))
    known.count = 5
    await t.rejects(session.commit(), { message: 'refused' })
    t.strictSame(session.pending, [note])
    t.strictSame([known.body, known.count], ['stored', 5], 'changes of the user stay, those of the hook go')
    t.equal(session.stateOf(note), 'pending')
    t.equal(await stored(rome, Note, 'new'), undefined)
    fails = false
    await session.commit()
    t.equal((await stored(rome, Note, 'new'))?.title, 'new')
    t.equal((await stored(rome, Note, 'known'))?.body, 'stored')
    t.equal(await stored(rome, Note, 'by the hook'), undefined)
  })
}

t.test('a flush that fails by a value takes back what hooks did for it', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  session.on('beforeCommit', ({ session }) => session.add(create(Note, { title: 'by the hook' })))
  const wrong = session.add(create(Note, { title: 'wrong', count: 1 }))
  wrong.count = 0.5
  await t.rejects(session.commit(), { code: 'ROME_VALUE_INVALID' })
  t.strictSame(session.pending, [wrong])
  wrong.count = 2
  await session.commit()
  t.equal((await stored(rome, Note, 'by the hook'))?.title, 'by the hook')
})

t.test('an error after the commit goes to the logger, and the rest goes on', async (t) => {
  const warnings: unknown[] = []
  const rome = await openRome(t, { logger: { warn: (message, { event }) => warnings.push([message, event]) } })
  const told: string[] = []
  rome.on('afterCommit', () => {
    throw new Error('too late')
  })
  rome.on('afterCommit', () => told.push('second'))
  for (const event of ['beforeRollback', 'afterRollback'] as const) {
    rome.on(event, async () => {
      throw new Error(event)
    })
  }
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  t.strictSame(told, ['second'])
  note.body = 'b'
  await session.flush()
  await session.rollback()
  t.equal(note.body, '')
  const message = 'a hook failed where nothing can be undone by it: the rest went on'
  t.strictSame(warnings, [
    [message, 'afterCommit'],
    [message, 'beforeRollback'],
    [message, 'afterRollback'],
  ])
  t.equal((await stored(rome, Note, 'a'))?.title, 'a')
})

t.test('afterCommit comes once, when the outermost commit is stored', async (t) => {
  const rome = await openRome(t)
  const log: string[] = []
  const session = rome.session()
  record(session, log)
  session.on('afterCommit', async () => {
    log.push(`stored: ${(await stored(rome, Note, 'inner')) !== undefined}`)
  })
  await session.begin(async () => {
    await session.begin(() => {
      session.add(create(Note, { title: 'inner' }))
    })
    t.strictSame(take(log), [], 'a begin within another ends without an event')
    await (await session.savepoint()).release()
    await session.flush()
    t.strictSame(take(log), ['beforeFlush', 'beforeInsert inner', 'afterInsert inner', 'afterFlush'])
  })
  t.strictSame(take(log), ['beforeCommit', 'afterCommit', 'stored: true'])
})

t.test('a rollback is told before and after, a savepoint as such', async (t) => {
  const rome = await openRome(t)
  const log: string[] = []
  const session = rome.session()
  record(session, log)
  const seen: number[] = []
  session.on('beforeRollback', () => seen.push(session.pending.length))
  session.on('afterRollback', () => seen.push(session.pending.length))
  await t.rejects(
    session.begin(async () => {
      session.add(create(Note, { title: 'outer' }))
      const savepoint = await session.savepoint()
      session.add(create(Note, { title: 'inner' }))
      await savepoint.rollback()
      t.strictSame(take(log), ['beforeRollback savepoint', 'afterRollback savepoint'])
      await t.rejects(
        session.begin(() => {
          throw new Error('inner')
        }),
      )
      t.strictSame(take(log), ['beforeRollback savepoint', 'afterRollback savepoint'])
      throw new Error('outer')
    }),
  )
  t.strictSame(take(log), ['beforeRollback', 'afterRollback'])
  t.strictSame(seen, [2, 1, 1, 1, 1, 0])
})

t.test('a commit that loses against another is told as one rollback', async (t) => {
  const rome = await openRome(t)
  const first = rome.session()
  const note = first.add(create(Note, { title: 'a' }))
  await first.commit()
  const log: string[] = []
  await first.get(Note, 'a')
  record(first, log)
  await rome.transact(async (session) => {
    const same = await session.getOrThrow(Note, 'a')
    same.count++
  })
  note.count = 7
  await t.rejects(first.commit(), ConflictError)
  t.strictSame(take(log), [
    'beforeCommit',
    'beforeFlush',
    'beforeUpdate a',
    'afterUpdate a',
    'afterFlush',
    'beforeRollback',
    'afterRollback',
  ])
})

t.test('closing a session in a transaction tells its rollback', async (t) => {
  const rome = await openRome(t)
  const log: string[] = []
  const session = rome.session()
  record(session, log)
  session.add(create(Note, { title: 'a' }))
  await session.flush()
  take(log)
  await session.close()
  t.strictSame(take(log), ['beforeRollback', 'afterRollback'])
  const idle = rome.session()
  record(idle, log)
  await idle.close()
  t.strictSame(log, [])
  t.equal(liveSnapshots(rome), 0)
})

t.test('related entities come to their hooks by the cascades of the session, not those of the rows', async (t) => {
  const rome = await openLibrary(t)
  const log: string[] = []
  for (const event of ['beforeInsert', 'afterInsert', 'beforeDelete', 'afterDelete'] as const) {
    rome.on(event, (entity) => log.push(`${event} ${entity.constructor.name}`))
  }
  const session = rome.session()
  const author = create(Author, { id: 'austen' })
  session.add(create(Book, { id: 'emma', author }))
  await session.commit()
  t.strictSame(take(log).sort(), ['afterInsert Author', 'afterInsert Book', 'beforeInsert Author', 'beforeInsert Book'])
  session.hardDelete(author)
  await session.commit()
  t.strictSame(take(log), ['beforeDelete Author', 'afterDelete Author'], 'the book went by its foreign key')
  t.equal(await session.query(Book).withDeleted().count(), 0)
})

t.test('changes by query and bulk writes call no entity hooks', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  session.add(create(Note, { title: 'a' }))
  await session.commit()
  const log: string[] = []
  record(rome, log)
  await session.query(Note).filterBy({ title: 'a' }).update({ body: 'b' })
  await session.query(Note).filterBy({ title: 'a' }).delete()
  await session.bulkInsert(Note, [{ title: 'b' }])
  await session.bulkUpdate(Note, [{ title: 'b', body: 'c' }])
  await session.bulkDelete(Note, ['b'])
  await session.commit()
  t.strictSame(log, ['beforeCommit', 'afterCommit'])
})

t.test('a hook reads without a flush, and changes by query', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  session.add(create(Note, { title: 'stored' }))
  await session.commit()
  const counts: number[] = []
  session.on('beforeInsert', Note, async () => {
    counts.push(await session.query(Note).count())
    await session.getOrThrow(Note, 'stored')
    await session.query(Note).filterBy({ title: 'stored' }).update({ body: 'seen' })
  })
  session.on('afterInsert', Note, async () => counts.push(await session.query(Note).count()))
  session.add(create(Note, { title: 'new' }))
  t.equal(await session.query(Note).count(), 2, 'a query that flushes calls hooks too')
  t.strictSame(counts, [1, 2])
  await session.commit()
  t.equal((await stored(rome, Note, 'stored'))?.body, 'seen')
})

t.test('a hook may not flush, end, begin or close in its session', async (t) => {
  const rome = await openRome(t)
  const codes: unknown[] = []
  const session = rome.session()
  const events = ['beforeFlush', 'beforeCommit', 'afterCommit', 'beforeRollback', 'afterRollback'] as const
  for (const event of events) {
    session.on(event, async ({ session }) => {
      const refused: (() => Promise<unknown>)[] = [
        () => session.flush(),
        () => session.commit(),
        () => session.rollback(),
        () => session.begin(),
        () => session.savepoint(),
        () => session.close(),
      ]
      for (const run of refused) await run().catch((error: UsageError) => codes.push(error.code))
    })
  }
  session.add(create(Note, { title: 'a' }))
  await session.commit()
  await session.rollback()
  t.strictSame(
    codes,
    Array.from({ length: 30 }, () => 'ROME_IN_HOOK'),
  )
  const transaction = await session.begin()
  session.on('beforeInsert', async () => {
    await t.rejects(transaction.commit(), { code: 'ROME_IN_HOOK' })
    await t.rejects(transaction.rollback(), { code: 'ROME_IN_HOOK' })
  })
  session.add(create(Note, { title: 'b' }))
  await transaction.commit()
  t.equal((await stored(rome, Note, 'b'))?.title, 'b')
})

t.test('a hook does one thing at a time, and what it did not await ends before the flush goes on', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  let found: Promise<unknown> | undefined
  session.on('beforeInsert', Note, async () => {
    found = session.query(Note).all()
    await t.rejects(session.query(Note).all(), { code: 'ROME_SESSION_BUSY' })
  })
  session.add(create(Note, { title: 'a' }))
  await session.commit()
  t.strictSame(await found, [])
  t.equal(await session.query(Note).count(), 1)
})

t.test('an outer rollback takes back what a hook did in a flush that went well', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  session.on('beforeInsert', Image, (image) => {
    image.owner = 'hook'
  })
  const image = create(Image, { name: 'a' })
  await t.rejects(
    session.begin(async () => {
      session.add(image)
      await session.flush()
      t.equal(image.owner, 'hook')
      throw new Error('undo')
    }),
  )
  t.equal(session.stateOf(image), 'transient')
  t.equal(await session.query(Image).filter(fields(Image).name.eq('a')).count(), 0)
})

t.test('wrong events, models and functions are refused', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  for (const source of [rome, session]) {
    t.throws(() => source.on('beforeLunch' as 'beforeFlush', () => undefined), { code: 'ROME_ARGUMENT' })
    t.throws(() => source.on('beforeFlush', 'no function' as unknown as () => void), { code: 'ROME_ARGUMENT' })
    t.throws(() => source.on('beforeFlush' as 'beforeInsert', Note, () => undefined), { code: 'ROME_ARGUMENT' })
    t.throws(() => source.on('beforeInsert', Author, () => undefined), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  }
  await session.close()
  t.throws(() => session.on('beforeFlush', () => undefined), { code: 'ROME_CLOSED' })
})

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { UsageError } from '../../lib/errors/rome-error.js'
import type { Row } from '../../lib/records/row.js'
import type { Table } from '../../lib/records/table.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import type { RomeSession } from '../../lib/session/session.js'
import { Image, liveSnapshots, Note, openRome, stored } from '../support/session-fixture.js'

t.test('begin commits what its function did and gives its result', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = await session.begin(() => session.add(create(Note, { title: 'a' })))
  t.equal(note.title, 'a')
  t.equal(session.stateOf(note), 'persistent')
  t.equal(await session.begin({ isolation: 'snapshot' }, (tx) => sleep(1, tx.isActive)), true)
  t.ok(await stored(rome, Note, 'a'))
})

t.test('the transaction that begin gives out commits once, or is rolled back when it is left', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const kept = create(Note, { title: 'kept' })
  const lost = create(Note, { title: 'lost' })
  {
    await using tx = await session.begin()
    session.add(kept)
    t.equal(tx.isActive, true)
    await tx.commit()
    t.equal(tx.isActive, false)
    await t.rejects(tx.commit(), { code: 'ROME_TRANSACTION_STATE' })
    await t.rejects(tx.rollback(), { code: 'ROME_TRANSACTION_STATE' })
  }
  {
    await using _ = await session.begin({})
    session.add(lost)
    await session.flush()
  }
  t.equal(session.stateOf(lost), 'transient')
  t.ok(await stored(rome, Note, 'kept'))
  t.equal(await stored(rome, Note, 'lost'), undefined)
})

t.test('the function of begin may end its transaction itself', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await session.begin(async (tx) => {
    session.add(create(Note, { title: 'lost' }))
    await tx.rollback()
  })
  await session.begin(async (tx) => {
    session.add(create(Note, { title: 'kept' }))
    await tx.commit()
  })
  t.equal(await stored(rome, Note, 'lost'), undefined)
  t.ok(await stored(rome, Note, 'kept'))
})

t.test('a nested begin is a savepoint of the outer one', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await session.begin(async () => {
    session.add(create(Note, { title: 'outer' }))
    await session.begin(() => session.add(create(Note, { title: 'inner' })))
    t.equal(await stored(rome, Note, 'outer'), undefined, 'nothing is committed yet')
    await t.rejects(
      session.begin(async () => {
        session.add(create(Note, { title: 'lost' }))
        await session.flush()
        throw new Error('inner')
      }),
      { message: 'inner' },
    )
    await t.rejects(
      session.begin({ isolation: 'snapshot' }, () => undefined),
      { code: 'ROME_TRANSACTION_STATE' },
    )
  })
  t.ok(await stored(rome, Note, 'outer'))
  t.ok(await stored(rome, Note, 'inner'))
  t.equal(await stored(rome, Note, 'lost'), undefined)
})

t.test('what was done before begin is part of its transaction, and survives when it is rolled back', async (t) => {
  const rome = await openRome(t)
  await rome.transact((s) => s.add(create(Note, { title: 'read' })))
  const session = rome.session()
  const note = await session.getOrThrow(Note, 'read')
  session.add(create(Note, { title: 'flushed' }))
  await session.flush()
  await t.rejects(
    session.begin(async () => {
      note.count = 1
      await session.flush()
      throw new Error('no')
    }),
  )
  t.equal(session.stateOf(note), 'persistent')
  t.equal(liveSnapshots(rome), 1, 'the transaction goes on')
  await session.begin(() => {
    note.count = 2
  })
  t.equal((await stored(rome, Note, 'read'))?.count, 2)
  t.ok(await stored(rome, Note, 'flushed'))
})

t.test('a value read before begin is validated by its commit', async (t) => {
  const rome = await openRome(t)
  await rome.transact((s) => s.add(create(Note, { title: 'read' })))
  const session = rome.session()
  await session.getOrThrow(Note, 'read')
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Note, 'read')).count = 1
  })
  await t.rejects(
    session.begin(() => session.add(create(Note, { title: 'decided by it' }))),
    { code: 'ROME_CONFLICT' },
  )
  await t.resolves(session.begin(() => session.add(create(Note, { title: 'decided by it' }))))
})

t.test('snapshot isolation validates only what is written', async (t) => {
  const rome = await openRome(t)
  await rome.transact((s) => s.addAll([create(Note, { title: 'read' }), create(Note, { title: 'write' })]))
  const work = async (session: RomeSession) => {
    await session.getOrThrow(Note, 'read')
    ;(await session.getOrThrow(Note, 'write')).count++
    await rome.transact(async (other) => {
      ;(await other.getOrThrow(Note, 'read')).count++
    })
  }
  const session = rome.session()
  await t.rejects(
    session.begin(() => work(session)),
    { code: 'ROME_CONFLICT' },
  )
  await session.begin({ isolation: 'snapshot' }, () => work(session))
  const loose = rome.session({ isolation: 'snapshot' })
  await work(loose)
  await loose.commit()
  await work(session)
  await session.commit({ isolation: 'snapshot' })
  t.equal((await stored(rome, Note, 'write'))?.count, 3)
})

t.test('within begin, session.commit and session.rollback are refused', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await session.begin(async () => {
    session.add(create(Note, { title: 'a' }))
    await t.rejects(session.commit(), { code: 'ROME_TRANSACTION_STATE' })
    await t.rejects(session.rollback(), { code: 'ROME_TRANSACTION_STATE' })
  })
  t.ok(await stored(rome, Note, 'a'))
})

t.test('a begin that ends before the one within it rolls everything back, and both say so', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  let endInner: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    endInner = resolve
  })
  const outer = session.begin(async () => {
    await sleep(1)
  })
  await sleep(0)
  const inner = session.begin(async () => {
    session.add(create(Note, { title: 'lost' }))
    await gate
  })
  await t.rejects(outer, { code: 'ROME_TRANSACTION_STATE', message: /last-in first-out/ })
  endInner()
  await t.rejects(inner, { code: 'ROME_TRANSACTION_STATE', message: /rolled back because one around it ended first/ })
  await session.commit()
  t.equal(await stored(rome, Note, 'lost'), undefined)
  await session.begin(() => session.add(create(Note, { title: 'usable' })))
  t.ok(await stored(rome, Note, 'usable'))
})

t.test('an operation is refused while another one runs, also when everything is in memory', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  const first = session.get(Note, 'a')
  const busy = { code: 'ROME_SESSION_BUSY' }
  await t.rejects(session.get(Note, 'a'), busy)
  t.equal(await first, note)
  const reading = session.get(Note, 'a')
  t.throws(() => session.add(create(Note, { title: 'b' })), busy)
  t.throws(() => session.delete(note), busy)
  t.throws(() => session.hardDelete(note), busy)
  t.throws(() => session.expunge(note), busy)
  const others: Promise<unknown>[] = [
    session.getMany(Note, ['a']),
    session.getOrThrow(Note, 'a'),
    session.flush(),
    session.commit(),
    session.rollback(),
    session.begin(),
    session.begin(() => undefined),
    session.savepoint(),
    session.refresh(note),
    session.run(() => undefined),
  ]
  for (const operation of others) await t.rejects(operation, busy)
  t.equal(await reading, note)
  await session.commit()
})

t.test('begin waits for an operation that its function did not await before it rolls back', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await t.rejects(
    session.begin(() => {
      void session.get(Note, 'a')
      throw new Error('mine')
    }),
    { message: 'mine' },
  )
  await t.rejects(
    session.begin(() => {
      session.add(create(Note, { title: 'a' }))
      void session.get(Note, 'b')
    }),
    { code: 'ROME_SESSION_BUSY' },
  )
  await session.commit()
  t.equal(await stored(rome, Note, 'a'), undefined)
})

t.test('a closed session refuses everything but close, and its entities are detached', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.commit()
  note.count = 5
  const added = session.add(create(Image, { name: 'n' }))
  await session.flush()
  const tx = await session.begin()
  const savepoint = await session.savepoint()
  await session.close()
  await session.close()
  t.equal(session.isClosed, true)
  t.equal(liveSnapshots(rome), 0)
  t.equal(session.stateOf(note), 'detached')
  t.equal(note.count, 5, 'an entity that leaves keeps what the user did to it')
  t.equal(session.stateOf(added), 'transient')
  t.equal(added.id, undefined)
  const closed = { code: 'ROME_CLOSED' }
  t.throws(() => session.add(note), closed)
  t.throws(() => session.addAll([note]), closed)
  t.throws(() => session.delete(note), closed)
  t.throws(() => session.hardDelete(note), closed)
  t.throws(() => session.expunge(note), closed)
  const operations: (() => Promise<unknown>)[] = [
    () => session.get(Note, 'a'),
    () => session.getOrThrow(Note, 'a'),
    () => session.getMany(Note, ['a']),
    () => session.flush(),
    () => session.commit(),
    () => session.rollback(),
    () => session.begin(),
    () => session.begin(() => undefined),
    () => session.savepoint(),
    () => session.refresh(note),
    () => session.run(() => undefined),
    () => tx.commit(),
    () => tx.rollback(),
    () => savepoint.rollback(),
  ]
  for (const operation of operations) await t.rejects(operation(), closed)
  await tx[Symbol.asyncDispose]()
  t.equal((await stored(rome, Note, 'a'))?.count, 0)
})

t.test('close waits for the operation under way', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const order: string[] = []
  const work = session.run(async () => {
    await sleep(2)
    order.push('work')
  })
  const closing = session.close().then(() => order.push('closed'))
  await t.rejects(session.flush(), { code: 'ROME_CLOSED' })
  await Promise.all([work, closing])
  t.same(order, ['work', 'closed'])
})

t.test('a begin whose session is closed meanwhile does not pass for committed', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await t.rejects(
    session.begin(async () => {
      session.add(create(Note, { title: 'a' }))
      await session.close()
    }),
    { code: 'ROME_CLOSED' },
  )
  t.equal(await stored(rome, Note, 'a'), undefined)
})

t.test('a begin that was committed by its function stays so when the session is closed there', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await session.begin(async (tx) => {
    session.add(create(Note, { title: 'a' }))
    await tx.commit()
    await session.close()
  })
  t.ok(await stored(rome, Note, 'a'))
})

t.test('a signal that has fired gives up the commit and the work', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const aborted = AbortSignal.abort()
  const note = session.add(create(Note, { title: 'a' }))
  await t.rejects(session.commit({ signal: aborted }), { code: 'ROME_ABORTED' })
  t.equal(session.stateOf(note), 'transient', 'rolled back')
  await t.rejects(
    session.run(() => 1, { signal: aborted }),
    { code: 'ROME_ABORTED' },
  )
  await t.rejects(
    session.begin({ signal: aborted }, () => session.add(note)),
    { code: 'ROME_ABORTED' },
  )
  t.equal(await stored(rome, Note, 'a'), undefined)
})

t.test('options that nobody knows are refused', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const wrong = { code: 'ROME_ARGUMENT' }
  await t.rejects(session.begin({ isolaton: 'snapshot' } as object), wrong)
  await t.rejects(session.begin({ isolation: 'none' as 'snapshot' }), wrong)
  await t.rejects(session.begin(null as unknown as object), UsageError)
  await t.rejects(session.commit({ durability: 'always' as 'os' }), wrong)
  await t.rejects(session.commit({ signal: {} as AbortSignal }), wrong)
  t.throws(() => rome.session({ toString: 1 } as object), wrong)
  await session.begin({ isolation: undefined }, () => undefined)
})

t.test('rows written beside the unit of work reach the entities, and go back with a rollback', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const [kept, erased] = ['kept', 'erased'].map((title) => session.add(create(Note, { title })))
  await session.commit()
  const table = rome.store.table(schemaOf(Note)) as unknown as Table
  await session.run(async (transaction) => {
    const rowOf = async (title: string) => (await transaction.get(table, table.keyOfPrimaryKey([title]))) as Row
    const previous = await rowOf('kept')
    const next = previous.with(1, 'written')
    const gone = await rowOf('erased')
    await transaction.update(table, previous, next)
    await transaction.erase(table, gone)
    session.follow(table, [
      { previous, next },
      { previous: gone, next: undefined },
      { previous: ['not loaded', '', 0, null], next: undefined },
    ])
    t.equal(session.materialise(table, next), kept)
  })
  t.equal(kept.body, 'written')
  t.notOk(session.isModified(kept))
  t.equal(session.stateOf(erased), 'deleted')
  t.equal(await session.get(Note, 'erased'), undefined)
  await session.rollback()
  t.same([kept.body, session.stateOf(erased)], ['', 'persistent'])
})

t.test('queries see what was not flushed, give the entities of the session, and change them', async (t) => {
  const rome = await openRome(t, { fullScans: 'allow' })
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a', body: 'one' }))
  await session.commit()
  const { body, title } = fields(Note)
  note.body = 'two'
  const added = session.add(create(Note, { title: 'b', body: 'two' }))
  t.same(await session.query(Note).filter(body.eq('two')).orderBy(title).all(), [note, added])
  t.equal(await session.query(Note).filterBy({ title: 'a' }).one(), note)
  session.delete(added)
  t.equal(await session.query(Note).count(), 1)
  t.equal(await session.query(Note).filter(body.eq('two')).update({ count: 7 }), 1)
  t.equal(note.count, 7)
  await t.rejects(
    session.begin(async () => {
      await session.query(Note).everything().hardDelete()
      t.equal(session.stateOf(note), 'deleted')
      throw new Error('no')
    }),
    { message: 'no' },
  )
  t.equal(session.stateOf(note), 'persistent')
  t.match(note, { body: 'two', count: 7 })
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'two', count: 7 })
  t.equal(await stored(rome, Note, 'b'), undefined)
})

import t from 'tap'
import { create } from '../../lib/schema/create.js'
import type { RomeSession } from '../../lib/session/session.js'
import type { Propagation } from '../../lib/session/transaction-options.js'
import { Note, openRome, stored } from '../support/session-fixture.js'

const note = (title: string) => create(Note, { title })
const failing = () => {
  throw new Error('inner')
}

/** Which of the notes are stored. */
async function storedTitles(session: RomeSession): Promise<string[]> {
  return (await session.query(Note).all()).map(({ title }) => title).sort()
}

t.test('without another transaction each of them is one that commits and rolls back by itself', async (t) => {
  const rome = await openRome(t)
  for (const propagation of ['nested', 'required', 'new', 'never'] as const) {
    await using session = rome.session()
    await session.begin({ propagation, isolation: 'snapshot' }, (tx, own) => {
      t.equal(tx.isActive, true)
      t.equal(own === session, propagation !== 'new', `${propagation} runs in its session`)
      own.add(note(propagation))
    })
    t.ok(await stored(rome, Note, propagation))
    const lost = session.begin({ propagation }, async (_, own) => {
      own.add(note(`lost ${propagation}`))
      await own.flush()
      failing()
    })
    await t.rejects(lost, { message: 'inner' })
    t.equal(await stored(rome, Note, `lost ${propagation}`), undefined)
  }
})

t.test('a required transaction is part of the one around it', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const outer = note('outer')
  const inner = note('inner')
  await session.begin(async () => {
    session.add(outer)
    await session.begin({ propagation: 'required' }, async (tx, own) => {
      t.equal(own, session)
      own.add(inner)
      const savepoint = await own.savepoint()
      own.add(note('never'))
      await savepoint.rollback()
      await tx.commit()
      t.equal(tx.isActive, false)
    })
    t.equal(await stored(rome, Note, 'inner'), undefined, 'nothing is committed yet')
  })
  await using reader = rome.session()
  t.strictSame(await storedTitles(reader), ['inner', 'outer'])
})

t.test(
  'a required transaction that fails takes the whole one around it along, also when its error is caught',
  async (t) => {
    const rome = await openRome(t)
    const session = rome.session()
    const kept = session.add(note('kept'))
    await session.commit()
    await t.rejects(
      session.begin(async () => {
        kept.count = 1
        await session.begin({ propagation: 'required' }, async () => {
          session.add(note('half done'))
          await session.flush()
          failing()
        })
      }),
      { message: 'inner' },
    )
    const outer = session.begin(async () => {
      kept.count = 2
      await t.rejects(session.begin({ propagation: 'required' }, failing), { message: 'inner' })
      session.add(note('lost'))
    })
    await t.rejects(outer, { code: 'ROME_TRANSACTION_STATE', cause: { message: 'inner' } })
    t.match([kept.count, session.stateOf(kept)], [0, 'persistent'], 'memory is what it was at begin')
    t.strictSame(await storedTitles(session), ['kept'])
  },
)

t.test('a required transaction within a nested one takes that one along, and no more', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await session.begin(async () => {
    session.add(note('outer'))
    const nested = session.begin(async () => {
      session.add(note('nested'))
      await session
        .begin({ propagation: 'required' }, async () => {
          await t.rejects(session.begin({ propagation: 'required' }, failing), { message: 'inner' })
        })
        .catch((error: Error) => t.match(error, { code: 'ROME_TRANSACTION_STATE', cause: { message: 'inner' } }))
    })
    await t.rejects(nested, { code: 'ROME_TRANSACTION_STATE' })
  })
  await using reader = rome.session()
  t.strictSame(await storedTitles(reader), ['outer'])
})

t.test('a required transaction that was rolled back by hand counts as failed', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const outer = session.begin(async () => {
    const tx = await session.begin({ propagation: 'required' })
    await tx.rollback()
    session.add(note('lost'))
  })
  await t.rejects(outer, { code: 'ROME_TRANSACTION_STATE' })
  t.equal(await stored(rome, Note, 'lost'), undefined)
})

t.test('a new transaction commits though the one around it rolls back, and the other way round', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const shared = session.add(note('shared'))
  await session.commit()
  const outer = session.begin(async () => {
    shared.count = 1
    session.add(note('outer'))
    await session.flush()
    const count = await session.begin({ propagation: 'new' }, async (_, own) => {
      own.add(note('audit'))
      const theirs = await own.getOrThrow(Note, 'shared')
      t.not(theirs, shared, 'it has entities of its own')
      t.equal(await own.get(Note, 'outer'), undefined, 'it sees what is committed alone')
      return theirs.count
    })
    t.equal(count, 0)
    t.ok(await stored(rome, Note, 'audit'))
    failing()
  })
  await t.rejects(outer, { message: 'inner' })
  t.equal(await stored(rome, Note, 'outer'), undefined)
  await session.begin(async () => {
    session.add(note('outer'))
    await t.rejects(
      session.begin({ propagation: 'new' }, (_, own) => {
        own.add(note('lost'))
        failing()
      }),
      { message: 'inner' },
    )
  })
  await using reader = rome.session()
  t.strictSame(await storedTitles(reader), ['audit', 'outer', 'shared'])
  await session.close()
  await reader.close()
  t.equal(rome.stats().sessions, 0, 'its session ended with it')
})

t.test('a new transaction is as its session is, and may say otherwise', async (t) => {
  const rome = await openRome(t)
  await rome.transact((s) => s.addAll([note('read')]))
  const session = rome.session({ isolation: 'snapshot' })
  const decide = (isolation: 'serializable' | undefined) =>
    session.begin({ propagation: 'new', isolation }, async (_, own) => {
      await own.getOrThrow(Note, 'read')
      own.add(note(`decided ${isolation}`))
      await rome.transact(async (other) => {
        ;(await other.getOrThrow(Note, 'read')).count++
      })
    })
  await decide(undefined)
  await t.rejects(decide('serializable'), { code: 'ROME_CONFLICT' })
})

t.test('a new transaction that waits for a row which the one around it has claimed is a deadlock', async (t) => {
  const rome = await openRome(t)
  await rome.transact((s) => s.addAll([note('a'), note('b')]))
  const session = rome.session()
  const claim = (own: RomeSession) => own.get(Note, 'a', { forUpdate: true })
  const outer = session.begin(async () => {
    await claim(session)
    await session.begin({ propagation: 'new' }, (_, own) => claim(own))
  })
  await t.rejects(outer, { code: 'ROME_DEADLOCK' })
  t.ok(await claim(session))
})

t.test('what is never part of another transaction is refused there', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await session.begin(async () => {
    for (const begin of [
      () => session.begin({ propagation: 'never' }),
      () => session.begin({ propagation: 'never' }, failing),
    ]) {
      await t.rejects(begin, { code: 'ROME_TRANSACTION_STATE', message: /never part of another/ })
    }
    session.add(note('kept'))
  })
  t.ok(await stored(rome, Note, 'kept'))
})

t.test('wrong uses are refused', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  await t.rejects(session.begin({ propagation: 'new' }), { code: 'ROME_ARGUMENT', message: /function/ })
  await t.rejects(session.begin({ propagation: 'mandatory' as Propagation }), { code: 'ROME_ARGUMENT' })
  const reading = session.get(Note, 'a')
  await t.rejects(
    session.begin({ propagation: 'new' }, () => 1),
    { code: 'ROME_SESSION_BUSY' },
  )
  await reading
  await session.begin(async () => {
    await t.rejects(session.begin({ propagation: 'required', isolation: 'snapshot' }), {
      code: 'ROME_TRANSACTION_STATE',
    })
  })
  await session.close()
  await t.rejects(
    session.begin({ propagation: 'new' }, () => 1),
    { code: 'ROME_CLOSED' },
  )
})

import t, { type Test } from 'tap'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { ConflictError } from '../../lib/errors/rome-error.js'
import { sum } from '../../lib/expressions/aggregate.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const Doctor = defineEntity(
  'doctors',
  {
    id: primaryKey(types.integer()),
    name: types.string(),
    ward: types.integer().default(0),
    onCall: types.boolean().default(true),
    deletedAt: deletedAt(),
  },
  { indexes: [unique('name'), index('ward', 'onCall')] },
)
const doctor = fields(Doctor)

const conflict = { code: 'ROME_CONFLICT', retryable: true, context: { model: 'doctors' } }

interface Two {
  readonly rome: Rome
  readonly one: RomeSession
  readonly other: RomeSession
}

const engines = {
  memory: (): Engine => memory(),
  level: (test: Test): Engine => level(temporaryDirectory(test), { partitions: 2, durability: 'os' }),
}

/** Runs a test on every engine, with two sessions of a Rome that has ten doctors in two wards. */
function anomaly(
  title: string,
  work: (t: Test, two: Two) => Promise<void>,
  isolation: 'serializable' | 'snapshot' = 'serializable',
  names: readonly (keyof typeof engines)[] = ['memory', 'level'],
): void {
  for (const name of names) {
    const makeEngine = engines[name]
    t.test(`${isolation} on ${name}: ${title}`, async (test) => {
      const rome = await Rome.open({ engine: makeEngine(test), models: [Doctor], fullScans: 'allow', isolation })
      await rome.transact((session) => {
        for (let id = 0; id < 10; id++) session.add(create(Doctor, { id, name: `doctor ${id}`, ward: id % 2 }))
      })
      await work(test, { rome, one: rome.session(), other: rome.session() })
      await rome.close()
    })
  }
}

async function rename(session: RomeSession, id: number, name: string): Promise<void> {
  const found = await session.getOrThrow(Doctor, id)
  found.name = name
  await session.commit()
}

for (const isolation of ['serializable', 'snapshot'] as const) {
  anomaly(
    'a lost update is refused',
    async (t, { one, other }) => {
      const mine = await one.getOrThrow(Doctor, 1)
      const theirs = await other.getOrThrow(Doctor, 1)
      mine.ward += 1
      theirs.ward += 10
      await one.commit()
      const refused = other.commit()
      await t.rejects(refused, { ...conflict, context: { model: 'doctors', key: { id: 1 } } })
      await t.rejects(refused, ConflictError)
      t.equal((await other.getOrThrow(Doctor, 1)).ward, 2, 'the session goes on with what is stored')
    },
    isolation,
  )

  anomaly(
    'two rows with one unique value, of which neither sees the other, are not both stored',
    async (t, { rome, one, other }) => {
      one.add(create(Doctor, { id: 20, name: 'twice' }))
      other.add(create(Doctor, { id: 21, name: 'twice' }))
      await Promise.all([one.flush(), other.flush()])
      await one.commit()
      await t.rejects(other.commit(), { ...conflict, context: { index: 'name_unique' } })
      t.equal(await rome.session().query(Doctor).filter(doctor.name.eq('twice')).count(), 1)
    },
    isolation,
  )

  anomaly(
    'two rows with one primary key are not both stored',
    async (t, { one, other }) => {
      one.add(create(Doctor, { id: 20, name: 'a' }))
      other.add(create(Doctor, { id: 20, name: 'b' }))
      await Promise.all([one.flush(), other.flush()])
      await one.commit()
      await t.rejects(other.commit(), { ...conflict, context: { key: { id: 20 } } })
    },
    isolation,
  )

  anomaly(
    'a row that another erased is not written',
    async (t, { rome, one, other }) => {
      const mine = await one.getOrThrow(Doctor, 1)
      other.hardDelete(await other.getOrThrow(Doctor, 1))
      await other.commit()
      mine.ward = 5
      await t.rejects(one.commit(), conflict)
      t.equal(await rome.session().get(Doctor, 1, { withDeleted: true }), undefined)
      t.equal((await rome.verify()).problemCount, 0)
    },
    isolation,
  )

  anomaly(
    'readers see one moment, whatever is committed meanwhile',
    async (t, { one, other }) => {
      t.equal(await one.query(Doctor).count(), 10)
      other.add(create(Doctor, { id: 30, name: 'new' }))
      ;(await other.getOrThrow(Doctor, 2)).name = 'changed'
      other.hardDelete(await other.getOrThrow(Doctor, 3))
      await other.commit()
      t.equal(await one.query(Doctor).count(), 10)
      t.equal((await one.getOrThrow(Doctor, 2)).name, 'doctor 2')
      t.ok(await one.get(Doctor, 3))
      await t.resolves(one.commit(), 'a transaction that only reads never conflicts')
      t.equal(
        await one
          .query(Doctor)
          .filter(doctor.name.in(['changed', 'new']))
          .count(),
        2,
      )
    },
    isolation,
  )
}

anomaly('a row read by its key and changed by another is a conflict', async (t, { one, other }) => {
  await one.get(Doctor, 1)
  await rename(other, 1, 'changed')
  ;(await one.getOrThrow(Doctor, 2)).ward = 7
  await t.rejects(one.commit(), { ...conflict, context: { key: { id: 1 } } })
})

anomaly('a key at which nothing was found and another stored a row is a conflict', async (t, { one, other }) => {
  t.equal(await one.get(Doctor, 50), undefined)
  other.add(create(Doctor, { id: 50, name: 'fifty' }))
  await other.commit()
  ;(await one.getOrThrow(Doctor, 2)).ward = 7
  await t.rejects(one.commit(), { ...conflict, context: { key: { id: 50 } } })
})

anomaly('a range that was read and changed by another is a conflict', async (t, { one, other }) => {
  await one.query(Doctor).filter(doctor.id.between(3, 5)).all()
  await rename(other, 4, 'changed')
  ;(await one.getOrThrow(Doctor, 9)).ward = 7
  await t.rejects(one.commit(), { ...conflict, context: { key: { id: 4 } } })
})

anomaly(
  'a phantom is a conflict: a row that enters a range, one that leaves it, and one that is moved by an update',
  async (t, { rome }) => {
    const enters = (session: RomeSession) =>
      session.add(create(Doctor, { id: 40, name: 'forty', ward: 1, onCall: false }))
    const leaves = async (session: RomeSession) => session.hardDelete(await session.getOrThrow(Doctor, 1))
    const moves = async (session: RomeSession) => {
      ;(await session.getOrThrow(Doctor, 2)).ward = 1
    }
    for (const change of [enters, leaves, moves]) {
      const one = rome.session()
      const other = rome.session()
      await one.query(Doctor).filter(doctor.ward.eq(1)).count()
      await change(other)
      await other.commit()
      ;(await one.getOrThrow(Doctor, 8)).onCall = false
      await t.rejects(one.commit(), conflict)
      await one.close()
      await other.close()
    }
  },
)

anomaly('a phantom in an aggregate over a range that was empty is a conflict', async (t, { one, other }) => {
  await one.query(sum(doctor.id)).filter(doctor.ward.eq(77)).all()
  other.add(create(Doctor, { id: 77, name: 'phantom', ward: 77 }))
  await other.commit()
  one.add(create(Doctor, { id: 78, name: 'total', ward: 0 }))
  await t.rejects(one.commit(), conflict)
})

anomaly('write skew is refused: two who each rely on the other staying on call', async (t, { rome, one, other }) => {
  const goHome = async (session: RomeSession, id: number) => {
    const onCall = await session.query(Doctor).filter(doctor.ward.eq(0), doctor.onCall.eq(true)).count()
    t.ok(onCall > 1)
    ;(await session.getOrThrow(Doctor, id)).onCall = false
  }
  await goHome(one, 0)
  await goHome(other, 2)
  await one.commit()
  await t.rejects(other.commit(), conflict)
  t.equal(await rome.session().query(Doctor).filter(doctor.ward.eq(0), doctor.onCall.eq(true)).count(), 4)
})

anomaly(
  'write skew is allowed, as it is said',
  async (t, { rome, one, other }) => {
    for (const [session, id] of [
      [one, 0],
      [other, 2],
    ] as const) {
      await session.query(Doctor).filter(doctor.ward.eq(0), doctor.onCall.eq(true)).all()
      ;(await session.getOrThrow(Doctor, id)).onCall = false
    }
    await one.commit()
    await t.resolves(other.commit())
    t.equal(await rome.session().query(Doctor).filter(doctor.ward.eq(0), doctor.onCall.eq(true)).count(), 3)
    t.equal((await rome.verify()).problemCount, 0)
  },
  'snapshot',
)

anomaly(
  'a query with a limit does not conflict with writes far beyond what it read',
  async (t, { rome, one, other }) => {
    await rome.transact((session) => {
      for (let id = 100; id < 2000; id++) session.add(create(Doctor, { id, name: `doctor ${id}` }))
    })
    t.equal((await one.query(Doctor).orderBy(doctor.id).limit(5).all()).length, 5)
    t.equal((await one.query(Doctor).orderBy(doctor.name).limit(5).all()).length, 5)
    await rename(other, 1900, 'zzz')
    ;(await one.getOrThrow(Doctor, 1500)).ward = 7
    await t.resolves(one.commit())
    await one.query(Doctor).orderBy(doctor.id).limit(5).all()
    await rename(other, 3, 'changed')
    ;(await one.getOrThrow(Doctor, 1500)).ward = 8
    await t.rejects(one.commit(), conflict, 'but with writes among what it read')
  },
)

anomaly(
  'reading more keys than the read set holds stays safe',
  async (t, { rome, one, other }) => {
    await rome.transact((session) => {
      for (let id = 100; id < 22_000; id++) session.add(create(Doctor, { id, name: `doctor ${id}` }))
    })
    for (let from = 100; from < 22_000; from += 1000) {
      const ids = Array.from({ length: 1000 }, (_, position) => from + position)
      await one.query(doctor.ward).filter(doctor.id.in(ids)).all()
    }
    await rename(other, 150, 'changed')
    one.add(create(Doctor, { id: 50_000, name: 'new' }))
    await t.rejects(one.commit(), conflict)
  },
  'serializable',
  ['memory'],
)

anomaly('what a rolled back savepoint read is still relied on', async (t, { one, other }) => {
  await one.get(Doctor, 9)
  const savepoint = await one.savepoint()
  await one.get(Doctor, 1)
  await savepoint.rollback()
  await rename(other, 1, 'changed')
  ;(await one.getOrThrow(Doctor, 9)).ward = 7
  await t.rejects(one.commit(), conflict)
})

anomaly('transactions that touch different rows do not conflict', async (t, { rome }) => {
  const sessions = Array.from({ length: 10 }, () => rome.session())
  for (const [id, session] of sessions.entries()) (await session.getOrThrow(Doctor, id)).name = `renamed ${id}`
  await t.resolves(Promise.all(sessions.map((session) => session.commit())))
  t.equal((await rome.verify()).problemCount, 0)
})

t.test('a transaction older than what the engine remembers is refused, and can be run again', async (t) => {
  const engine = memory()
  const rome = await Rome.open({ engine, models: [Doctor] })
  t.teardown(() => rome.close())
  const session = rome.session()
  session.add(create(Doctor, { id: 1, name: 'one' }))
  await session.flush()
  engine.load(engine.dump())
  const refused = session.commit()
  await t.rejects(refused, { code: 'ROME_SNAPSHOT_TOO_OLD', retryable: true })
  await t.rejects(refused, ConflictError)
  session.add(create(Doctor, { id: 1, name: 'one' }))
  await t.resolves(session.commit())
})

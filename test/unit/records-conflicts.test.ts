import t, { type Test } from 'tap'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { ConflictError } from '../../lib/errors/rome-error.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const Shift = defineEntity(
  'shifts',
  {
    ward: primaryKey(types.string()),
    day: primaryKey(types.date()),
    doctor: types.string(),
    hours: types.integer().default(0),
    badge: types.uuid().nullable(),
  },
  { indexes: [index('doctor', desc('hours')), unique('badge')] },
)
const shift = fields(Shift)
const badge = '018f0000-0000-7000-8000-000000000001'

/** What a commit says that relies on `read`, after another session did `write`. */
async function conflictOf(
  rome: Rome,
  read: (session: RomeSession) => Promise<unknown>,
  write: (session: RomeSession) => unknown,
): Promise<ConflictError> {
  await using session = rome.session()
  await read(session)
  await rome.transact(write)
  session.add(
    create(Shift, { ward: 'z', day: `2030-01-${10 + (await rome.session().query(Shift).count())}`, doctor: 'z' }),
  )
  return session.commit().then(
    () => Promise.reject(new Error('no conflict')),
    (error: ConflictError) => error,
  )
}

const engines = {
  memory: () => memory(),
  level: (test: Test) => level(temporaryDirectory(test), { partitions: 2, durability: 'os' }),
}

for (const [name, makeEngine] of Object.entries(engines)) {
  t.test(`a conflict names row, index, range and versions, on ${name}`, async (t) => {
    const rome = await Rome.open({ engine: makeEngine(t), models: [Shift], fullScans: 'allow' })
    t.teardown(() => rome.close())
    await rome.transact((s) => s.add(create(Shift, { ward: 'a', day: '2026-01-01', doctor: 'ada', hours: 3 })))
    const key = { ward: 'a', day: '2026-01-01' }

    const byKey = await conflictOf(
      rome,
      (s) => s.get(Shift, key),
      async (s) => {
        ;(await s.getOrThrow(Shift, key)).badge = badge
      },
    )
    t.match(byKey, { code: 'ROME_CONFLICT', context: { model: 'shifts', key } })
    t.notOk('range' in byKey.context)
    t.notMatch(byKey.message.split(' (')[0], /shifts|2026/, 'the message is static')
    const { ourSnapshot, theirVersion } = byKey.context
    t.ok(Number(theirVersion) > Number(ourSnapshot), `${theirVersion} came after ${ourSnapshot}`)

    const byTable = await conflictOf(
      rome,
      (s) => s.query(Shift).filter(shift.ward.eq('a'), shift.day.gte('2026-02-01')).all(),
      (s) => s.add(create(Shift, { ward: 'a', day: '2026-02-07', doctor: 'bob' })),
    )
    t.match(byTable.context, {
      model: 'shifts',
      key: { ward: 'a', day: '2026-02-07' },
      range: { from: { ward: 'a', day: '2026-02-01' }, to: { ward: 'a' } },
    })

    const byIndex = await conflictOf(
      rome,
      (s) => s.query(shift.doctor).filter(shift.doctor.eq('eve')).all(),
      (s) => s.add(create(Shift, { ward: 'b', day: '2026-03-01', doctor: 'eve', hours: 8 })),
    )
    t.match(byIndex.context, {
      model: 'shifts',
      key: { ward: 'b', day: '2026-03-01' },
      index: 'doctor_hours_desc',
      values: { doctor: 'eve', hours: 8 },
      range: { from: { doctor: 'eve' }, to: { doctor: 'eve' } },
    })

    const byUnique = await conflictOf(
      rome,
      (s) => s.query(Shift).filter(shift.badge.eq(badge)).one(),
      async (s) => {
        ;(await s.getOrThrow(Shift, key)).badge = null
      },
    )
    t.match(byUnique.context, { model: 'shifts', key })
  })
}

t.test('two rows with one new unique value conflict by its index', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Shift] })
  t.teardown(() => rome.close())
  const [one, other] = [rome.session(), rome.session()]
  one.add(create(Shift, { ward: 'a', day: '2026-01-01', doctor: 'ada', badge }))
  other.add(create(Shift, { ward: 'b', day: '2026-01-01', doctor: 'bob', badge }))
  await Promise.all([one.flush(), other.flush()])
  await one.commit()
  await t.rejects(other.commit(), {
    code: 'ROME_CONFLICT',
    context: { model: 'shifts', index: 'badge_unique', values: { badge } },
  })
})

t.test('a conflict over a whole table has a range without values', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Shift] })
  t.teardown(() => rome.close())
  const error = await conflictOf(
    rome,
    (s) => s.query(Shift).all(),
    (s) => s.add(create(Shift, { ward: 'a', day: '2026-01-01', doctor: 'ada' })),
  )
  t.strictSame(error.context.range, { from: {}, to: {} })
})

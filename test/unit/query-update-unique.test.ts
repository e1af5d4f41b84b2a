import t from 'tap'
import { unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { memory } from '../../lib/engines/memory/index.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { t as type } from '../../lib/values/t.js'

const Seat = defineEntity(
  'seats',
  { id: primaryKey(type.integer()), number: type.integer(), wanted: type.integer() },
  { indexes: [unique('number')] },
)
const seat = fields(Seat)

const rome = await Rome.open({ engine: memory(), models: [Seat], fullScans: 'allow' })
t.teardown(() => rome.close())
const session = rome.session()
for (let id = 0; id < 4; id++) session.add(create(Seat, { id, number: id, wanted: (id + 1) % 4 }))
await session.commit()
const numbers = session.query(seat.number).orderBy(seat.id)

t.test('update() may hand unique values on from row to row, and around in a circle', async (t) => {
  t.equal(
    await session
      .query(Seat)
      .everything()
      .update({ number: seat.number.plus(1) }),
    4,
  )
  t.strictSame(await numbers.all(), [1, 2, 3, 4])
  t.equal(await session.query(Seat).everything().update({ number: seat.wanted }), 4)
  t.strictSame(await numbers.all(), [1, 2, 3, 0])
  const found = await session.query(Seat).filter(seat.number.eq(3)).one()
  t.equal(found.id, 2, 'the index has what became of the rows')
})

t.test('update() that leaves two rows with one unique value is refused and changes nothing', async (t) => {
  const before = await numbers.all()
  const ofSome = session.query(Seat).filter(seat.id.lt(3))
  await t.rejects(ofSome.update({ number: 7 }), { code: 'ROME_UNIQUE' })
  await t.rejects(ofSome.update({ number: seat.number.minus(1) }), { code: 'ROME_UNIQUE' })
  t.strictSame(await numbers.all(), before)
  await session.commit()
  t.strictSame(await numbers.all(), before)
})

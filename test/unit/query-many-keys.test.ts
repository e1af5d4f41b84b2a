import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import {
  and_,
  type Collection,
  column,
  create,
  defineEntity,
  deletedAt,
  desc,
  entity,
  fields,
  index,
  manyToOne,
  oneToMany,
  or_,
  primaryKey,
  type Ref,
  Rome,
  t as types,
  unique,
} from '../../lib/index.js'
import { onBothEngines } from '../support/both-engines.js'

const columns = {
  id: primaryKey(types.integer()),
  row: types.integer(),
  place: types.integer(),
  deletedAt: deletedAt(),
}
const Seat = defineEntity('seats', columns, { indexes: [unique('row', 'place')] })
const Chair = defineEntity('chairs', columns, { indexes: [index('row', desc('place'))] })
const Square = defineEntity('squares', { row: primaryKey(types.integer()), place: primaryKey(types.integer()) }, {})

const rows = 40
const places = 50

async function openHall(test: { teardown(work: () => Promise<void>): void }, engine: Engine): Promise<Rome> {
  const rome = await Rome.open({ engine, models: [Seat, Chair, Square], fullScans: 'refuse' })
  test.teardown(() => rome.close())
  await rome.transact(async (session) => {
    const all = Array.from({ length: rows * places }, (_, id) => ({ id, row: id % rows, place: Math.floor(id / rows) }))
    await session.bulkInsert(
      Square,
      all.map(({ row, place }) => ({ row, place })),
    )
    for (const model of [Seat, Chair]) await session.bulkInsert(model, all)
    await session.query(Chair).filter(fields(Chair).id.lt(80)).softDelete()
  })
  return rome
}

/** As many pairs, of all rows and places; some of them are none, some come twice. */
const pairs = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ row: (at * 7) % (rows + 1), place: (at * 11) % (places + 1) }))

const isThere = ({ row, place }: { row: number; place: number }) => row < rows && place < places

onBothEngines('rows are read by many keys of several columns through their index, and no others', async (t, engine) => {
  const rome = await openHall(t, engine)
  await using session = rome.session()
  for (const model of [Seat, Chair, Square]) {
    const { row, place } = fields(model as typeof Square)
    for (const count of [2, 32, 33, 500]) {
      const wanted = pairs(count)
      const expected = new Set(wanted.filter(isThere).map((pair) => `${pair.row} ${pair.place}`))
      if (model === Chair) for (const pair of wanted) if (pair.place < 2) expected.delete(`${pair.row} ${pair.place}`)
      const query = session
        .query(model as typeof Square)
        .filter(or_(...wanted.map((pair) => and_(row.eq(pair.row), place.eq(pair.place)))))
      const found = await query.all()
      t.same(new Set(found.map((one) => `${one.row} ${one.place}`)), expected)
      t.equal(found.length, expected.size, 'each once')
      t.equal(await query.count(), expected.size)
      const ordered = await query.orderBy(row.desc(), place.asc()).all()
      const sorted = [...found].sort((a, b) => b.row - a.row || a.place - b.place)
      t.same(
        ordered.map((one) => [one.row, one.place]),
        sorted.map((one) => [one.row, one.place]),
      )
      const { plan } = await query.explain({ analyze: true })
      t.ok(keysRead(plan) <= 2 * count, `${keysRead(plan)} keys read for ${count} of ${model.name}`)
    }
  }
})

function keysRead(step: {
  readonly actual?: { readonly keysRead: number }
  readonly inputs: readonly object[]
}): number {
  const below = step.inputs.map((input) => keysRead(input as typeof step))
  return (step.actual?.keysRead ?? 0) + below.reduce((sum, keys) => sum + keys, 0)
}

t.test('other conditions, prepared queries and other keys of as many come out right', async (t) => {
  const rome = await openHall(t, memory())
  await using session = rome.session()
  const seat = fields(Seat)
  for (const shift of [0, 1, 2, 3]) {
    const wanted = pairs(40).map(({ row, place }) => ({ row: (row + shift) % rows, place }))
    const chosen = or_(...wanted.map((pair) => and_(seat.row.eq(pair.row), seat.place.eq(pair.place))))
    const numbers = [...new Set(wanted.filter(isThere).map(({ row, place }) => place * rows + row))]
    const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b)
    t.same(sorted((await session.query(Seat).filter(chosen).all()).map(({ id }) => id)), sorted(numbers))
    const odd = session.query(Seat).filter(chosen, seat.row.in([1, 3, 5]), seat.id.gt(200))
    t.same(
      sorted((await odd.all()).map(({ id }) => id)),
      sorted(numbers.filter((id) => [1, 3, 5].includes(id % rows) && id > 200)),
    )
  }
})

@entity('rooms')
class Room {
  @primaryKey(types.integer()) floor!: number
  @primaryKey(types.integer()) number!: number
  @oneToMany(
    () => Bed,
    (bed) => bed.room,
    { orderBy: 'id' },
  )
  beds!: Collection<Bed>
}

@entity('beds')
class Bed {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) floor!: number
  @column(types.integer()) number!: number
  @manyToOne(
    () => Room,
    (room) => room.beds,
    { columns: ['floor', 'number'] },
  )
  room!: Ref<Room>
}

onBothEngines('a relation by several columns is loaded for many entities without reading all', async (t, engine) => {
  const rome = await Rome.open({ engine, models: [Room, Bed], fullScans: 'refuse' })
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    for (let id = 0; id < 900; id++) {
      const [floor, number] = [id % 30, Math.floor(id / 30)]
      session.add(create(Room, { floor, number }))
      session.add(create(Bed, { id, floor, number }))
    }
  })
  await using session = rome.session()
  const room = fields(Room)
  const query = session.query(Room).filter(room.floor.lt(3)).include('beds')
  for (const { floor, number, beds } of await query.all()) {
    t.same(
      Array.from(beds, ({ id }) => id),
      [number * 30 + floor],
    )
  }
})

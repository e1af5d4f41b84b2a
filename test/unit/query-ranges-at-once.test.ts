import t, { type Test } from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { defineEntity, fields, index, primaryKey, Rome, t as types } from '../../lib/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const Seat = defineEntity(
  'seats',
  { id: primaryKey(types.integer()), row: types.integer(), place: types.integer() },
  { indexes: [index('row')] },
)
const seat = fields(Seat)
const rows = 60
const places = 3
const someRows = Array.from({ length: 40 }, (_, row) => row)

/** Opened anew, so that nothing is in memory. */
async function openHall(test: Test): Promise<Rome> {
  const path = temporaryDirectory(test)
  const filling = await Rome.open({ engine: level(path, { partitions: 2 }), models: [Seat] })
  await filling.transact((session) =>
    session.bulkInsert(
      Seat,
      Array.from({ length: rows * places }, (_, id) => ({ id, row: id % rows, place: Math.floor(id / rows) })),
    ),
  )
  await filling.close()
  const rome = await Rome.open({ engine: level(path), models: [Seat], cache: { bytes: 0 }, debug: { leaks: true } })
  test.teardown(() => rome.close())
  return rome
}

t.test('ranges that are not in memory are read several at a time, in their order', async (t) => {
  const rome = await openHall(t)
  const { engine } = rome.store
  let most = 0
  const found = await rome.transact(async (session) => {
    const answer = session.query(Seat).filter(seat.row.in(someRows)).all()
    most = engine.stats().liveScans
    return answer
  })
  t.strictSame(
    found.map(({ row }) => row),
    someRows.flatMap((row) => Array.from({ length: places }, () => row)),
  )
  t.ok(most > 1, `${most} at a time`)
  t.equal(engine.stats().liveScans, 0)
})

t.test('no more ranges are begun than entries are wanted of', async (t) => {
  const rome = await openHall(t)
  const { engine } = rome.store
  const before = engine.stats().scans
  const [first] = await rome.transact((session) => session.query(Seat).filter(seat.row.in(someRows)).limit(1).all())
  t.equal(first?.row, 0)
  t.equal(engine.stats().scans - before, 1)
  t.equal(engine.stats().liveScans, 0)
})

t.test('a query that is left in the middle closes all that it has begun', async (t) => {
  const rome = await openHall(t)
  const { engine } = rome.store
  await rome.transact(async (session) => {
    for await (const { row } of session.query(Seat).filter(seat.row.in(someRows)).stream()) {
      if (row === 2) break
    }
    t.equal(engine.stats().liveScans, 0)
  })
})

t.test('an aborted query leaves nothing open of what it had begun', async (t) => {
  const rome = await openHall(t)
  const { engine } = rome.store
  const leaving = new AbortController()
  const asked = rome.transact((session) =>
    session.query(Seat).filter(seat.row.in(someRows)).all({ signal: leaving.signal }),
  )
  leaving.abort()
  await t.rejects(asked, { code: 'ROME_ABORTED' })
  t.equal(engine.stats().liveScans, 0)
})

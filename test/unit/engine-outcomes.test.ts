import t from 'tap'
import { v7 } from 'uuid'
import { Outcomes } from '../../lib/engines/outcomes.js'

const idAt = (msecs: number, seq = 0) => v7({ msecs, seq })
const start = 1_700_000_000_000

t.test('a known commit has its version, an unknown one is aborted for good', async (t) => {
  const outcomes = new Outcomes()
  const known = idAt(start)
  const unknown = idAt(start + 1)
  outcomes.add(known, 7)
  t.same(outcomes.settle(known), { state: 'committed', version: 7 })
  t.notOk(outcomes.isFenced(unknown))
  t.same(outcomes.settle(unknown), { state: 'aborted' })
  t.ok(outcomes.isFenced(unknown))
  t.same(outcomes.settle(unknown), { state: 'aborted' })
})

t.test('an id no newer than one that was forgotten is forgotten, a newer one is aborted', async (t) => {
  const outcomes = new Outcomes()
  const ids = Array.from({ length: 2100 }, (_, index) => idAt(start + index))
  for (const [index, id] of ids.entries()) outcomes.add(id, index + 1)
  t.equal(outcomes.horizon, start + 99, 'the newest time that was forgotten')
  t.same(outcomes.settle(ids[50] as string), { state: 'forgotten' })
  t.same(outcomes.settle(ids[99] as string), { state: 'forgotten' })
  t.same(outcomes.settle(ids[100] as string), { state: 'committed', version: 101 })
  t.same(outcomes.settle(idAt(start + 60, 5)), { state: 'forgotten' })
  t.same(outcomes.settle(idAt(start + 5000)), { state: 'aborted' })
})

t.test('commits with ids out of their times order are never called aborted once forgotten', async (t) => {
  const outcomes = new Outcomes()
  const ids = Array.from({ length: 3000 }, (_, index) => idAt(start + ((index * 7919) % 3000)))
  for (const [index, id] of ids.entries()) outcomes.add(id, index + 1)
  for (const id of ids) t.not(outcomes.settle(id).state, 'aborted')
})

t.test('an id without a time is known or forgotten, and aborted only while nothing was forgotten', async (t) => {
  const outcomes = new Outcomes()
  outcomes.add('plain', 1)
  t.same(outcomes.settle('other'), { state: 'aborted' })
  for (let version = 2; version < 2100; version++) outcomes.add(`plain ${version}`, version)
  t.same(outcomes.settle('plain'), { state: 'forgotten' })
  t.same(outcomes.settle('never seen'), { state: 'forgotten' })
  t.same(outcomes.settle(idAt(start)), { state: 'forgotten' })
})

t.test('even very many answers of aborted are kept', async (t) => {
  const outcomes = new Outcomes()
  const ids = Array.from({ length: 10_050 }, (_, index) => idAt(start + index))
  for (const id of ids) outcomes.settle(id)
  for (const id of ids) t.ok(outcomes.isFenced(id))
  t.notOk(outcomes.isFenced(idAt(start + 20_000)))
})

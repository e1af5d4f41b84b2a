import t from 'tap'
import { index } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import { count } from '../../lib/expressions/aggregate.js'
import type { ExplainedStep } from '../../lib/query/plan/explanation.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'

/*
 * Numbers of entries are kept in memory: a count of a part of an index that was read before goes through none of them.
 */

const Image = defineEntity(
  'images',
  {
    id: primaryKey(types.integer()),
    owner: types.string(),
    status: types.enum('queued', 'active', 'killed').nullable(),
    deletedAt: deletedAt(),
  },
  { indexes: [index('owner', 'status')] },
)
const image = fields(Image)
const statuses = ['queued', 'active', 'killed', null] as const
const images = 600

const newImage = (id: number) =>
  create(Image, { id, owner: `owner ${id % 7}`, status: statuses[id % 4] as (typeof statuses)[number] })

const countsOf = async (session: RomeSession) => [
  await session.query(Image).count(),
  await session.query(Image).filterBy({ owner: 'owner 3' }).count(),
  await session
    .query(Image)
    .filter(image.owner.in(['owner 1', 'owner 5']))
    .select(count())
    .scalar(),
  await session.query(Image).select(image.owner, count()).groupBy(image.owner).orderBy(image.owner).all(),
  await session
    .query(Image)
    .filter(image.owner.between('owner 2', 'owner 4'))
    .select(image.status, image.owner, count())
    .groupBy(image.status, image.owner)
    .orderBy(image.owner, image.status)
    .all(),
  await session.query(Image).onlyDeleted().count(),
]

const keysReadBy = ({ actual, inputs }: ExplainedStep): number =>
  inputs.reduce((sum, input) => sum + keysReadBy(input), actual?.keysRead ?? 0)

const keysScanned = (rome: Rome): number =>
  (rome.store.engine as unknown as { stats(): { keysScanned: number } }).stats().keysScanned

onBothEngines('counts come from memory, and are what is counted without it', async (t, engine) => {
  const rome = await Rome.open({ engine, models: [Image], fullScans: 'allow' })
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    for (let id = 0; id < images; id++) session.add(newImage(id))
  })
  await rome.transact((session) => session.query(Image).filter(image.id.lt(30)).softDelete())
  await using session = rome.session()
  const read = await countsOf(session)
  const before = keysScanned(rome)
  t.same(await countsOf(session), read, 'a second time')
  t.equal(keysScanned(rome), before, 'nothing was read from the engine')
  t.equal(read[0], images - 30)
  t.equal(read[5], 30)

  await rome.transact((other) => other.addAll([newImage(images), newImage(images + 1)]))
  t.same(await countsOf(session), read, 'the snapshot does not see later commits')
  await session.commit()
  const later = await countsOf(session)
  t.equal(later[0], images - 28, 'the next one does')
  t.equal(keysScanned(rome), before, 'memory has followed the commit')

  session.add(newImage(images + 2))
  t.equal(await session.query(Image).count(), images - 27, 'and the own writes count')
  await session.rollback()
  t.same(await countsOf(session), later)
})

t.test('a count in memory conflicts with an insertion into what was counted', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Image], fullScans: 'allow' })
  t.teardown(() => rome.close())
  await rome.transact((session) => session.add(newImage(1)))
  await using session = rome.session()
  await session.query(Image).filterBy({ owner: 'owner 1' }).count()
  await session.rollback()
  t.equal(await session.query(Image).filterBy({ owner: 'owner 1' }).count(), 1)
  session.add(newImage(2))
  await rome.transact((other) => other.add(newImage(8)))
  await t.rejects(session.commit(), { code: 'ROME_CONFLICT' })
})

t.test('explain says that a count in memory reads no entries', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Image], fullScans: 'allow' })
  t.teardown(() => rome.close())
  await rome.transact((session) => session.addAll(Array.from({ length: images }, (_, id) => newImage(id))))
  await using session = rome.session()
  const query = session.query(Image).select(image.owner, count()).groupBy(image.owner)
  const first = await query.explain({ analyze: true })
  const second = await query.explain({ analyze: true })
  t.equal(keysReadBy(first.plan), images)
  t.equal(keysReadBy(second.plan), 7)
})

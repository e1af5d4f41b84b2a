import { index } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'

/*
 * A query by a list of values reads a short range for each of them, without a scan where memory knows the range.
 */

const Part = defineEntity(
  'parts',
  { id: primaryKey(types.integer()), image: types.integer(), name: types.string() },
  { indexes: [index('image')] },
)
const part = fields(Part)
const images = 200
const partsEach = 3

const newPart = (id: number, image: number) => create(Part, { id, image, name: `part ${id}` })

const partsOf = async (session: RomeSession, ...wanted: number[]) =>
  (await session.query(Part).filter(part.image.in(wanted)).all()).map(({ id }) => id).sort((a, b) => a - b)

async function openWithParts(engine: Parameters<typeof Rome.open>[0]['engine']): Promise<Rome> {
  const rome = await Rome.open({ engine, models: [Part] })
  await rome.transact((session) => {
    for (let id = 0; id < images * partsEach; id++) session.add(newPart(id, id % images))
  })
  // What is asked for is in memory from here on.
  await using session = rome.session()
  await session.query(Part).filter(part.image.gte(0)).all()
  return rome
}

const keysScanned = (rome: Rome): number =>
  (rome.store.engine as unknown as { stats(): { keysScanned: number } }).stats().keysScanned

onBothEngines('a list of values is read from memory, as it was at the snapshot', async (t, engine) => {
  const rome = await openWithParts(engine)
  t.teardown(() => rome.close())
  await using session = rome.session()
  const before = keysScanned(rome)
  t.same(await partsOf(session, 3, 7, images + 5), [3, 7, 203, 207, 403, 407])
  t.equal(keysScanned(rome), before, 'nothing was read from the engine')

  await rome.transact(async (other) => {
    other.add(newPart(1000, 7))
    other.delete(await other.getOrThrow(Part, 203))
  })
  t.same(await partsOf(session, 3, 7), [3, 7, 203, 207, 403, 407], 'later commits do not show')
  await session.rollback()
  t.same(await partsOf(session, 3, 7), [3, 7, 207, 403, 407, 1000])
})

onBothEngines('what a session has written shows in lists of values', async (t, engine) => {
  const rome = await openWithParts(engine)
  t.teardown(() => rome.close())
  await using session = rome.session()
  session.add(newPart(1000, 7))
  session.delete(await session.getOrThrow(Part, 203))
  t.same(await partsOf(session, 3, 7, 11), [3, 7, 11, 207, 211, 403, 407, 411, 1000])
})

onBothEngines('no row may come into a range that was read from memory, empty ones too', async (t, engine) => {
  const rome = await openWithParts(engine)
  t.teardown(() => rome.close())
  for (const [id, image] of [
    [2000, 7],
    [2001, images + 5],
  ] as const) {
    await using session = rome.session()
    const found = await partsOf(session, 3, 7, images + 5)
    session.add(newPart(3000 + id, found.length))
    await rome.transact((other) => {
      other.add(newPart(id, image))
    })
    await t.rejects(session.commit(), { code: 'ROME_CONFLICT' }, `of ${image}`)
  }
})

onBothEngines('many values with a limit read no more than it wants', async (t, engine) => {
  const rome = await openWithParts(engine)
  t.teardown(() => rome.close())
  await using session = rome.session()
  const wanted = Array.from({ length: images }, (_, image) => image)
  const first = await session.query(Part).filter(part.image.in(wanted)).limit(2).all()
  t.equal(first.length, 2)
  session.add(newPart(5000, 0))
  // Behind all that was read.
  await rome.transact((other) => {
    other.add(newPart(5001, images - 1))
  })
  await session.commit()
})

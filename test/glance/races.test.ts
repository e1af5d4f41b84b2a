import type { Test } from 'tap'
import { type GlanceDatabase, GlanceError } from '../../glance/lib/index.js'
import { addImage, admin, noImage, propertyOf, rule } from '../support/glance-fixture.js'

const clients = Array.from({ length: 32 }, (_, at) => at)

/** What came of a call that all clients make at once: how many succeeded, and the kinds of errors of the others. */
async function race(call: (client: number) => Promise<unknown>): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {}
  const count = (outcome: string) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  await Promise.all(
    clients.map((client) =>
      call(client).then(
        () => count('done'),
        (error: unknown) => count(error instanceof GlanceError ? error.kind : String(error)),
      ),
    ),
  )
  return outcomes
}

rule('of 32 updates from one status one succeeds, and the others change nothing', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { status: 'queued' })
  const outcomes = await race((client) =>
    glance.images.update(admin, {
      image_id,
      values: { status: 'saving', name: `client ${client}`, properties: { [`of${client}`]: '1' } },
      from_state: 'queued',
    }),
  )
  t.strictSame(outcomes, { done: 1, Conflict: 31 })
  const image = await glance.images.get(admin, { image_id })
  t.equal(image.properties.length, 1)
  t.equal(`client ${image.properties[0].name.slice(2)}`, image.name)
})

rule('32 updates of one image without a status to begin from all succeed', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  const outcomes = await race((client) =>
    glance.images.update(admin, { image_id, values: { properties: { [`of${client}`]: String(client) } } }),
  )
  t.strictSame(outcomes, { done: 32 })
  t.equal((await glance.images.get(admin, { image_id })).properties.length, 32)
})

rule('of 32 who set a property atomically one succeeds', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  const set = (client: number) => glance.properties.setAtomic({ image_id, name: 'lock', value: `client ${client}` })
  t.strictSame(await race(set), { done: 1, Duplicate: 31 })
  t.equal((await glance.images.get(admin, { image_id })).properties.length, 1)
})

rule('of 32 who set a deleted property atomically one succeeds', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { lock: 'old' } })
  await glance.properties.delete(admin, { prop_ref: 'lock', image_ref: image_id })
  const set = (client: number) => glance.properties.setAtomic({ image_id, name: 'lock', value: `client ${client}` })
  t.strictSame(await race(set), { done: 1, Duplicate: 31 })
})

rule('of 32 who delete a property atomically one succeeds', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { lock: 'me' } })
  const drop = () => glance.properties.deleteAtomic({ image_id, name: 'lock', value: 'me' })
  t.strictSame(await race(drop), { done: 1, NotFound: 31 })
  t.equal(propertyOf(await glance.images.get(admin, { image_id }), 'lock'), undefined)
})

rule('a lock of set and delete is held by one at a time', async (t, glance) => {
  await holdInTurn(t, glance, (await addImage(glance)).id)
})

rule('a lock of set and delete needs no image', async (t, glance) => {
  await holdInTurn(t, glance, noImage)
})

async function holdInTurn(t: Test, glance: GlanceDatabase, image_id: string): Promise<void> {
  let holders = 0
  let turns = 0
  await Promise.all(
    clients.slice(0, 8).map(async (client) => {
      const lock = { image_id, name: 'lock', value: `client ${client}` }
      for (;;) {
        const isHeld = await glance.properties.setAtomic(lock).then(
          () => true,
          () => false,
        )
        // Whoever holds the lock goes on only when nothing else is ready.
        await new Promise(setImmediate)
        if (!isHeld) continue
        holders++
        if (holders > 1) t.fail('two hold the lock')
        await new Promise(setImmediate)
        holders--
        turns++
        await glance.properties.deleteAtomic(lock)
        return
      }
    }),
  )
  t.equal(turns, 8)
}

rule('of 32 who create an image of one id one succeeds', async (t, glance) => {
  const create = (client: number) => addImage(glance, { id: noImage, name: `client ${client}`, properties: { a: '1' } })
  t.strictSame(await race(create), { done: 1, Duplicate: 31 })
  t.equal((await glance.images.get(admin, { image_id: noImage })).properties.length, 1)
})

rule('32 who create images at once get rows of different numbers', async (t, glance) => {
  t.strictSame(await race(() => addImage(glance, { properties: { a: '1', b: '2' } })), { done: 32 })
  const images = await glance.images.getAll(admin)
  t.equal(new Set(images.flatMap(({ properties }) => properties.map(({ id }) => id))).size, 64)
})

rule('of several lists of tags set at once one is what the image has', async (t, glance) => {
  const set = (client: number) =>
    glance.tags.setAll(admin, { image_id: noImage, tags: ['shared', `a${client}`, `b${client}`] })
  t.strictSame(await race(set), { done: 32 })
  const tags = await glance.tags.getAll(admin, { image_id: noImage })
  t.equal(tags.length, 3)
  t.equal(tags[0], 'shared')
  t.equal(tags[1].slice(1), tags[2].slice(1), 'both of one list')
})

rule('an image is destroyed once, and what is written to it meanwhile is whole or refused', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice' })
  const alice = { isAdmin: false, owner: 'alice' }
  const outcomes = await race((client) =>
    client % 2 === 0
      ? glance.images.destroy(alice, { image_id })
      : glance.images.update(alice, { image_id, values: { properties: { [`of${client}`]: '1' } } }),
  )
  t.equal((outcomes.done ?? 0) + (outcomes.ImageNotFound ?? 0), 32, JSON.stringify(outcomes))
  const image = await glance.images.get(admin, { image_id, force_show_deleted: true })
  t.equal(image.deleted, true)
  t.ok(
    image.properties.every(({ deleted }) => deleted),
    'no property was left alive',
  )
  t.equal(image.properties.length, (outcomes.done ?? 0) - 1, 'and each that was written is there')
})

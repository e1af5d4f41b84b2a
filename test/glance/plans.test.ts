import t from 'tap'
import {
  type Caller,
  type Dictionary,
  GlanceDatabase,
  Image,
  ImageLocation,
  ImageMember,
  ImageProperty,
  ImageTag,
  now,
} from '../../glance/lib/index.js'
import { type PropertyImage, repeatedOf, valueStart } from '../../glance/lib/models/image-property.js'
import { memory } from '../../lib/engines/memory/index.js'
import { create, type ExplainedStep } from '../../lib/index.js'
import { admin, alice, bob } from '../support/glance-fixture.js'
import { pageQuery, planOf } from '../support/glance-plans.js'

const imageCount = 2000
const idOf = (n: number) => String(n).padStart(36, '0')

/**
 * Two thousand images of twenty tenants, three of four active, each with two properties, a tag and a location, every
 * hundredth of them shared with bob. No query may read more than a few of these, or any table whole.
 */
const glance = await GlanceDatabase.open({ engine: memory(), fullScans: 'refuse', budget: { keys: 700 } })
t.teardown(() => glance.close())
for (let start = 0; start < imageCount; start += 500) {
  await glance.rome.transact((session) => {
    for (let n = start; n < start + 500; n++) {
      const image_id = idOf(n)
      const isShared = n % 10 === 0
      const owner = n % 20 === 1 ? 'alice' : `tenant ${n % 20}`
      const visibility = isShared ? 'shared' : n % 10 === 9 ? 'public' : 'private'
      const status = n % 4 ? 'active' : 'queued'
      const image = { id: image_id, name: `${n}`, owner, status, visibility, created_at: now() }
      session.add(create(Image, image))
      session.add(property(2 * n, image, 'arch', n % 3 ? 'x86_64' : 'aarch64'))
      session.add(property(2 * n + 1, image, 'serial', String(n >> 2)))
      session.add(create(ImageTag, { id: n, image_id, value: `tag ${n % 50}` }))
      session.add(create(ImageLocation, { id: n, image_id, value: `file:///${n}` }))
      if (n % 100 === 0) session.add(create(ImageMember, { id: n, image_id, member: 'bob', status: 'accepted' }))
    }
  })
}
for (const n of [10, 30]) {
  await glance.members.create(admin, { values: { image_id: idOf(n), member: 'carol', status: 'accepted' } })
}

function property(id: number, image: PropertyImage, name: string, value: string): ImageProperty {
  return create(ImageProperty, { id, ...repeatedOf(image), name, value, value_start: valueStart(value) })
}

const live = { deleted: false, os_hidden: false }

t.test('an image is fetched by its key, and what belongs to it by indexes', async (t) => {
  t.equal((await glance.images.get(alice, { image_id: idOf(1) })).properties.length, 2)
  t.equal((await glance.images.get(bob, { image_id: idOf(100) })).locations.length, 1, 'by a member too')
})

t.test('pages with filters of owner, status and properties read few keys of indexes', async (t) => {
  const filters = { ...live, owner: 'alice', status: 'active' }
  const sizes = async (caller: Caller, more: Dictionary) => {
    const page = await glance.images.getAll(caller, { filters: { ...filters, ...more }, limit: 25, return_tag: true })
    const next = { filters: { ...filters, ...more }, limit: 25, marker: page.at(-1)?.id }
    return [page.length, (await glance.images.getAll(caller, next)).length]
  }
  for (const caller of [admin, alice]) {
    t.strictSame(await sizes(caller, {}), [25, 25])
    t.strictSame(await sizes(caller, { arch: 'x86_64' }), [25, 25])
    t.strictSame(await sizes(caller, { properties: { arch: 'aarch64' } }), [25, 8])
  }
})

t.test('pages of what a tenant may list read few keys of indexes', async (t) => {
  for (const caller of [admin, alice, bob, { isAdmin: false, owner: null }]) {
    const page = await glance.images.getAll(caller, { filters: live, limit: 25, return_tag: true })
    t.equal(page.length, 25)
    const next = await glance.images.getAll(caller, { filters: live, limit: 25, marker: page.at(-1)?.id })
    t.equal(next.length, 25)
  }
})

t.test('pages by name read few keys of its index, in both directions', async (t) => {
  for (const direction of ['asc', 'desc']) {
    const order = { filters: live, sort_key: ['name'], sort_dir: [direction], limit: 25 }
    const page = await glance.images.getAll(admin, order)
    const next = await glance.images.getAll(admin, { ...order, marker: page.at(-1)?.id })
    t.equal(new Set([...page, ...next].map(({ name }) => name)).size, 50)
  }
})

t.test('images are found by a property or tag that few have, among all', async (t) => {
  const found = await glance.images.getAll(admin, { filters: { ...live, serial: '7' }, limit: 25 })
  t.strictSame(
    found.map(({ name }) => name),
    ['31', '30', '29', '28'],
  )
  t.equal((await glance.images.getAll(admin, { filters: { ...live, tags: ['tag 7'] }, limit: 25 })).length, 25)
})

/** How a page is read, without what is guessed of numbers. */
async function pagePlan(caller: Caller, filters: Dictionary): Promise<string[]> {
  await using session = glance.rome.session()
  return planOf(pageQuery(session, caller, { ...live, ...filters }))
}

t.test('images of a tenant and a status are read by an index, in the order of the list', async (t) => {
  const index =
    'index images.owner_status_created_at; reads entries and rows; ranges 1; direction backwards; partitions 0'
  t.strictSame(await pagePlan(admin, { owner: 'alice', status: 'active' }), [
    'limit: rows 25',
    "  filter: where visibility <> 'community'",
    `    index range: ${index}`,
  ])
})

t.test('a further page is read from its marker on', async (t) => {
  await using session = glance.rome.session()
  const marker = await session.getOrThrow(Image, idOf(1001))
  const query = pageQuery(session, alice, { ...live, owner: 'alice', status: 'active' }, marker)
  const keysRead = keysOf((await query.explain({ analyze: true })).plan)
  // The marker itself, and an entry and a row for each of 25 images.
  t.ok(keysRead > 0 && keysRead <= 52, `${keysRead} keys`)
})

t.test('what a tenant may list is read by an index for each way into the list, a page of each', async (t) => {
  const inOrder = 'direction backwards; partitions 0'
  t.strictSame(await pagePlan({ isAdmin: false, owner: 'carol' }, {}), [
    'limit: rows 25',
    '  top: by created_at desc nulls last, id desc nulls last; rows 25',
    '    union',
    '      union',
    '        limit: rows 25',
    `          index range: index images.visibility_created_at; reads entries and rows; ranges 1; ${inOrder}`,
    '        limit: rows 25',
    `          index range: index images.owner_created_at; reads entries and rows; ranges 1; ${inOrder}`,
    '      limit: rows 25',
    '        top: by created_at desc nulls last, id desc nulls last; rows 25',
    "          filter: where lower(visibility) = 'shared'",
    '            primary key: model images; keys 2',
  ])
})

function keysOf({ actual, inputs }: ExplainedStep): number {
  return (actual?.keysRead ?? 0) + inputs.reduce((sum, input) => sum + keysOf(input), 0)
}

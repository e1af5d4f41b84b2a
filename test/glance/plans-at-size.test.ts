import t from 'tap'
import {
  type Caller,
  type Dictionary,
  GlanceDatabase,
  Image,
  ImageLocation,
  ImageMember,
  ImageProperty,
} from '../../glance/lib/index.js'
import { repeatedOf } from '../../glance/lib/models/image-property.js'
import { memory } from '../../lib/engines/memory/index.js'
import { fields, Timestamp } from '../../lib/index.js'
import { admin } from '../support/glance-fixture.js'
import { pageQuery, planOf } from '../support/glance-plans.js'

const perOwner = 500
/** The image, and an entry and a row for each of what belongs to it. */
const imageKeysMax = 8
/** Of each image an entry that leads to it, one for each of what belongs to it, and some images that are not shown. */
const pageKeysMax = 200
const portion = 2000
const idOf = (n: number) => String(n).padStart(36, '0')
const tenant: Caller = { isAdmin: false, owner: 'tenant 1' }
const image = fields(Image)
const property = fields(ImageProperty)
const location = fields(ImageLocation)
const member = fields(ImageMember)

/** What was read since it was emptied, a line of the log for each query and each read by key. */
const reads: Readonly<Record<string, unknown>>[] = []
const logger = {
  warn: () => {},
  debug: (_message: string, context?: Readonly<Record<string, unknown>>) => {
    if (context !== undefined) reads.push(context)
  },
}

/** Tenants of 500 images each, three of four active, one of three of an architecture; one of ten is public. */
async function openCatalogue(imageCount: number): Promise<GlanceDatabase> {
  const owners = imageCount / perOwner
  const glance = await GlanceDatabase.open({
    engine: memory(),
    cache: { bytes: 0 },
    fullScans: 'refuse',
    logger,
    logLevel: 'debug',
  })
  t.teardown(() => glance.close())
  for (let start = 0; start < imageCount; start += portion) {
    const numbers = Array.from({ length: portion }, (_, at) => start + at)
    await glance.rome.transact(async (session) => {
      const ofOwner = (n: number) => Math.floor(n / owners)
      const createdAt = (n: number) => Timestamp.from(BigInt(17e14 + n))
      const imageOf = (n: number) => ({ id: idOf(n), owner: `tenant ${n % owners}`, created_at: createdAt(n) })
      await session.bulkInsert(
        Image,
        numbers.map((n) => ({
          ...imageOf(n),
          name: `image ${n}`,
          status: ofOwner(n) % 4 === 0 ? 'queued' : 'active',
          visibility: ofOwner(n) % 10 === 0 ? 'public' : ofOwner(n) % 10 === 1 ? 'shared' : 'private',
        })),
      )
      await session.bulkInsert(
        ImageProperty,
        numbers.map((id) => {
          const value = ofOwner(id) % 3 === 0 ? 'aarch64' : 'x86_64'
          return { id, ...repeatedOf(imageOf(id)), name: 'arch', value, value_start: value }
        }),
      )
    })
    reads.length = 0
  }
  await glance.rome.transact(async (session) => {
    const numbers = Array.from({ length: perOwner }, (_, k) => k * owners + 1)
    await session.bulkInsert(
      ImageLocation,
      numbers.map((n) => ({ id: n, image_id: idOf(n), value: `file:///${n}` })),
    )
    await session.bulkInsert(
      ImageMember,
      numbers.slice(0, 20).map((n) => ({ id: n, image_id: idOf(n + 1), member: 'tenant 1', status: 'accepted' })),
    )
  })
  return glance
}

/** How many keys a call looks at. */
async function keysOf(call: () => Promise<unknown>): Promise<number> {
  reads.length = 0
  await call()
  return reads.reduce((sum, context) => sum + Number(context['rome.keys_read'] ?? 0), 0)
}

/** The calls that have to cost the same however many images there are: what each is, and the keys it looks at. */
async function costs(glance: GlanceDatabase, imageCount: number): Promise<Record<string, number>> {
  const owners = imageCount / perOwner
  const own = idOf(100 * owners + 1)
  // Shared with the tenant by its neighbour.
  const shared = idOf(11 * owners + 2)
  const filters = { deleted: false, os_hidden: false, owner: 'tenant 1', status: 'active' }
  const list = (caller: Caller, more: Dictionary, marker?: string) => () =>
    glance.images.getAll(caller, { filters: { ...filters, ...more }, limit: 25, return_tag: true, marker })
  const arch = { arch: 'x86_64' }
  const marker = idOf(251 * owners + 1)
  const calls: Record<string, () => Promise<unknown>> = {
    'image_get of an admin': () => glance.images.get(admin, { image_id: own }),
    'image_get of its owner': () => glance.images.get(tenant, { image_id: own }),
    'image_get of a member': () => glance.images.get(tenant, { image_id: shared }),
    'the first page by owner and status': list(admin, {}),
    'the first page with a property': list(admin, arch),
    'the first page of a tenant': list(tenant, arch),
    'a page in the midst': list(tenant, arch, marker),
    'a page in the midst for an admin': list(admin, arch, marker),
    'what a tenant may list': () =>
      glance.images.getAll(tenant, { filters: { deleted: false, os_hidden: false }, limit: 25, marker }),
  }
  const found: Record<string, number> = {}
  for (const [name, call] of Object.entries(calls)) found[name] = await keysOf(call)
  return found
}

const few = await openCatalogue(2000)
const many = await openCatalogue(100_000)

t.test('an image and a page look at no more keys among 100 000 images than among 2000', async (t) => {
  const amongFew = await costs(few, 2000)
  const amongMany = await costs(many, 100_000)
  for (const [name, keys] of Object.entries(amongMany)) {
    t.ok(keys > 0 && keys <= (amongFew[name] ?? 0), `${name}: ${keys} keys, ${amongFew[name]} among few`)
    t.ok(keys <= (name.startsWith('image_get') ? imageKeysMax : pageKeysMax), `${name}: ${keys} keys`)
  }
})

t.test('an image is read by its key, what belongs to it by indexes, among 100 000 images', async (t) => {
  await using session = many.rome.session()
  const image_id = idOf(201)
  t.strictSame(await planOf(session.query(Image).filter(image.id.eq(image_id))), ['primary key: model images; keys 1'])
  t.strictSame(await planOf(session.query(ImageProperty).filter(property.image_id.eq(image_id))), [
    'index range: index image_properties.image_id_name_unique; reads entries and rows; ranges 1; partitions 0',
  ])
  const live = session.query(ImageLocation).filter(location.image_id.eq(image_id), location.deleted.eq(false))
  t.strictSame(await planOf(live), [
    'filter: where deleted = false',
    '  index range: index image_locations.image_id; reads entries and rows; ranges 1; partitions 0',
  ])
  const ofTenant = session.query(ImageMember).filter(member.image_id.eq(image_id), member.member.eq('tenant 1'))
  const index = 'index image_members.image_id_member_deleted_at_unique'
  t.strictSame(await planOf(ofTenant), [`index range: ${index}; reads entries and rows; ranges 1; partitions 0`])
})

t.test('a page by owner and status is read by an index, in the order of the list, among 100 000 images', async (t) => {
  await using session = many.rome.session()
  const filters = { deleted: false, os_hidden: false, owner: 'tenant 1', status: 'active', arch: 'x86_64' }
  const marker = await session.getOrThrow(Image, idOf(251 * 200 + 1))
  const index = 'index images.owner_status_created_at; reads entries and rows'
  const inOrder = 'direction backwards; partitions 0'
  t.strictSame(await planOf(pageQuery(session, tenant, filters)), [
    'limit: rows 25',
    `  index range: ${index}; ranges 1; ${inOrder}`,
  ])
  t.match((await planOf(pageQuery(session, tenant, filters, marker))).at(-1), `${index}; ranges`)
})

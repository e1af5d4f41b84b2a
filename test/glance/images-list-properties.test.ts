import fc from 'fast-check'
import type { Test } from 'tap'
import { type Caller, type Dictionary, type GlanceDatabase, Image, ImageProperty } from '../../glance/lib/index.js'
import { repeatedOf } from '../../glance/lib/models/image-property.js'
import { Timestamp } from '../../lib/index.js'
import { addImage, admin, alice, bob, listed, rule } from '../support/glance-fixture.js'
import { seed } from '../support/seed.js'

const runs = Number(process.env.ROME_RUNS ?? 20)

/** Names of the images of an owner that have `arch` of this value. */
function listedWith(glance: GlanceDatabase, owner: string, arch: string | null): Promise<(string | null)[]> {
  return listed(glance, admin, { filters: { owner, properties: { arch } }, sort_dir: ['asc'] })
}

rule('an image that gets another owner is listed with its properties by that one', async (t, glance) => {
  const { id } = await addImage(glance, { name: 'a', owner: 'alice', properties: { arch: 'arm' } })
  await addImage(glance, { name: 'b', owner: 'bob', properties: { arch: 'arm' } })
  t.strictSame(await listedWith(glance, 'alice', 'arm'), ['a'])
  await glance.images.update(admin, { image_id: id, values: { owner: 'bob', properties: { other: 'new' } } })
  t.strictSame(await listedWith(glance, 'alice', 'arm'), [])
  t.strictSame(await listedWith(glance, 'bob', 'arm'), ['a', 'b'])
  t.strictSame(await listed(glance, admin, { filters: { owner: 'bob', other: 'new' } }), ['a'])
  await glance.images.update(admin, { image_id: id, values: { owner: null } })
  t.strictSame(await listedWith(glance, 'bob', 'arm'), ['b'])
  t.strictSame(await listed(glance, admin, { filters: { arch: 'arm' } }), ['b', 'a'], 'of nobody, but there')
})

rule('properties that were there before their image lead to it', async (t, glance) => {
  const image_id = 'an image that comes later'
  await glance.properties.create(admin, { values: { image_id, name: 'arch', value: 'arm' } })
  await glance.properties.setAtomic({ image_id, name: 'lock', value: '1' })
  t.strictSame(await listedWith(glance, 'alice', 'arm'), [])
  await addImage(glance, { id: image_id, name: 'a', owner: 'alice' })
  t.strictSame(await listedWith(glance, 'alice', 'arm'), ['a'])
  t.strictSame(await listed(glance, admin, { filters: { owner: 'alice', lock: '1' } }), ['a'])
})

rule('lists of an owner follow every way in which properties come and go', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { name: 'a', owner: 'alice' })
  await glance.properties.create(admin, { values: { image_id, name: 'arch', value: null } })
  t.strictSame(await listedWith(glance, 'alice', null), ['a'])
  await glance.images.update(admin, { image_id, values: { properties: { arch: 'x'.repeat(100) } } })
  t.strictSame(await listedWith(glance, 'alice', null), [])
  t.strictSame(await listedWith(glance, 'alice', 'x'.repeat(100)), ['a'])
  t.strictSame(await listedWith(glance, 'alice', 'x'.repeat(99)), [])
  await glance.properties.delete(admin, { image_ref: image_id, prop_ref: 'arch' })
  t.strictSame(await listedWith(glance, 'alice', 'x'.repeat(100)), [])
  await glance.properties.setAtomic({ image_id, name: 'arch', value: 'arm' })
  t.strictSame(await listedWith(glance, 'alice', 'arm'), ['a'], 'revived')
  await glance.properties.deleteAtomic({ image_id, name: 'arch', value: 'arm' })
  t.strictSame(await listedWith(glance, 'alice', 'arm'), [])
})

rule('what properties repeat of their image stays true while 32 clients change both', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { name: 'a', owner: 'alice', properties: { arch: 'arm' } })
  await Promise.all(
    Array.from({ length: 32 }, (_, client) => {
      const owner = client % 4 === 0 ? 'alice' : `owner ${client}`
      if (client % 3 === 0) return glance.images.update(admin, { image_id, values: { owner } })
      const name = `of${client}`
      if (client % 3 === 1) return glance.properties.setAtomic({ image_id, name, value: '1' })
      return glance.properties.create(admin, { values: { image_id, name, value: '1' } })
    }),
  )
  await allRepeat(t, glance)
})

/** That every property repeats the owner and the creation of its image. */
async function allRepeat(t: Test, glance: GlanceDatabase): Promise<void> {
  const images = new Map((await glance.images.getAll(admin)).map((record) => [record.id, record]))
  await using session = glance.rome.session()
  for (const { image_id, name, image_owner, image_created_at } of await session.query(ImageProperty).all()) {
    const image = images.get(image_id)
    t.equal(image_owner, image?.owner, `${name}: the owner`)
    t.ok(image !== undefined && image_created_at.equals(image.created_at), `${name}: the creation`)
  }
}

rule('pages go on where few of the images with a property pass the other filters', async (t, glance) => {
  const numbers = Array.from({ length: 400 }, (_, n) => n)
  const isShown = (n: number) => n % 4 === 1
  const isQueued = (n: number) => n % 100 === 9
  const images = numbers.map((n) => ({
    id: `image ${String(n).padStart(3, '0')}`,
    owner: 'alice',
    status: isQueued(n) ? 'queued' : 'active',
    os_hidden: !isShown(n),
    created_at: Timestamp.from(BigInt(17e14 + n * 1e6)),
  }))
  await glance.rome.transact(async (session) => {
    await session.bulkInsert(Image, images)
    const arm = { name: 'arch', value: 'arm', value_start: 'arm' }
    await session.bulkInsert(
      ImageProperty,
      images.map((image, id) => ({ ...repeatedOf(image), ...arm, id })),
    )
  })
  const pages = async (more: Dictionary, limit: number) => {
    const filters = { deleted: false, owner: 'alice', arch: 'arm', ...more }
    const ids: string[] = []
    for (;;) {
      const page = await glance.images.getAll(alice, { filters, limit, marker: ids.at(-1), sort_dir: ['asc'] })
      ids.push(...page.map(({ id }) => id))
      if (page.length < limit) return ids
    }
  }
  const idsWhere = (isIn: (n: number) => boolean) => images.filter((_, n) => isIn(n)).map(({ id }) => id)
  for (const limit of [1, 10, 25, 60, 500]) {
    t.strictSame(await pages({ os_hidden: false }, limit), idsWhere(isShown), `one of four, in pages of ${limit}`)
    t.strictSame(await pages({ status: 'queued' }, limit), idsWhere(isQueued), `one of a hundred, in pages of ${limit}`)
  }
})

/** One value most of the time, so that many images pass several filters. */
function mostly<T>(value: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(value) }, { weight: 2, arbitrary: fc.constantFrom(...others) })
}

const anImage = fc.record({
  owner: mostly('alice', 'bob'),
  arch: mostly<string | null | undefined>('arm', 'x86', null, undefined),
  distro: mostly('debian', 'fedora'),
  tag: mostly(true, false),
  status: mostly('active', 'queued', 'killed'),
  visibility: mostly('private', 'public', 'shared', 'community'),
  isHidden: mostly(false, false, true),
  isDeleted: mostly(false, false, true),
  // Some at the same time, whose order is that of their ids.
  second: fc.nat({ max: 20 }),
  laterOwner: mostly<string | undefined>(undefined, 'alice', 'bob'),
})
const aList = fc.record({
  caller: fc.constantFrom<Caller>(admin, alice, bob),
  owner: mostly('alice', 'bob'),
  status: mostly<string | undefined>(undefined, 'active', 'queued'),
  arch: mostly<string | null>('arm', 'x86', null),
  distro: mostly<string | undefined>(undefined, 'debian', 'fedora'),
  tags: mostly<readonly string[]>([], ['lts']),
  visibility: mostly<string | undefined>(undefined, 'all', 'public', 'shared'),
  order: fc.constantFrom(
    { sort_dir: ['asc'] },
    { sort_dir: ['desc'] },
    { sort_key: ['created_at', 'id'], sort_dir: ['desc', 'asc'] },
    { sort_key: ['id'], sort_dir: ['asc'] },
  ),
  limit: fc.integer({ min: 1, max: 40 }),
})

rule('pages by owner and properties are what is left of the whole list', async (t, glance) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anImage, { minLength: 30, maxLength: 60 }),
      fc.array(aList, { minLength: 4, maxLength: 4 }),
      async (images, lists) => {
        await glance.reset()
        for (const {
          owner,
          arch,
          distro,
          tag,
          status,
          visibility,
          isHidden,
          isDeleted,
          second,
          laterOwner,
        } of images) {
          const properties = { distro, ...(arch === undefined ? {} : { arch }) }
          const created_at = Timestamp.from(BigInt(17e14 + second * 1e6))
          const values = { owner, status, visibility, os_hidden: isHidden, created_at, properties }
          const { id: image_id } = await addImage(glance, values)
          if (tag) await glance.tags.create(admin, { image_id, value: 'lts' })
          if (laterOwner !== undefined) await glance.images.update(admin, { image_id, values: { owner: laterOwner } })
          if (isDeleted) await glance.images.destroy(admin, { image_id })
        }
        for (const list of lists) t.strictSame(await pagesOf(glance, list), await leftOf(glance, list))
      },
    ),
    { seed, numRuns: runs },
  )
})

type List = typeof aList extends fc.Arbitrary<infer Each> ? Each : never

/** The ids of a list, read page by page. */
async function pagesOf(glance: GlanceDatabase, { caller, order, limit, ...list }: List): Promise<string[]> {
  const { arch, distro, ...columns } = list
  const properties = { arch, ...(distro === undefined ? {} : { distro }) }
  const filters = { deleted: false, os_hidden: false, ...columns, properties }
  const ids: string[] = []
  for (;;) {
    const page = await glance.images.getAll(caller, { ...order, filters, limit, marker: ids.at(-1) })
    ids.push(...page.map(({ id }) => id))
    if (page.length < limit) return ids
  }
}

/** The same by the list without properties and tags, and by the records in it. */
async function leftOf(glance: GlanceDatabase, list: List): Promise<string[]> {
  const { caller, owner, status, arch, distro, tags, visibility, order } = list
  const filters = { deleted: false, os_hidden: false, owner, status, visibility }
  const records = await glance.images.getAll(caller, { ...order, filters, return_tag: true })
  const left = records.filter(({ properties, tags: own = [] }) => {
    const has = (name: string, value: string | null) =>
      properties.some((property) => property.name === name && property.value === value && !property.deleted)
    return (
      has('arch', arch) && (distro === undefined || has('distro', distro)) && tags.every((tag) => own.includes(tag))
    )
  })
  return left.map(({ id }) => id)
}

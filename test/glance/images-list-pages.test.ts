import { type Caller, type GlanceDatabase, Image, ImageProperty, ImageTag } from '../../glance/lib/index.js'
import { valueStart } from '../../glance/lib/models/image-property.js'
import { Timestamp } from '../../lib/index.js'
import { admin, alice, rule } from '../support/glance-fixture.js'

const imageCount = 330
const numbers = Array.from({ length: imageCount }, (_, n) => n)
// Out of the order of their making, which has ties.
const idOf = (n: number) => `${(n * 7919) % 1000}`.padStart(3, '0').padEnd(36, '-')
const secondOf = (n: number) => Math.floor(n / 3)
const timeOf = (n: number) => Timestamp.from(BigInt(17e14 + secondOf(n) * 1e6))

/** Of each kind that a list leaves out some lie between, and a run of them at the border of what is read at once. */
const isDeleted = (n: number) => n % 11 === 3
const isKilled = (n: number) => n % 13 === 5
const isHidden = (n: number) => n % 17 === 2 || (n > 220 && n <= 235)
const hasArch = (n: number) => n % 2 === 0
const hasDistro = (n: number) => n % 5 !== 0
const hasTag = (n: number) => n % 7 !== 6
/** Deleted properties and tags do not count. */
const isChildDeleted = (n: number) => n % 19 === 4

const isListed = (n: number) => !isDeleted(n) && !isKilled(n) && !isHidden(n)

async function fill(glance: GlanceDatabase): Promise<void> {
  await glance.rome.transact(async (session) => {
    await session.bulkInsert(
      Image,
      numbers.map((n) => ({
        id: idOf(n),
        name: n % 4 === 0 ? null : `name ${n % 6}`,
        owner: 'alice',
        status: isKilled(n) ? 'killed' : 'active',
        min_disk: n % 3,
        created_at: timeOf(n),
        deleted: isDeleted(n),
        os_hidden: isHidden(n),
      })),
    )
    const child = (n: number) => ({ image_id: idOf(n), deleted: isChildDeleted(n) })
    const property = (n: number, name: string, value: string) => ({
      ...child(n),
      name,
      value,
      value_start: valueStart(value),
      image_owner: 'alice',
      image_created_at: timeOf(n),
    })
    await session.bulkInsert(ImageProperty, [
      ...numbers.filter(hasArch).map((n) => ({ id: n, ...property(n, 'arch', 'arm') })),
      ...numbers.filter(hasDistro).map((n) => ({ id: 1000 + n, ...property(n, 'distro', 'x'.repeat(100)) })),
    ])
    await session.bulkInsert(
      ImageTag,
      numbers.filter(hasTag).map((n) => ({ id: n, ...child(n), value: 'lts' })),
    )
  })
}

/** The numbers of the images in a list that is read page by page. */
async function readPages(
  glance: GlanceDatabase,
  caller: Caller,
  filters: Record<string, unknown>,
  options: { readonly limit: number; readonly sort_key?: string[]; readonly sort_dir?: string[] },
): Promise<number[]> {
  const numberOf = new Map(numbers.map((n) => [idOf(n), n]))
  const found: number[] = []
  for (let marker: string | undefined; ; ) {
    const page = await glance.images.getAll(caller, { filters, marker, return_tag: true, ...options })
    for (const { id } of page) found.push(numberOf.get(id) ?? -1)
    if (page.length < options.limit) return found
    marker = page.at(-1)?.id
  }
}

const live = { deleted: false, os_hidden: false }
const ofAlice = { ...live, owner: 'alice', status: 'active' }
const byAge = (a: number, b: number) => secondOf(b) - secondOf(a) || (idOf(a) < idOf(b) ? 1 : -1)

rule('pages have every image that is shown once, where others lie between', async (t, glance) => {
  await fill(glance)
  const arm = numbers.filter((n) => isListed(n) && hasArch(n) && !isChildDeleted(n)).toSorted(byAge)
  for (const limit of [1, 7, 25, 40, 1000]) {
    t.strictSame(await readPages(glance, alice, { ...ofAlice, arch: 'arm' }, { limit }), arm, `pages of ${limit}`)
  }
  t.strictSame(await readPages(glance, admin, { ...live, arch: 'arm' }, { limit: 30 }), arm, 'for an admin')
  const every = numbers.filter(isListed).toSorted(byAge)
  t.strictSame(await readPages(glance, alice, ofAlice, { limit: 25 }), every, 'without properties')
})

rule('pages with several properties and a tag, in orders with and without an index', async (t, glance) => {
  await fill(glance)
  const filters = { ...ofAlice, arch: 'arm', distro: 'x'.repeat(100), tags: ['lts'] }
  const passing = numbers.filter((n) => isListed(n) && hasArch(n) && hasDistro(n) && hasTag(n) && !isChildDeleted(n))
  const names = (n: number) => (n % 4 === 0 ? '' : `name ${n % 6}`)
  const byName = (a: number, b: number) => (names(a) === names(b) ? -byAge(a, b) : names(a) < names(b) ? -1 : 1)
  const byDisk = (a: number, b: number) => (b % 3) - (a % 3) || byAge(a, b)
  const list = (sort_key: string, sort_dir: string) =>
    readPages(glance, alice, filters, { limit: 9, sort_key: [sort_key], sort_dir: [sort_dir] })
  t.strictSame(await list('created_at', 'desc'), passing.toSorted(byAge))
  t.strictSame(await list('created_at', 'asc'), passing.toSorted(byAge).toReversed())
  t.strictSame(await list('name', 'asc'), passing.toSorted(byName), 'null is lowest')
  t.strictSame(await list('min_disk', 'desc'), passing.toSorted(byDisk), 'no index is in this order')
})

rule('a page begins after a marker that is not shown itself', async (t, glance) => {
  await fill(glance)
  const from = numbers.findLast((n) => isHidden(n) && hasArch(n) && !isDeleted(n)) ?? -1
  const filters = { ...ofAlice, arch: 'arm' }
  const page = await glance.images.getAll(alice, { filters, marker: idOf(from), limit: 5 })
  const arm = numbers.filter((n) => isListed(n) && hasArch(n) && !isChildDeleted(n) && byAge(from, n) < 0)
  t.strictSame(
    page.map(({ id }) => id),
    arm.toSorted(byAge).slice(0, 5).map(idOf),
  )
})

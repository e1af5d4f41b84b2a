import assert from 'node:assert/strict'
import { level } from 'rome-orm/engines/level'
import { type Caller, type Dictionary, GlanceDatabase } from '../../glance/lib/index.js'
import { type CatalogueLine, lines, propertiesOf, statusOf } from './catalogue-file.js'
import { showTable, step } from './report.js'

const directory = './catalogue/glance'
const admin: Caller = { isAdmin: true, owner: null }
/** A tenant that owns nothing, and with whom others share. */
const tester: Caller = { isAdmin: false, owner: 'tester' }
const redHat: Caller = { isAdmin: false, owner: 'rhel' }
const createdAtOnce = 32
const pageSize = 100

/** Keeps the same images as OpenStack's Glance does: each has an owner, and callers list what they may see. */
export async function showGlance(): Promise<void> {
  await using glance = await step(`Open ${directory} as the catalogue of a Glance`, () =>
    GlanceDatabase.open({ engine: level(directory, { partitions: 4, durability: 'os' }) }),
  )
  await step(`Create ${lines.length} images by their owners, with properties, locations, tags and members`, () =>
    createImages(glance),
  )
  await step('List them as different callers, with filters, page by page', () => listImages(glance))
}

/** What can be downloaded is for everybody; the rest is shared with those whom its owner has named. */
function visibilityOf(line: CatalogueLine): 'public' | 'shared' {
  return line.url === null ? 'shared' : 'public'
}

function isSharedWithTester(line: CatalogueLine): boolean {
  return visibilityOf(line) === 'shared' && line.arch === 'x86_64'
}

async function createImages(glance: GlanceDatabase): Promise<void> {
  if (await areAllThere(glance)) console.log('They are there from an earlier run.')
  else {
    await glance.reset()
    const waiting = lines.values()
    const work = async () => {
      for (const line of waiting) await createImage(glance, line)
    }
    await Promise.all(Array.from({ length: createdAtOnce }, work))
  }
  const owned = await glance.usage.images(admin, { owner_id: 'fedora' })
  assert.equal(owned, lines.filter((line) => line.distro === 'fedora').length)
}

/** Tags are the last that an image gets, and each gets one for its kind. */
async function areAllThere(glance: GlanceDatabase): Promise<boolean> {
  const images = await listAll(glance, admin, { tags: ['image'] })
  const media = await listAll(glance, admin, { tags: ['media'] })
  return images.count + media.count === lines.length
}

/** On behalf of its owner. */
async function createImage(glance: GlanceDatabase, line: CatalogueLine): Promise<void> {
  const owner: Caller = { isAdmin: false, owner: line.distro }
  const { id: image_id } = await glance.images.create(owner, {
    values: {
      name: line.os_name,
      owner: line.distro,
      status: statusOf(line),
      visibility: visibilityOf(line),
      disk_format: line.disk_format,
      container_format: 'bare',
      min_ram: line.min_ram_mib,
      min_disk: line.min_disk_gib,
      properties: { architecture: line.arch, os_distro: line.distro, ...Object.fromEntries(propertiesOf(line)) },
      locations: line.url === null ? [] : [{ url: line.url, metadata: {}, status: 'active' }],
    },
  })
  if (isSharedWithTester(line)) {
    await glance.members.create(owner, { values: { image_id, member: 'tester', status: 'accepted' } })
  }
  await glance.tags.setAll(owner, { image_id, tags: tagsOf(line) })
}

function tagsOf(line: CatalogueLine): string[] {
  return [line.kind, ...(line.live ? ['live'] : []), ...(line.cloud_init ? ['cloud'] : [])]
}

async function listImages(glance: GlanceDatabase): Promise<void> {
  const isSeen = (line: CatalogueLine) => visibilityOf(line) === 'public' || isSharedWithTester(line)
  const isCloudDisk = (line: CatalogueLine) => line.cloud_init && ['qcow2', 'raw'].includes(line.disk_format)
  const isOfRedHatForArm = (line: CatalogueLine) =>
    line.distro === 'rhel' && line.arch === 'aarch64' && visibilityOf(line) === 'shared'
  const lists: [string, Caller, Dictionary, (line: CatalogueLine) => boolean][] = [
    ['an admin', admin, {}, () => true],
    ['tester', tester, {}, isSeen],
    ['tester', tester, { visibility: 'shared' }, isSharedWithTester],
    ['tester', tester, { tags: ['cloud'], disk_format: 'in:qcow2,raw' }, (line) => isCloudDisk(line) && isSeen(line)],
    ['rhel', redHat, { owner: 'rhel', status: 'queued' }, (line) => line.distro === 'rhel' && line.url === null],
    ['rhel', redHat, { visibility: 'shared', architecture: 'aarch64' }, isOfRedHatForArm],
  ]
  const rows = []
  for (const [name, caller, filters, isExpected] of lists) {
    const { count, pages } = await listAll(glance, caller, filters)
    assert.equal(count, lines.filter(isExpected).length, `${name} with ${JSON.stringify(filters)}`)
    rows.push({ caller: name, filters: JSON.stringify(filters), pages, images: count })
  }
  showTable(rows)
}

/** Reads a list to its end, each page after the last image of the one before: every image once, by name. */
async function listAll(glance: GlanceDatabase, caller: Caller, filters: Dictionary) {
  const seen = new Set<string>()
  let marker: string | undefined
  let pages = 0
  for (;;) {
    const page = await glance.images.getAll(caller, {
      filters: { deleted: false, ...filters },
      sort_key: ['name'],
      sort_dir: ['asc'],
      limit: pageSize,
      return_tag: true,
      ...(marker === undefined ? {} : { marker }),
    })
    for (const { id } of page) assert(!seen.has(id), 'an image comes once')
    for (const { id } of page) seen.add(id)
    if (page.length > 0) pages++
    marker = page.at(-1)?.id
    if (page.length < pageSize) return { count: seen.size, pages }
  }
}

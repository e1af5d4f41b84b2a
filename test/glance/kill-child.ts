/**
 * Opens a catalogue, checks that every call that was made of it is there whole or not at all, and calls until it is
 * killed: of images, or of metadata definitions. Tells its parent, a line each: `opening`, `found <number>`, or
 * `failed <why>`.
 */
import { writeSync } from 'node:fs'
import { GlanceDatabase, type ImageRecord } from '../../glance/lib/index.js'
import { level } from '../../lib/engines/level/index.js'
import { changeDefinitions, checkDefinitions } from './kill-definitions.js'

const [kind, directory = ''] = process.argv.slice(2)
const admin = { isAdmin: true, owner: null }
const names = ['a', 'b', 'c', 'd', 'e']
const tell = (line: string) => writeSync(1, `${line}\n`)

/** Each call writes one number into all properties, locations or tags of an image: they never differ. */
async function call(glance: GlanceDatabase, number: number): Promise<void> {
  const values = {
    status: 'active',
    properties: Object.fromEntries(names.map((name) => [name, number])),
    locations: names.map((name) => ({ url: `file:///${name}`, metadata: { number }, status: 'active' })),
  }
  const { id: image_id } = await glance.images.create(admin, { values })
  await glance.tags.setAll(admin, { image_id, tags: names.map((name) => `${name} ${number}`) })
  await glance.images.update(admin, {
    image_id,
    values: { ...values, properties: { only: number } },
    purge_props: true,
  })
  await glance.tags.setAll(admin, { image_id, tags: names.map((name) => `${name} ${number + 1}`) })
  if (number % 3 === 0) await glance.images.destroy(admin, { image_id })
  if (number % 7 === 0) await glance.purge.rows(admin, { age_in_days: 0, max_rows: -1 })
}

function check({ id, deleted, properties, locations, tags = [] }: ImageRecord): void {
  const live = properties.filter((property) => !property.deleted)
  const isWhole =
    new Set(live.map(({ value }) => value)).size === (deleted ? 0 : 1) &&
    [deleted ? 0 : 1, deleted ? 0 : names.length].includes(live.length) &&
    locations.length === (deleted ? 0 : names.length) &&
    new Set(tags.map((tag) => tag.split(' ')[1])).size <= 1 &&
    (tags.length === 0 || (!deleted && tags.length === names.length))
  if (!isWhole) throw new Error(`${id} is there by halves: ${JSON.stringify({ deleted, live, locations, tags })}`)
}

async function checkImages(glance: GlanceDatabase): Promise<number> {
  const images = await glance.images.getAll(admin, { return_tag: true })
  for (const image of images) check(image)
  return images.length
}

try {
  tell('opening')
  const glance = await GlanceDatabase.open({ engine: level(directory, { partitions: 4, durability: 'os' }) })
  const isOfImages = kind === 'images'
  let next = await (isOfImages ? checkImages(glance) : checkDefinitions(glance))
  tell(`found ${next}`)
  await Promise.all(
    names.map(async () => {
      for (;;) await (isOfImages ? call : changeDefinitions)(glance, ++next)
    }),
  )
} catch (error) {
  tell(`failed ${error instanceof Error ? error.stack : error}`.replaceAll('\n', ' | '))
  process.exitCode = 1
}

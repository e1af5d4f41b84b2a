import assert from 'node:assert/strict'
import { Presets, SingleBar } from 'cli-progress'
import { count, fields, type Rome } from 'rome-orm'
import { v7 as uuid } from 'uuid'
import { lines, makeImage, makeOperatingSystems, propertiesOf, statusOf } from './catalogue-file.js'
import { Image, ImageProperty, OperatingSystem } from './models.js'
import { showTable } from './report.js'

const rowsPerFlush = 250

/** Stores the catalogue in one transaction, unless an earlier run has left all of it. */
export async function loadCatalogue(rome: Rome): Promise<void> {
  if (await isComplete(rome)) console.log('The store has the whole catalogue from an earlier run.')
  else {
    await storeAll(rome)
    assert(await isComplete(rome), 'the store has every row of the catalogue')
  }
  await using session = rome.session()
  showTable([
    { model: 'OperatingSystem', rows: await session.query(OperatingSystem).count() },
    { model: 'Image', rows: await session.query(Image).count() },
    { model: 'ImageProperty', rows: await session.query(ImageProperty).count() },
  ])
}

/** Whether every row of the file is stored, and nothing is left of a run that was broken off. */
export async function isComplete(rome: Rome): Promise<boolean> {
  await using session = rome.session()
  const image = fields(Image)
  const byStatus = new Map(await session.query(image.status, count()).groupBy(image.status).all())
  return (
    byStatus.get('active') === lines.filter((line) => statusOf(line) === 'active').length &&
    byStatus.get('queued') === lines.filter((line) => statusOf(line) === 'queued').length &&
    (await session.query(Image).withDeleted().count()) === lines.length &&
    (await session.query(OperatingSystem).count()) === makeOperatingSystems().length &&
    (await session.query(ImageProperty).count()) === lines.flatMap(propertiesOf).length
  )
}

async function storeAll(rome: Rome): Promise<void> {
  await using session = rome.session()
  const entities = [...makeOperatingSystems(), ...lines.flatMap((line) => makeImage(line, uuid()))]
  const bar = new SingleBar({ format: '{bar} {value} of {total} rows', hideCursor: true }, Presets.shades_classic)
  bar.start(entities.length, 0)
  try {
    await session.begin(async () => {
      for (const model of [ImageProperty, Image, OperatingSystem]) await session.query(model).everything().hardDelete()
      for (let stored = 0; stored < entities.length; stored += rowsPerFlush) {
        for (const entity of entities.slice(stored, stored + rowsPerFlush)) session.add(entity)
        await session.flush()
        bar.update(Math.min(stored + rowsPerFlush, entities.length))
      }
    })
  } finally {
    bar.stop()
  }
}

// The catalogue of operating-system images on LevelDB: stored once, then asked and changed in the ways that matter.
// Every step checks what it is told against the file; the first wrong answer ends the program with an error.
import assert from 'node:assert/strict'
import { Rome } from 'rome-orm'
import { level } from 'rome-orm/engines/level'
import { lines } from './catalogue-file.js'
import { deleteAndRestore, showConflict, updateStatus } from './changes.js'
import { showGlance } from './glance.js'
import { isComplete, loadCatalogue } from './load.js'
import { Image, ImageProperty, OperatingSystem } from './models.js'
import { countByArchitecture, showPlan, showRelations, showSmallImages, showUnion, walkPages } from './queries.js'
import { showTable, step } from './report.js'

const directory = './catalogue'
// Refusing full scans shows that an index serves every step that looks for a part of a table.
// The models are named because those of Glance, in a store of their own, are registered as well.
const open = () =>
  Rome.open({
    engine: level(directory, { partitions: 4 }),
    models: [OperatingSystem, Image, ImageProperty],
    fullScans: 'refuse',
  })

{
  await using rome = await step(`Open ${directory} with four partitions`, open)
  await step(`Store ${lines.length} images, their operating systems and properties, in one transaction`, () =>
    loadCatalogue(rome),
  )
  await step('Filter: images for the cloud that need 1 GiB of memory or less, and those for containers', () =>
    showSmallImages(rome),
  )
  await step('Pages: the images for aarch64, 50 at a time', () => walkPages(rome))
  await step('Union: systems released before 2006, and all of Fedora', () => showUnion(rome))
  await step('Relations: releases of FreeBSD with their images and the properties of these', () => showRelations(rome))
  await step('Count: images by architecture', () => countByArchitecture(rome))
  await step('Update: what waits for its contents is killed, and queued again', () => updateStatus(rome))
  await step('Delete: the images of NetBSD, softly, then for good, then stored again', () => deleteAndRestore(rome))
  await step('Conflict: two sessions change one image', () => showConflict(rome))
  await step('Plan: the newest active images of an owner', () => showPlan(rome))
}

await step('Close and open again: everything is on disk', async () => {
  await using rome = await open()
  assert(await isComplete(rome))
  await using session = rome.session()
  let read = 0
  for await (const image of session.query(Image)) {
    assert.equal(image.deletedAt, null)
    read++
  }
  assert.equal(read, lines.length)
  showTable([{ model: 'Image', 'rows read': read }])
})

await showGlance()

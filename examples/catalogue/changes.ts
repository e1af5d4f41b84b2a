import assert from 'node:assert/strict'
import { ConflictError, fields, type Rome, type RomeSession } from 'rome-orm'
import { v7 as uuid } from 'uuid'
import { lines, makeImage, propertiesOf } from './catalogue-file.js'
import { Image, ImageProperty } from './models.js'
import { showTable } from './report.js'

const image = fields(Image)
const property = fields(ImageProperty)

/** Updates by query, and back again. Each returns how many rows it changed. */
export async function updateStatus(rome: Rome): Promise<void> {
  await using session = rome.session()
  const waiting = lines.filter((line) => line.url === null).length
  const killed = await session.begin(() =>
    session.query(Image).filter(image.status.eq('queued')).update({ status: 'killed' }),
  )
  assert.equal(killed, waiting)
  assert.equal(await session.query(Image).filter(image.status.eq('queued')).count(), 0)
  const requeued = await session.begin(() =>
    session.query(Image).filter(image.status.eq('killed')).update({ status: 'queued' }),
  )
  assert.equal(requeued, waiting)
  showTable([
    { change: 'queued to killed', rows: killed },
    { change: 'killed to queued', rows: requeued },
  ])
}

/** Hides images, shows that they are hidden, erases them, and stores them again. */
export async function deleteAndRestore(rome: Rome): Promise<void> {
  await using session = rome.session()
  const doomed = lines.filter((line) => line.distro === 'netbsd')
  const owned = image.owner.eq('netbsd')

  const hidden = await session.begin(() => session.query(Image).filter(owned).softDelete())
  assert.equal(hidden, doomed.length)
  const left = await session.query(Image).count()
  assert.equal(left, lines.length - doomed.length)
  const deleted = session.query(Image).onlyDeleted().filter(owned)
  assert.equal(await deleted.count(), doomed.length)

  const [erased, erasedProperties] = await session.begin(async () => {
    const ids = (await deleted.all()).map((found) => found.id)
    const properties = await session.query(ImageProperty).filter(property.imageId.in(ids)).hardDelete()
    return [await deleted.hardDelete(), properties]
  })
  assert.equal(erased, doomed.length)
  assert.equal(erasedProperties, doomed.flatMap(propertiesOf).length)
  assert.equal(await session.query(Image).withDeleted().count(), lines.length - doomed.length)

  await session.begin(async () => {
    for (const entity of doomed.flatMap((line) => makeImage(line, uuid()))) session.add(entity)
  })
  const restored = await session.query(Image).count()
  assert.equal(restored, lines.length)
  showTable([
    { step: 'soft-deleted images', rows: hidden },
    { step: 'images left to see', rows: left },
    { step: 'images erased', rows: erased },
    { step: 'properties erased', rows: erasedProperties },
    { step: 'images after storing them again', rows: restored },
  ])
}

/** Two sessions change one image: the second is refused, and tries again. */
export async function showConflict(rome: Rome): Promise<void> {
  await using first = rome.session()
  await using second = rome.session()
  const inFirst = await someImage(first)
  const inSecond = await someImage(second)
  const before = inFirst.minDiskGib ?? 0
  const beforeVersion = inFirst.version
  inFirst.minDiskGib = before + 1
  inSecond.minDiskGib = before + 1
  await first.commit()
  await assert.rejects(second.commit(), ConflictError)

  let attempts = 0
  await rome.transact(async (session) => {
    attempts++
    const found = await session.getOrThrow(Image, inFirst.id)
    found.minDiskGib = (found.minDiskGib ?? 0) + 1
    // Another commit comes between the first attempt's reading and its writing.
    if (attempts === 1) await addDisk(rome, inFirst.id, 1)
  })
  assert.equal(attempts, 2)

  await using third = rome.session()
  const after = await third.getOrThrow(Image, inFirst.id)
  // One of the first session, one in between, one of the second attempt: no change is lost, and none is made twice.
  assert.equal(after.minDiskGib, before + 3)
  assert.equal(after.version, beforeVersion + 3)
  await addDisk(rome, inFirst.id, -3)
  showTable([
    { session: 'first', result: 'committed' },
    { session: 'second', result: 'refused with ConflictError' },
    { session: 'transact', result: `committed at attempt ${attempts}` },
  ])
}

function someImage(session: RomeSession): Promise<Image> {
  return session
    .query(Image)
    .filter(image.operatingSystemId.eq('fedora36'), image.arch.eq('x86_64'), image.minDiskGib.isNotNull())
    .orderBy(image.id)
    .limit(1)
    .one()
}

function addDisk(rome: Rome, id: string, gib: number): Promise<void> {
  return rome.transact(async (session) => {
    const found = await session.getOrThrow(Image, id)
    found.minDiskGib = (found.minDiskGib ?? 0) + gib
  })
}

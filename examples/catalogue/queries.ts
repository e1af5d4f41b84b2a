import assert from 'node:assert/strict'
import { and_, count, fields, or_, type Rome } from 'rome-orm'
import { lines, makeOperatingSystems, propertiesOf } from './catalogue-file.js'
import { Image, OperatingSystem } from './models.js'
import { showTable } from './report.js'

const image = fields(Image)
const system = fields(OperatingSystem)

/** Images that a small machine can start at once: for the cloud, or in a container. */
export async function showSmallImages(rome: Rome): Promise<void> {
  await using session = rome.session()
  const images = await session
    .query(Image)
    .filter(
      or_(
        and_(image.diskFormat.eq('qcow2'), image.cloudInit.eq(true), image.minRamMib.lte(1024)),
        image.diskFormat.eq('containerdisk'),
      ),
    )
    .orderBy(image.operatingSystemId, image.arch, image.diskFormat)
    .all()
  const expected = lines.filter(
    (line) =>
      (line.disk_format === 'qcow2' && line.cloud_init && line.min_ram_mib !== null && line.min_ram_mib <= 1024) ||
      line.disk_format === 'containerdisk',
  )
  assert.equal(images.length, expected.length)
  showTable(
    images.map((found) => ({
      system: found.operatingSystemId,
      arch: found.arch,
      format: found.diskFormat,
      'MiB of memory': found.minRamMib,
    })),
  )
}

/** All images of an architecture, page by page, each once and in order. */
export async function walkPages(rome: Rome): Promise<void> {
  await using session = rome.session()
  const images = session.query(Image).filter(image.arch.eq('aarch64')).orderBy(image.operatingSystemId.desc())
  const pages = []
  const seen = new Set<string>()
  let after: string | undefined
  do {
    const page = await images.page(after === undefined ? { size: 50 } : { size: 50, after })
    for (const item of page.items) seen.add(item.id)
    pages.push({
      page: pages.length + 1,
      from: page.items.at(0)?.operatingSystemId ?? null,
      to: page.items.at(-1)?.operatingSystemId ?? null,
      images: page.items.length,
    })
    after = page.next
  } while (after !== undefined)
  assert.equal(seen.size, lines.filter((line) => line.arch === 'aarch64').length)
  assert.equal(
    pages.reduce((sum, page) => sum + page.images, 0),
    seen.size,
  )
  showTable(pages)
}

/** The rows of two queries, each once, in one order. */
export async function showUnion(rome: Rome): Promise<void> {
  await using session = rome.session()
  const old = session.query(OperatingSystem).filter(system.releaseDate.lt('2006-01-01'))
  const fedora = session.query(OperatingSystem).filter(system.distro.eq('fedora'))
  const systems = await old.union(fedora).orderBy(system.releaseDate.asc(), system.id.asc()).all()
  const expected = makeOperatingSystems().filter(
    (made) => (made.releaseDate !== null && made.releaseDate < '2006-01-01') || made.distro === 'fedora',
  )
  assert.deepEqual(new Set(systems.map((found) => found.id)), new Set(expected.map((made) => made.id)))
  assert.equal(systems.length, expected.length)
  const rowsOfBoth = (await old.count()) + (await fedora.count())
  assert(rowsOfBoth > systems.length, 'some rows are in both queries')
  showTable(systems.map((found) => ({ name: found.name, distro: found.distro, released: found.releaseDate })))
}

/** How many images there are of each architecture. */
export async function countByArchitecture(rome: Rome): Promise<void> {
  await using session = rome.session()
  const counts = await session.query(image.arch, count()).groupBy(image.arch).orderBy(count().desc(), image.arch).all()
  for (const [arch, images] of counts) assert.equal(images, lines.filter((line) => line.arch === arch).length, arch)
  assert.equal(
    counts.reduce((sum, [, images]) => sum + images, 0),
    lines.length,
  )
  showTable(
    counts.map(([arch, images]) => ({ arch, images })),
    counts.length,
  )
}

/** Systems with their images and these with their properties: one read a level, however many there are. */
export async function showRelations(rome: Rome): Promise<void> {
  await using session = rome.session()
  const systems = await session
    .query(OperatingSystem)
    .filter(
      system.distro.eq('freebsd'),
      system.images.some((found) => found.arch.eq('x86_64')),
    )
    .orderBy(system.releaseDate.desc())
    .include('images.properties')
    .all()
  const rows = systems.map(({ id, name, images }) => {
    const expected = lines.filter((line) => line.os === id)
    assert.equal(images.length, expected.length, id)
    const properties = images.toArray().reduce((sum, found) => sum + found.properties.length, 0)
    assert.equal(properties, expected.flatMap(propertiesOf).length, id)
    return { name, images: images.length, properties }
  })
  assert(rows.length > 0)
  showTable(rows)
}

/** How a query would be answered. */
export async function showPlan(rome: Rome): Promise<void> {
  await using session = rome.session()
  const newest = session
    .query(Image)
    .filter(image.owner.eq('fedora'), image.status.eq('active'))
    .orderBy(image.createdAt.desc())
    .limit(20)
  console.log(String(await newest.explain()))
}

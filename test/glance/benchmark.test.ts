import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import * as glanceModule from '../../glance/lib/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { type ModelClass, Timestamp } from '../../lib/index.js'
import { projectRoot } from '../support/project.js'

// The benchmark is of plain modules without types, so that it runs as it is.
type Rows = Readonly<Record<'Image' | 'ImageProperty' | 'ImageTag' | 'ImageLocation', readonly object[]>>
interface Expected {
  readonly image: (number: number) => { readonly id: string; readonly owner: string }
  readonly listed: (owner: string, value: string) => readonly string[]
}
interface Catalogue {
  readonly rowsOf: (from: number, count: number, total: number, timestamp: typeof Timestamp) => Rows
  readonly Expected: new (total: number) => Expected
  readonly filtered: { readonly name: string; readonly values: readonly string[] }
}

const file = pathToFileURL(join(projectRoot, 'bench', 'glance', 'catalogue.mjs')).href
const { rowsOf, Expected, filtered }: Catalogue = await import(file)

t.test('what the benchmark of the service expects is what the catalogue that it loads answers', async (t) => {
  const total = 1200
  await using glance = await glanceModule.GlanceDatabase.open({ engine: memory() })
  await glance.rome.transact(async (session) => {
    for (const [name, rows] of Object.entries(rowsOf(0, total, total, Timestamp))) {
      const model: ModelClass = Reflect.get(glanceModule, name)
      await session.bulkInsert(model, rows)
    }
  })
  const expected = new Expected(total)
  const { id: image_id, owner } = expected.image(7)
  const caller = { isAdmin: false, owner }
  const record = await glance.images.get(caller, { image_id })
  t.strictSame([record.owner, record.properties.length, record.locations.length], [owner, 3, 1])
  let count = 0
  for (const value of filtered.values) {
    const filters = { deleted: false, os_hidden: false, owner, status: 'active', [filtered.name]: value }
    const found = await glance.images.getAll(caller, { filters, return_tag: true })
    t.strictSame(
      found.map(({ id }) => id),
      expected.listed(owner, value),
    )
    t.ok(found.every(({ tags }) => tags?.length === 2))
    count += found.length
  }
  t.ok(count > 100, `${count} images`)
})

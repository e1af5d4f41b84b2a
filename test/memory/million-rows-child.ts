import { level } from '../../lib/engines/level/index.js'
import { count, create, defineEntity, fields, index, primaryKey, Rome, sum, t } from '../../lib/index.js'

// One piece of work on a million rows, in a process of its own: prints what came out and how much memory it took.
//   node million-rows-child.js <directory> <rows> <sort memory in MiB> <cache in MiB> <work>

const Owner = defineEntity('owners', { id: primaryKey(t.integer()), name: t.string() })
const Item = defineEntity(
  'items',
  { id: primaryKey(t.integer()), ownerId: t.integer(), name: t.string(), size: t.float() },
  { indexes: [index('ownerId')] },
)
const owner = fields(Owner)
const item = fields(Item)

const owners = 1000
const rowsPerCommit = 5000
const samples = 10
const rowsPerPage = 500
const mebibyte = 1024 * 1024

const [, , directory, rowsText, sortMemoryText, cacheText, work] = process.argv
const rows = Number(rowsText)

/** A number below `rows` for every one, each once and in no order. */
const shuffled = (id: number): number => (id * 7919) % rows

const rome = await Rome.open({
  engine: level(directory, { partitions: 2 }),
  models: [Owner, Item],
  fullScans: 'allow',
  // A part of the limit of the process, as every budget is.
  cache: { bytes: Number(cacheText) * mebibyte },
  sortMemoryBytes: Number(sortMemoryText) * mebibyte,
  temporaryDirectory: directory,
})
const startedAt = performance.now()
const session = rome.session()
const heapMiB: number[] = []
let peakMiB = 0
let cacheBytesMax = 0
const sampling = setInterval(samplePeak, 20)
let result: unknown

switch (work) {
  case 'load':
    session.addAll(Array.from({ length: owners }, (_, id) => create(Owner, { id, name: `owner ${id}` })))
    await session.commit({ durability: 'os' })
    for (let first = 0; first < rows; first += rowsPerCommit) {
      await rome.transact((loading) => loading.addAll(newItems(first)), { durability: 'os' })
      sampleHeap(first)
    }
    result = await session.query(Item).count()
    break
  case 'filter':
    result = await read(session.query(item.id, item.name).filter(item.size.gte(rows / 2)))
    break
  case 'join':
    result = await read(
      session.query(item.id, owner.name).join(Owner, item.ownerId.eq(owner.id)).filter(owner.name.ne('owner 7')),
    )
    break
  case 'group':
    result = await read(
      session.query(item.ownerId, count(), sum(item.size)).groupBy(item.ownerId).orderBy(item.ownerId),
    )
    break
  case 'sort': {
    let last = -1
    result = await read(session.query(item.size, item.id, item.name).orderBy(item.size), ([size]) => {
      if (size !== ++last) throw new Error(`${size} came for ${last}`)
    })
    break
  }
  case 'explain': {
    const query = session.query(item.size, item.id, item.name).orderBy(item.size)
    result = String(await query.explain({ analyze: true }))
    break
  }
  case 'entities':
    result = await read(session.query(Item), (entity) => session.expunge(entity))
    break
  case 'pages':
    result = await readPages()
    break
  case 'points':
    result = await readPoints()
    break
  default:
    throw new Error(`there is no such work: ${work}`)
}
samplePeak()
clearInterval(sampling)
const seconds = (performance.now() - startedAt) / 1000
await session.close()
await rome.close()
console.log(JSON.stringify({ result, seconds, peakMiB: Math.round(peakMiB), heapMiB, cacheBytesMax }))

function newItems(first: number): object[] {
  const ids = Array.from({ length: Math.min(rowsPerCommit, rows - first) }, (_, position) => first + position)
  return ids.map((id) => {
    const size = shuffled(id)
    return create(Item, { id, ownerId: size % owners, name: `item ${id}`, size })
  })
}

/** Streams all results, looks at the heap as it goes on, and tells how many there were. */
async function read<Result>(results: AsyncIterable<Result>, visit?: (result: Result) => void): Promise<number> {
  let number = 0
  for await (const result of results) {
    visit?.(result)
    sampleHeap(number++)
  }
  return number
}

/** The whole table by pages, each in a session of its own. */
async function readPages(): Promise<number> {
  let number = 0
  let after: string | undefined
  do {
    await using reading = rome.session({ readOnly: true })
    const { items, next } = await reading.query(Item).orderBy(item.id).page({ size: rowsPerPage, after })
    for (const { id } of items) {
      if (id !== number) throw new Error(`${id} came for ${number}`)
      sampleHeap(number++)
    }
    sampleCache()
    after = next
  } while (after !== undefined)
  return number
}

/** Single rows from all over the table, each in a session of its own. */
async function readPoints(): Promise<number> {
  const points = rows / 2
  for (let point = 0; point < points; point++) {
    await using reading = rome.session({ readOnly: true })
    const id = (point * 104_729) % rows
    const { size } = await reading.getOrThrow(Item, id)
    if (size !== shuffled(id)) throw new Error(`${size} came for ${shuffled(id)}`)
    sampleHeap(point * 2)
    sampleCache()
  }
  return points
}

function sampleCache(): void {
  cacheBytesMax = Math.max(cacheBytesMax, rome.stats().cache?.bytes ?? 0)
}

/** What is in use after a garbage collection, so many times on the way. */
function sampleHeap(number: number): void {
  if (number % Math.ceil(rows / samples) !== 0) return
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  heapMiB.push(Math.round((heapUsed + external) / mebibyte))
}

function samplePeak(): void {
  peakMiB = Math.max(peakMiB, process.memoryUsage().rss / mebibyte)
}

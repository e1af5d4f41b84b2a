// How costs grow with the number of rows: the same operations in stores of several sizes, which take turns in one
// process, once without a cache and once with rows that are in memory. Prints medians in microseconds, and how many
// times those of the first store that is. test/golden/operation-counts.test.ts proves by counting what is timed here.
//
//   npm run bench:growth                              10 000 and 100 000 rows
//   npm run bench:growth -- --rows 10000,100000,1000000
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Command } from 'commander'
import { level } from '../dist/lib/engines/level/index.js'
import { defineEntity, fields, index, primaryKey, Rome, t } from '../dist/lib/index.js'
import { medianOf } from './median.mjs'
import { wholeNumber, wholeNumbers } from './option-values.mjs'

const options = new Command('npm run bench:growth --')
  .option('--rows <numbers>', 'how many rows the stores have', wholeNumbers, [10_000, 100_000])
  .option('--repetitions <count>', 'of each operation in each store', wholeNumber, 21)
  .option('--directory <path>', 'where the stores are made', tmpdir())
  .parse()
  .opts()

const rowsPerOwner = 50
const rowsPerCommit = 10_000
const pageSize = 50
/** As many rows are used again and again where they are to be in memory. */
const hotRows = 200

const Item = defineEntity(
  'items',
  { id: primaryKey(t.integer()), owner: t.integer(), name: t.string(), createdAt: t.datetime() },
  { indexes: [index('owner', 'createdAt'), index('createdAt'), index('name')] },
)
const item = fields(Item)
const newest = (session) => session.query(Item).orderBy(item.createdAt.desc())

/** Each does what it says so many times, so that a clock can tell. */
const operations = {
  'read one by its key': { times: 100, isRead: true, run: (session, { anyRow }) => session.get(Item, anyRow()) },
  'page 1, of 50': { times: 5, isRead: true, run: (session) => newest(session).page({ size: pageSize }) },
  'the last page, at most 10 000, of 50': {
    times: 5,
    isRead: true,
    run: (session, { after }) => newest(session).page({ size: pageSize, after }),
  },
  'count by an index, 50 rows': {
    times: 20,
    isRead: true,
    run: (session, { anyRow }) =>
      session
        .query(Item)
        .filterBy({ owner: Math.floor(anyRow() / rowsPerOwner) })
        .count(),
  },
  'insert one, three indexes': {
    times: 20,
    run: async (session, { nextRow }) => {
      session.add(Object.assign(new Item(), nextRow()))
      await session.commit()
    },
  },
}

const itemOf = (id) => ({
  id,
  owner: Math.floor(id / rowsPerOwner),
  name: `item ${(id * 7919) % 1_000_003}`,
  createdAt: new Date(1.7e12 + id * 1000),
})

const root = mkdtempSync(join(options.directory, 'rome-growth-'))
try {
  const stores = []
  for (const rows of options.rows) stores.push(await load(rows))
  for (const isCached of [false, true]) {
    for (const store of stores) {
      await open(store, isCached)
      if (isCached) await warmUp(store)
    }
    console.log(`\n${isCached ? 'With what is used in memory' : 'Without a cache'}, on LevelDB, commits not synced:\n`)
    print(await measure(stores))
    for (const { rome } of stores) await rome.close()
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}

async function load(rows) {
  const store = { rows, directory: join(root, String(rows)), next: rows }
  await open(store, false)
  for (let first = 0; first < rows; first += rowsPerCommit) {
    const items = Array.from({ length: Math.min(rowsPerCommit, rows - first) }, (_, at) => itemOf(first + at))
    await store.rome.transact((session) => session.bulkInsert(Item, items))
  }
  // To the last page, in larger ones.
  let pages = Math.min(10_000, Math.ceil(rows / pageSize)) - 1
  for (; pages > 0; ) {
    const together = Math.min(pages, 100)
    const session = store.rome.session({ readOnly: true })
    store.after = (await newest(session).page({ size: together * pageSize, after: store.after })).next
    await session.close()
    pages -= together
  }
  await store.rome.close()
  return store
}

async function open(store, isCached) {
  const cache = isCached ? undefined : { bytes: 0 }
  store.rome = await Rome.open({ engine: level(store.directory, { durability: 'os' }), models: [Item], cache })
  let drawn = 0
  const among = isCached ? Math.min(hotRows, store.rows) : store.rows
  const step = Math.floor(store.rows / among)
  store.anyRow = () => ((drawn++ * 7919) % among) * step
  store.nextRow = () => itemOf(store.next++)
}

/** Reads what will be read, and waits until no more is read ahead. */
async function warmUp({ rome, anyRow, after }) {
  const session = rome.session({ readOnly: true })
  for (let count = 0; count < hotRows; count++) {
    for (const { isRead, run } of Object.values(operations)) if (isRead) await run(session, { anyRow, after })
  }
  await session.close()
  for (let before = -1; before < rome.stats().cache.bytes; await setTimeout(100)) before = rome.stats().cache.bytes
}

/** The medians in microseconds, of each operation in each store. */
async function measure(stores) {
  const names = Object.keys(operations)
  const times = names.map(() => stores.map(() => []))
  // The first turns warm up.
  for (let turn = -5; turn < options.repetitions; turn++) {
    for (const [row, name] of names.entries()) {
      const inOrder = [...stores.entries()]
      for (const [column, store] of turn % 2 === 0 ? inOrder : inOrder.reverse()) {
        const took = await time(operations[name], store)
        if (turn >= 0) times[row][column].push(took)
      }
    }
  }
  return names.map((name, row) => ({ name, medians: times[row].map(medianOf) }))
}

async function time({ times, run }, store) {
  const startedAt = performance.now()
  for (let count = 0; count < times; count++) {
    const session = store.rome.session()
    await run(session, store)
    await session.close()
  }
  return ((performance.now() - startedAt) * 1000) / times
}

function print(rows) {
  const cells = ({ name, medians }) => [
    name,
    ...medians.map((median) => `${median.toFixed(1)} (${(median / medians[0]).toFixed(2)}×)`),
  ]
  const sizes = options.rows.map((count) => `${count.toLocaleString('en')} rows`)
  const line = (texts) => `| ${texts.join(' | ')} |`
  console.log(
    [line(['µs', ...sizes]), line(['---', ...sizes.map(() => '--:')]), ...rows.map((row) => line(cells(row)))].join(
      '\n',
    ),
  )
}

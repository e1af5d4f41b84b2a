import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { temporaryDirectory } from '../support/temporary-directory.js'

// Takes minutes, so it is no part of the usual run: node dist/test/memory/million-rows.js
// Stores a million rows and reads them all in several ways, each in a process whose heap they do not fit into.

/**
 * What a process may keep of objects that live long, besides its cache. All rows in memory are more than three times as
 * much.
 */
const heapMiBMax = 80
/** With the code, young objects, and what LevelDB takes. */
const processMiBMax = 320
const sortMemoryMiB = 32
/** How much more may be in use at one moment than at another, while results are streamed. */
const driftMiBMax = 12
/** What the cache may hold, by an estimate of the size of rows. */
const cacheMiB = 16
/** The cache that a Rome has unless it is told otherwise: too small for the rows. */
const usualCacheMiB = 64
/** How much more than the cache may be in use, of everything else. */
const besidesCacheMiBMax = 24

const rows = 1_000_000

interface Outcome {
  readonly result: unknown
  readonly seconds: number
  readonly peakMiB: number
  readonly heapMiB: readonly number[]
  readonly cacheBytesMax: number
}

t.setTimeout(1_800_000)
const directory = temporaryDirectory(t)
const child = fileURLToPath(new URL('million-rows-child.js', import.meta.url))

async function run(work: string, { sortMiB = sortMemoryMiB, ofCacheMiB = cacheMiB } = {}): Promise<Outcome> {
  const flags = ['--expose-gc', `--max-old-space-size=${heapMiBMax + ofCacheMiB}`]
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    child,
    directory,
    String(rows),
    String(sortMiB),
    String(ofCacheMiB),
    work,
  ])
  const outcome: Outcome = JSON.parse(stdout)
  const { seconds, peakMiB, heapMiB } = outcome
  t.comment(`${work}: ${seconds.toFixed(1)} s, process ${peakMiB} MiB, in use ${heapMiB.join(' ')} MiB`)
  return outcome
}

t.comment(`${rows} rows, Node ${process.version}, ${availableParallelism()} processors`)

t.test('rows are stored in bounded memory', async (t) => {
  const { result, peakMiB } = await run('load')
  t.equal(result, rows)
  t.ok(peakMiB < processMiBMax, `${peakMiB} MiB`)
})

const expected: Readonly<Record<string, number>> = {
  filter: Math.floor(rows / 2),
  join: rows - Math.floor((rows + 992) / 1000),
  group: 1000,
  sort: rows,
  entities: rows,
}

for (const [work, results] of Object.entries(expected)) {
  t.test(`${work}: results are streamed in constant memory`, async (t) => {
    const { result, peakMiB, heapMiB } = await run(work)
    t.equal(result, results)
    t.ok(peakMiB < processMiBMax, `the process took ${peakMiB} MiB`)
    // The cache fills first.
    const drift = Math.max(...heapMiB) - Math.min(...heapMiB)
    t.ok(drift <= cacheMiB + driftMiBMax, `between ${Math.min(...heapMiB)} and ${Math.max(...heapMiB)} MiB were in use`)
    t.strictSame(
      readdirSync(directory).filter((name) => name.startsWith('rome-sort-')),
      [],
      'no file of a sort is left',
    )
  })
}

for (const [work, results] of Object.entries({ pages: rows, points: rows / 2 })) {
  t.test(`${work}: what is kept in memory stays within the cache`, async (t) => {
    const { result, peakMiB, heapMiB, cacheBytesMax } = await run(work, { ofCacheMiB: usualCacheMiB })
    t.equal(result, results)
    t.ok(peakMiB < processMiBMax, `the process took ${peakMiB} MiB`)
    const budget = usualCacheMiB * 1024 * 1024
    t.ok(cacheBytesMax <= budget, `the cache held ${cacheBytesMax} bytes of ${budget}`)
    t.ok(cacheBytesMax > budget * 0.99, 'it was full')
    t.ok(Math.max(...heapMiB) <= usualCacheMiB + besidesCacheMiBMax, `up to ${Math.max(...heapMiB)} MiB were in use`)
  })
}

t.test('the sort goes to disk, and explain says so', async (t) => {
  const { result } = await run('explain')
  t.match(result, /spilled \d+ runs, \d+ bytes/)
})

t.test('without a limit of its memory the same sort does not fit into the process', async (t) => {
  await t.rejects(run('sort', { sortMiB: 1_000_000 }), { message: /heap out of memory/ })
})

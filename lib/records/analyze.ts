import { type Key, prefixRange } from '../codec/key.js'
import { prefixBytes } from '../codec/space.js'
import { elementEnd } from '../codec/tuple.js'
import type { Engine, EngineSnapshot } from '../engines/contract.js'
import type { OnProgress } from './progress.js'
import type { IndexStatistics, Statistics } from './statistics.js'
import { writeStatistics } from './stored-statistics.js'
import type { Table } from './table.js'
import type { TableIndex } from './table-index.js'

const sampleKeysMax = 1024
const keysPerBatch = 1000

/** What is looked through, and where what is found is kept. */
export interface AnalyzedStore {
  readonly engine: Engine
  readonly tables: Iterable<Table>
  readonly statistics: Statistics
}

/**
 * Counts the rows of every table, and looks through every index: how many entries it has, how many different prefixes,
 * and how its keys are spread. Cost: every key is read once; nobody waits.
 */
export async function analyzeStore(store: AnalyzedStore, onProgress?: OnProgress): Promise<void> {
  const { engine, tables, statistics } = store
  const snapshot = await engine.snapshot()
  try {
    for (const table of tables) {
      const report = (name: string) => (done: number) => onProgress?.({ task: 'analyze', name, done })
      let rows = 0
      await forEachKey(snapshot, table.prefix, () => rows++, report(table.schema.name))
      statistics.setRows(table.id, rows)
      for (const index of table.indexes) {
        const name = `${table.schema.name}.${index.definition.name}`
        statistics.setIndex(index.id, await analyzeIndex(snapshot, index, report(name)))
      }
    }
  } finally {
    snapshot.release()
  }
  await writeStatistics(engine, statistics)
}

async function analyzeIndex(
  snapshot: EngineSnapshot,
  index: TableIndex,
  report: (done: number) => void,
): Promise<IndexStatistics> {
  const columns = index.definition.columns.length
  const distinct = new Array<number>(columns).fill(0)
  const sampler = new Sampler()
  let previous: readonly Key[] = []
  await forEachKey(
    snapshot,
    index.prefix,
    (key) => {
      const prefixes = prefixesOf(key, columns)
      const firstNew = prefixes.findIndex((prefix, depth) => prefix !== previous[depth])
      for (let depth = firstNew; depth !== -1 && depth < columns; depth++) distinct[depth]++
      previous = prefixes
      sampler.add(key)
    },
    report,
  )
  return { entries: sampler.seen, distinct, sample: sampler.keys }
}

/** The beginnings of a key with its first column, its first two, and so on. */
function prefixesOf(key: Key, columns: number): Key[] {
  const prefixes: Key[] = []
  let end = prefixBytes
  for (let column = 0; column < columns; column++) {
    end = elementEnd(key, end)
    prefixes.push(key.slice(0, end))
  }
  return prefixes
}

/** Keeps keys at even distances of a sequence whose length is not known before. */
class Sampler {
  seen = 0
  keys: Key[] = []
  #distance = 1

  add(key: Key): void {
    if (this.seen++ % this.#distance === 0) this.keys.push(key)
    if (this.keys.length <= sampleKeysMax) return
    this.keys = this.keys.filter((_, position) => position % 2 === 0)
    this.#distance *= 2
  }
}

async function forEachKey(
  snapshot: EngineSnapshot,
  prefix: Key,
  visit: (key: Key) => void,
  report: (done: number) => void,
): Promise<void> {
  const scan = snapshot.scan(prefixRange(prefix), { expected: keysPerBatch })
  let done = 0
  try {
    for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
      batch.keys.forEach(visit)
      done += batch.keys.length
      report(done)
      // An engine in memory answers at once: others get their turn between batches.
      await new Promise<void>((resume) => setImmediate(resume))
    }
  } finally {
    await scan.close()
  }
}

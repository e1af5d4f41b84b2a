import { resolve } from 'node:path'
import { LevelEngine } from '../engines/level/level-engine.js'
import { analyzeStore } from '../records/analyze.js'
import { catalogueKey, decodeCatalogue } from '../records/catalogue.js'
import { readStatistics } from '../records/stored-statistics.js'
import type { ProgressLine } from './progress-line.js'
import { requireIdentity } from './store-identity.js'
import { storedTables } from './stored-tables.js'

/** What an analysis found in one table. */
export interface AnalyzedTable {
  readonly name: string
  readonly rows: number
  readonly indexes: readonly { readonly name: string; readonly entries: number; readonly distinct: readonly number[] }[]
}

/**
 * Looks through all tables and indexes of a store, so that plans are chosen by what is stored.
 * @throws EngineError, CorruptionError when the store cannot be opened or read.
 */
export async function analyzeDirectory(directory: string, progress: ProgressLine): Promise<readonly AnalyzedTable[]> {
  const root = resolve(directory)
  await requireIdentity(root)
  const engine = new LevelEngine(root)
  await engine.open()
  try {
    const snapshot = await engine.snapshot()
    const bytes = await snapshot.get(catalogueKey)
    snapshot.release()
    if (bytes === undefined) return []
    const tables = storedTables(decodeCatalogue(bytes), () => true)
    const statistics = await readStatistics(engine)
    await analyzeStore({ engine, tables, statistics }, progress.show)
    return tables.map(({ id, schema, indexes }) => ({
      name: schema.name,
      rows: statistics.rowsOf(id),
      indexes: indexes.map((index) => {
        const { entries = 0, distinct = [] } = statistics.indexOf(index.id) ?? {}
        return { name: index.definition.name, entries, distinct }
      }),
    }))
  } finally {
    await engine.close()
  }
}

/** What was found, a line for each table and index. */
export function analyzedText(tables: readonly AnalyzedTable[]): string {
  const lines = tables.flatMap(({ name, rows, indexes }) => [
    `${name}: ${rows} rows`,
    ...indexes.map(
      (index) => `  ${index.name}: ${index.entries} entries, different prefixes ${index.distinct.join(', ')}`,
    ),
  ])
  return lines.length === 0 ? 'nothing is stored yet' : lines.join('\n')
}

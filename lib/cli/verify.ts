import { resolve } from 'node:path'
import { LevelEngine } from '../engines/level/level-engine.js'
import type { Catalogue } from '../records/catalogue.js'
import { type VerifyProblem, type VerifyReport, verifyStore } from '../records/verify.js'
import type { ProgressLine } from './progress-line.js'
import { requireIdentity } from './store-identity.js'
import { storedTables } from './stored-tables.js'
import { verifyPartialIndexes } from './verify-partial-indexes.js'
import { type CheckedPartition, type PartitionProblem, verifyPartitions } from './verify-partitions.js'

/** What was read in a store, and what is wrong with it. */
export interface VerifiedStore {
  readonly directory: string
  readonly partitions: readonly CheckedPartition[]
  /** How many tables, rows and index entries were read; absent when a partition could not be read to its end. */
  readonly tables?: number
  readonly rows?: number
  readonly entries?: number
  /** The store is sound when there is none. */
  readonly problemCount: number
  /** The first hundred or so. */
  readonly problems: readonly (PartitionProblem | VerifyProblem)[]
}

/**
 * Checks all of a store. First the log, by opening it, and each partition by itself; then rows against entries and
 * entries against rows, read in the order of tables. The models are not needed: the catalogue knows enough of them.
 * @throws EngineError, CorruptionError when the store cannot be opened.
 */
export async function verifyDirectory(directory: string, progress: ProgressLine): Promise<VerifiedStore> {
  const root = resolve(directory)
  await requireIdentity(root)
  const { partitions, problems, problemCount, catalogue } = await verifyPartitions(root, progress)
  const base = { directory: root, partitions, problems, problemCount }
  if (catalogue === undefined || partitions.some(({ isWhole }) => !isWhole)) return base
  const records = await verifyRecords(root, catalogue, progress)
  return {
    ...base,
    tables: Object.keys(catalogue.tables).length,
    rows: records.rows,
    entries: records.entries,
    problemCount: problemCount + records.problemCount,
    problems: [...problems, ...records.problems],
  }
}

async function verifyRecords(
  root: string,
  catalogue: Catalogue,
  progress: ProgressLine,
): Promise<Omit<VerifyReport, 'unchecked'>> {
  const engine = new LevelEngine(root)
  await engine.open()
  try {
    const store = { engine, catalogue, tables: storedTables(catalogue, (isPartial) => !isPartial) }
    const whole = await verifyStore(store, { onProgress: progress.show })
    const partial = await verifyPartialIndexes(
      engine,
      storedTables(catalogue, (isPartial) => isPartial),
      progress,
    )
    return {
      rows: whole.rows,
      entries: whole.entries + partial.entries,
      problemCount: whole.problemCount + partial.problemCount,
      problems: [...whole.problems, ...partial.problems],
    }
  } finally {
    await engine.close()
  }
}

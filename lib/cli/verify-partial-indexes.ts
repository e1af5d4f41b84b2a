import { type Key, keyToBytes, prefixRange } from '../codec/key.js'
import type { Batch, Engine, EngineSnapshot } from '../engines/contract.js'
import { RomeError } from '../errors/rome-error.js'
import type { Table } from '../records/table.js'
import type { TableIndex } from '../records/table-index.js'
import type { ProblemKind, VerifyProblem } from '../records/verify.js'
import type { ProgressLine } from './progress-line.js'

/** What was read of partial indexes. */
export interface CheckedEntries {
  readonly entries: number
  readonly problemCount: number
  /** The first hundred of them. */
  readonly problems: readonly VerifyProblem[]
}

const problemsMax = 100

/**
 * Checks that every entry is of a stored row that has these values. Which rows should have an entry only the model
 * can tell, so that a missing one is not found.
 */
export async function verifyPartialIndexes(
  engine: Engine,
  tables: readonly Table[],
  progress: ProgressLine,
): Promise<CheckedEntries> {
  const problems: VerifyProblem[] = []
  let problemCount = 0
  let entries = 0
  const snapshot = await engine.snapshot()
  try {
    for (const table of tables) {
      for (const index of table.indexes) {
        const name = `${table.schema.name}.${index.definition.name}`
        for (const prefix of [index.prefix, index.deletedPrefix]) {
          const scan = snapshot.scan(prefixRange(prefix), { expected: 1000 })
          for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
            for (const { key, what, cause } of await problemsIn(snapshot, table, index, batch)) {
              problemCount++
              if (problems.length >= problemsMax) continue
              const bytes = keyToBytes(key).toString('hex')
              problems.push({ what, model: table.schema.name, index: index.definition.name, key: bytes, cause })
            }
            entries += batch.keys.length
            progress.show({ task: 'verify entries', name, done: entries })
          }
        }
      }
    }
    return { entries, problemCount, problems }
  } finally {
    snapshot.release()
  }
}

interface EntryProblem {
  readonly key: Key
  readonly what: ProblemKind
  readonly cause?: RomeError
}

async function problemsIn(
  snapshot: EngineSnapshot,
  table: Table,
  index: TableIndex,
  { keys, values }: Batch,
): Promise<EntryProblem[]> {
  const found: EntryProblem[] = []
  for (const [position, key] of keys.entries()) {
    const value = values[position] as Uint8Array
    try {
      const rowKey = index.rowKeyOf(key, value)
      const bytes = await snapshot.get(rowKey)
      const entry = bytes === undefined ? undefined : index.entryOf(rowKey, table.decode(rowKey, bytes))
      if (entry?.key !== key) found.push({ key, what: 'stray entry' })
      else if (Buffer.compare(entry.value, value) !== 0) found.push({ key, what: 'wrong entry' })
    } catch (error) {
      if (!(error instanceof RomeError)) throw error
      found.push({ key, what: 'unreadable entry', cause: error })
    }
  }
  return found
}

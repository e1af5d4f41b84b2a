import { isPromise } from '../async/maybe-promise.js'
import { ConstraintError } from '../errors/rome-error.js'
import type { RecordTransaction } from './record-transaction.js'
import type { Row } from './row.js'
import type { ChangesByTable } from './row-change.js'
import type { Table } from './table.js'

/** A row that is written: inserted without `previous`, erased without `next`, left alone when they are the same. */
export interface RowWrite {
  readonly table: Table
  readonly previous: Row | undefined
  readonly next: Row | undefined
}

/**
 * Writes rows all or nothing, and brings the foreign keys in order. What counts is how things are after the last
 * write: rows may hand unique values on to each other.
 * @returns the rows that were changed beside, because they refer to rows that were erased or soft-deleted.
 * @throws ConstraintError; then what was written before is taken back.
 */
export async function writeRows(
  transaction: RecordTransaction,
  writes: readonly RowWrite[],
  now: Date,
): Promise<ChangesByTable> {
  const savepoint = transaction.savepoint()
  try {
    await writeInOrder(transaction, writes)
    return await transaction.checkReferences(now)
  } catch (error) {
    transaction.rollbackTo(savepoint)
    if (!(error instanceof ConstraintError && error.code === 'ROME_UNIQUE' && writes.some(isUpdate))) throw error
    // Updates may hand unique values around in a circle. So all the rows give up theirs first, then take the new ones;
    // what fails even so is a true violation.
    try {
      await writeInOrder(transaction, writes.flatMap(split).sort(erasesFirst))
      return await transaction.checkReferences(now)
    } catch (violation) {
      transaction.rollbackTo(savepoint)
      throw violation
    }
  }
}

async function writeInOrder(transaction: RecordTransaction, writes: readonly RowWrite[]): Promise<void> {
  for (const { table, previous, next } of writes) {
    if (previous === next) continue
    const writing =
      next === undefined
        ? transaction.erase(table, previous as Row)
        : previous === undefined
          ? transaction.insert(table, next)
          : transaction.update(table, previous, next)
    // A promise per row would cost more than the row.
    if (isPromise(writing)) await writing
  }
}

function isUpdate({ previous, next }: RowWrite): boolean {
  return previous !== undefined && next !== undefined
}

function split({ table, previous, next }: RowWrite): RowWrite[] {
  if (previous === undefined || next === undefined || previous === next) return [{ table, previous, next }]
  return [
    { table, previous, next: undefined },
    { table, previous: undefined, next },
  ]
}

function erasesFirst(a: RowWrite, b: RowWrite): number {
  return Number(a.next !== undefined) - Number(b.next !== undefined)
}

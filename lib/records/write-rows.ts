import type { RowWrite } from './prepared-write.js'
import type { RecordTransaction } from './record-transaction.js'
import type { ChangesByTable } from './row-change.js'

/**
 * Writes rows all or nothing, and brings the foreign keys in order.
 * @returns the rows that were changed beside, because they refer to rows that were erased or soft-deleted.
 * @throws ConstraintError; then nothing was written.
 */
export async function writeRows(
  transaction: RecordTransaction,
  writes: readonly RowWrite[],
  now: Date,
): Promise<ChangesByTable> {
  const savepoint = transaction.savepoint()
  try {
    await transaction.write(writes)
    return await transaction.checkReferences(now)
  } catch (error) {
    transaction.rollbackTo(savepoint)
    throw error
  }
}

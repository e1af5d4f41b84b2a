import { ConstraintError } from '../errors/rome-error.js'
import type { RowWrite } from './prepared-write.js'
import type { RecordTransaction } from './record-transaction.js'
import type { Row } from './row.js'
import type { ChangesByTable, RowChange } from './row-change.js'
import { followDepartures } from './settle-references.js'
import type { Table } from './table.js'

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
    const followed = await writeAll(transaction, writes, now)
    const changed = await transaction.checkReferences(now)
    return followed === undefined ? changed : joined(followed, changed)
  } catch (error) {
    transaction.rollbackTo(savepoint)
    throw error
  }
}

/**
 * Writes all at once. Only where something is taken, rows that are erased or soft-deleted first take others with them:
 * new rows may have their unique values.
 * @returns the rows that went so.
 */
async function writeAll(
  transaction: RecordTransaction,
  writes: readonly RowWrite[],
  now: Date,
): Promise<ChangesByTable | undefined> {
  try {
    await transaction.write(writes)
    return undefined
  } catch (error) {
    if (!isTaken(error) || !writes.some(isDeparture)) throw error
    await transaction.write(writes.filter((write) => !isInsert(write)))
    const followed = await transaction.checkReferences(now, followDepartures)
    const inserts = writes.filter(isInsert)
    await transaction.write(inserts)
    return withoutKeysOf(inserts, followed)
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof ConstraintError && (error.code === 'ROME_UNIQUE' || error.code === 'ROME_PRIMARY_KEY_EXISTS')
}

function isInsert({ previous }: RowWrite): boolean {
  return previous === undefined
}

function isDeparture({ table, previous, next }: RowWrite): boolean {
  return previous !== undefined && (next === undefined || (table.isDeleted(next) && !table.isDeleted(previous)))
}

/** What went before a new row of its key came is told by that row. */
function withoutKeysOf(inserts: readonly RowWrite[], changes: ChangesByTable): ChangesByTable {
  const inserted = new Set(inserts.map(({ table, next }) => table.keyOf(next as Row)))
  const left = ([table, all]: readonly [Table, readonly RowChange[]]) =>
    [table, all.filter(({ previous }) => !inserted.has(table.keyOf(previous)))] as const
  return new Map(Array.from(changes, left))
}

function joined(first: ChangesByTable, second: ChangesByTable): ChangesByTable {
  const tables = new Set([...first.keys(), ...second.keys()])
  return new Map(Array.from(tables, (table) => [table, [...(first.get(table) ?? []), ...(second.get(table) ?? [])]]))
}

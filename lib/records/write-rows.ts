import type { Key } from '../codec/key.js'
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
 * those that take keys and unique values may have theirs. What they are after that decides whether they go, too.
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
    const inserts = writes.filter(isInsert)
    const changes = writes.filter(changesUniqueValues)
    const isLater = new Set([...inserts, ...changes])
    await transaction.write(writes.filter((write) => !isLater.has(write)))
    const changing = new Set(changes.map(keyOf))
    const followed = await transaction.checkReferences(now, (parts) => followDepartures(parts, now, changing))
    await transaction.write([...changes, ...inserts])
    return withoutKeysOf(inserts, followed)
  }
}

function keyOf({ table, previous, next }: RowWrite): Key {
  return table.keyOf((previous ?? next) as Row)
}

function isTaken(error: unknown): boolean {
  return error instanceof ConstraintError && (error.code === 'ROME_UNIQUE' || error.code === 'ROME_PRIMARY_KEY_EXISTS')
}

function isInsert({ previous }: RowWrite): boolean {
  return previous === undefined
}

/** Whether a stored row stays and may take what it did not have. */
function changesUniqueValues(write: RowWrite): boolean {
  const { table, previous, next } = write
  if (previous === undefined || next === undefined || isDeparture(write)) return false
  return table.indexes.some((index) => index.definition.isUnique && !index.isUntouched(previous, next))
}

function isDeparture({ table, previous, next }: RowWrite): boolean {
  return previous !== undefined && (next === undefined || (table.isDeleted(next) && !table.isDeleted(previous)))
}

/** What went before a new row of its key came is told by that row. */
function withoutKeysOf(inserts: readonly RowWrite[], changes: ChangesByTable): ChangesByTable {
  const inserted = new Set(inserts.map(keyOf))
  const left = ([table, all]: readonly [Table, readonly RowChange[]]) =>
    [table, all.filter(({ previous }) => !inserted.has(table.keyOf(previous)))] as const
  return new Map(Array.from(changes, left))
}

function joined(first: ChangesByTable, second: ChangesByTable): ChangesByTable {
  const tables = new Set([...first.keys(), ...second.keys()])
  return new Map(Array.from(tables, (table) => [table, [...(first.get(table) ?? []), ...(second.get(table) ?? [])]]))
}

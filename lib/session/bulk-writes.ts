import type { Key } from '../codec/key.js'
import { isBoolean, isSignal, type OptionRules } from '../errors/checked-options.js'
import { QueryError } from '../errors/rome-error.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import type { RowWrite } from '../records/prepared-write.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import { softDeletedRow, stampRow } from '../records/stamp-row.js'
import type { Table } from '../records/table.js'
import { type PrimaryKey, primaryKeyValues } from '../schema/primary-key.js'
import { throwIfAborted } from './abort-signal.js'
import { changedRowOf, checkValues, givenPrimaryKey, givenValue, newRowOf } from './given-values.js'
import { type Items, portions } from './portions.js'
import { requireVersion } from './stale-version.js'
import type { UnitOfWork } from './unit-of-work.js'

/** How rows are written beside the unit of work. */
export interface BulkOptions {
  /** Ends it between two portions; nothing is written then. */
  readonly signal?: AbortSignal | undefined
}

/** How rows are updated beside the unit of work. */
export interface BulkUpdateOptions extends BulkOptions {
  /** Soft-deleted rows as well, which otherwise count as missing. */
  readonly withDeleted?: boolean | undefined
}

/** How rows are deleted beside the unit of work. */
export interface BulkDeleteOptions extends BulkOptions {
  /** Erases rows, also of a model that can be soft-deleted. */
  readonly hard?: boolean | undefined
}

export const bulkRules: OptionRules<BulkOptions> = { signal: isSignal }
export const bulkUpdateRules: OptionRules<BulkUpdateOptions> = { ...bulkRules, withDeleted: isBoolean }
export const bulkDeleteRules: OptionRules<BulkDeleteOptions> = { ...bulkRules, hard: isBoolean }

/** What a bulk write needs of its session, in which everything was flushed. */
export interface BulkTarget {
  readonly transaction: RecordTransaction
  readonly unit: UnitOfWork
  readonly table: Table
  readonly now: Date
}

/** Inserts rows of values. @returns how many. */
export function insertRows(target: BulkTarget, rows: Items<unknown>, options: BulkOptions): Promise<number> {
  const { table, now } = target
  const { schema } = table
  return writePortions(target, rows, options, (portion) =>
    portion.map((values) => {
      checkValues(schema, values)
      return { table, previous: undefined, next: newRowOf(schema, values, now) }
    }),
  )
}

/** Lays values over the rows that they name by primary key. @returns how many. */
export function updateRowsByKey(target: BulkTarget, rows: Items<unknown>, options: BulkUpdateOptions): Promise<number> {
  const { transaction, table, now } = target
  const { schema } = table
  return writePortions(target, rows, options, async (portion) => {
    const given = portion.map((values) => {
      checkValues(schema, values)
      return { values, key: table.keyOfPrimaryKey(givenPrimaryKey(schema, values)) }
    })
    const stored = await rowsByKey(
      transaction,
      table,
      given.map(({ key }) => key),
    )
    const next = new Map(stored)
    for (const { key, values } of given) {
      const current = next.get(key)
      if (schema.version !== undefined) requireVersion(table, key, givenValue(values, schema.version), current)
      if (current === undefined || (table.isDeleted(current) && options.withDeleted !== true)) {
        throw new QueryError('ROME_NO_RESULT', 'no row has this primary key: insert it, or take it out of the rows', {
          context: { model: schema.name, key: primaryKeyByColumn(table, key) },
        })
      }
      const changed = changedRowOf(schema, current, values)
      if (changed === current) continue
      const stamped = [...changed]
      stampRow(schema, current, stamped, now)
      next.set(key, stamped)
    }
    return Array.from(next, ([key, row]) => ({ table, previous: stored.get(key), next: row }))
  })
}

/** Deletes the rows with these keys, as `session.delete` would. @returns how many there were. */
export function deleteRowsByKey(
  target: BulkTarget,
  keys: Items<PrimaryKey>,
  options: BulkDeleteOptions,
): Promise<number> {
  const { transaction, table, now } = target
  const { schema } = table
  const deletedAt = options.hard === true ? undefined : schema.deletedAt
  let deleted = 0
  const written = writePortions(target, keys, options, async (portion) => {
    const rowKeys = portion.map((key) => table.keyOfPrimaryKey(primaryKeyValues(schema, key)))
    const stored = [...(await rowsByKey(transaction, table, rowKeys)).values()]
    const wanted = deletedAt === undefined ? stored : stored.filter((row) => !table.isDeleted(row))
    deleted += wanted.length
    return wanted.map((previous) => ({
      table,
      previous,
      next: deletedAt && softDeletedRow(schema, deletedAt, previous, now),
    }))
  })
  return written.then(() => deleted)
}

/** The rows that are stored of some keys, each once, in the order of the keys. */
async function rowsByKey(
  transaction: RecordTransaction,
  table: Table,
  keys: readonly Key[],
): Promise<ReadonlyMap<Key, Row>> {
  const different = [...new Set(keys)]
  const rows = await transaction.getMany(table, different)
  const found = new Map<Key, Row>()
  rows.forEach((row, at) => {
    if (row !== undefined) found.set(different[at], row)
  })
  return found
}

/**
 * Writes all or nothing, a portion at a time, so that no more than that is held beside what the transaction has to
 * write. Foreign keys are settled at the end: rows may refer to later ones. @returns how many items there were.
 */
async function writePortions<T>(
  { transaction, unit, table, now }: BulkTarget,
  items: Items<T>,
  { signal }: BulkOptions,
  plan: (portion: readonly T[]) => readonly RowWrite[] | Promise<readonly RowWrite[]>,
): Promise<number> {
  const savepoint = transaction.savepoint()
  const held: RowWrite[] = []
  let count = 0
  try {
    for await (const portion of portions(items)) {
      throwIfAborted(signal)
      const writes = await plan(portion)
      await transaction.write(writes)
      held.push(...unit.heldOf(table, writes))
      count += portion.length
    }
    const cascaded = await transaction.checkReferences(now)
    unit.follow(table, held)
    for (const [referring, followed] of cascaded) unit.follow(referring, followed)
    return count
  } catch (error) {
    transaction.rollbackTo(savepoint)
    throw error
  }
}

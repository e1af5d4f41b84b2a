import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { isBoolean, isSignal, type OptionRules } from '../errors/checked-options.js'
import { QueryError } from '../errors/rome-error.js'
import type { SessionScopes } from '../query/session-scopes.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import type { RowWrite } from '../records/prepared-write.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import { softDeletedRow, stampRow } from '../records/stamp-row.js'
import type { Table } from '../records/table.js'
import { type PrimaryKey, primaryKeyValues } from '../schema/primary-key.js'
import type { RowValue } from '../values/column-type.js'
import { throwIfAborted } from './abort-signal.js'
import { changedRowOf, checkValues, givenPrimaryKey, givenValue, newRowOf } from './given-values.js'
import type { IsSeen } from './key-reads.js'
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
  readonly scopes: SessionScopes | undefined
  /** Which of the rows with these keys the session sees; `undefined` for all. */
  readonly inScope: (keys: readonly (readonly RowValue[])[]) => MaybePromise<IsSeen | undefined>
}

/** Inserts rows of values. @returns how many. */
export function insertRows(target: BulkTarget, rows: Items<unknown>, options: BulkOptions): Promise<number> {
  const { table, now, scopes } = target
  const { schema } = table
  return writePortions(target, rows, options, (portion) =>
    portion.map((values) => {
      checkValues(schema, values)
      const next = newRowOf(schema, values, now)
      scopes?.check(schema, next)
      return { table, previous: undefined, next }
    }),
  )
}

/** Lays values over the rows that they name by primary key. @returns how many. */
export function updateRowsByKey(target: BulkTarget, rows: Items<unknown>, options: BulkUpdateOptions): Promise<number> {
  const { table, now, scopes } = target
  const { schema } = table
  return writePortions(target, rows, options, async (portion) => {
    const given = portion.map((values) => {
      checkValues(schema, values)
      const primaryKey = givenPrimaryKey(schema, values)
      return { values, primaryKey, key: table.keyOfPrimaryKey(primaryKey) }
    })
    const stored = await rowsByKey(
      target,
      given.map(({ primaryKey }) => primaryKey),
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
      scopes?.check(schema, stamped)
      next.set(key, stamped)
    }
    return Array.from(next, ([key, row]) => ({ table, previous: stored.get(key), next: row }))
  })
}

/** Deletes the rows with these keys, as `session.delete` would. @returns how many there were. */
export async function deleteRowsByKey(
  target: BulkTarget,
  keys: Items<PrimaryKey>,
  options: BulkDeleteOptions,
): Promise<number> {
  const { table, now } = target
  const { schema } = table
  const deletedAt = options.hard === true ? undefined : schema.deletedAt
  let deleted = 0
  await writePortions(target, keys, options, async (portion) => {
    const stored = await rowsByKey(
      target,
      portion.map((key) => primaryKeyValues(schema, key)),
    )
    const wanted = [...stored.values()].filter((row) => deletedAt === undefined || !table.isDeleted(row))
    deleted += wanted.length
    return wanted.map((previous) => ({
      table,
      previous,
      next: deletedAt && softDeletedRow(schema, deletedAt, previous, now),
    }))
  })
  return deleted
}

/** The rows that the session sees of some keys, each once, in the order of the keys. */
async function rowsByKey(
  { transaction, table, inScope }: BulkTarget,
  primaryKeys: readonly (readonly RowValue[])[],
): Promise<ReadonlyMap<Key, Row>> {
  const keys = [...new Set(primaryKeys.map((values) => table.keyOfPrimaryKey(values)))]
  const isSeen = await inScope(primaryKeys)
  const rows = await transaction.getMany(table, keys)
  const found = new Map<Key, Row>()
  rows.forEach((row, at) => {
    if (row !== undefined && isSeen?.(row) !== false) found.set(keys[at], row)
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

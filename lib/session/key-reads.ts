import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { checkOptions, isBoolean } from '../errors/checked-options.js'
import { readForUpdate } from '../records/read-for-update.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { EntityRecord } from './entity-record.js'
import type { TransactionStack } from './transaction-stack.js'
import type { UnitOfWork } from './unit-of-work.js'

/** Which rows a read by key gives out. */
export interface GetOptions {
  /** Soft-deleted ones as well. */
  readonly withDeleted?: boolean | undefined
  /** Names of default scopes that do not apply. */
  readonly withoutScope?: readonly string[] | undefined
  /**
   * Claims the row, whether it is there or not, until the transaction ends, as `query.forUpdate()` does; `wait: false`
   * fails at once with `ROME_ROW_CLAIMED` instead of waiting.
   */
  readonly forUpdate?: boolean | { readonly wait?: boolean | undefined } | undefined
  /** Ends the waiting for a row that another transaction has claimed. */
  readonly signal?: AbortSignal | undefined
}

/** Which rows of a model exist for the reader at all. */
export type IsSeen = (row: Row) => boolean

/** The entity of a key: without a read when this transaction met it. */
export function readByKey<T extends object>(
  unit: UnitOfWork,
  transactions: TransactionStack,
  table: Table<T>,
  key: Key,
  options: GetOptions,
  isSeen?: IsSeen,
): MaybePromise<T | undefined> {
  return andThen(ready(unit, transactions, [key], options), () => {
    const known = unit.find(key)
    if (isSettled(unit, known)) return visible<T>(unit, known, options, isSeen)
    const row = andThen(transactions.current(), (transaction) => transaction.get(table as unknown as Table, key))
    return andThen(row, (found) => entityOf(unit, table, key, found, options, isSeen))
  })
}

/** The entities of keys, in their order: one read for all that this transaction did not meet. */
export function readByKeys<T extends object>(
  unit: UnitOfWork,
  transactions: TransactionStack,
  table: Table<T>,
  keys: readonly Key[],
  options: GetOptions,
  isSeen?: IsSeen,
): MaybePromise<(T | undefined)[]> {
  return andThen(ready(unit, transactions, keys, options), () => {
    const missing = keys.filter((key) => !isSettled(unit, unit.find(key)))
    const rows =
      missing.length === 0
        ? []
        : andThen(transactions.current(), (transaction) => transaction.getMany(table as unknown as Table, missing))
    return andThen(rows, (found) => {
      const rowByKey = new Map(missing.map((key, index) => [key, found[index]]))
      return keys.map((key) =>
        rowByKey.has(key)
          ? entityOf(unit, table, key, rowByKey.get(key), options, isSeen)
          : visible<T>(unit, unit.find(key) as EntityRecord, options, isSeen),
      )
    })
  })
}

/** Changed entities are in the identity map, where a read by key finds them; only new ones have to be written first. */
function flushPending(unit: UnitOfWork, transactions: TransactionStack): MaybePromise<void> {
  return unit.pending.size > 0 ? transactions.flush() : undefined
}

/** Writes new entities, and claims the rows if that is wanted. */
function ready(
  unit: UnitOfWork,
  transactions: TransactionStack,
  keys: readonly Key[],
  { forUpdate = false, signal }: GetOptions,
): MaybePromise<void> {
  const flushed = flushPending(unit, transactions)
  if (forUpdate === false) return flushed
  unit.requireWritable('forUpdate')
  if (forUpdate !== true) checkOptions('forUpdate', forUpdate, { wait: isBoolean })
  const { wait } = forUpdate === true ? {} : forUpdate
  const claim = (transaction: RecordTransaction) =>
    readForUpdate(transaction, () => ({ found: undefined, keys }), { wait, signal }, keys)
  return andThen(flushed, () => andThen(transactions.current(), claim))
}

/** Whether what is known of an entity holds in this transaction without a read. */
export function isSettled(unit: UnitOfWork, record: EntityRecord | undefined): record is EntityRecord {
  return record !== undefined && (record.state === 'deleted' || unit.isMet(record))
}

function entityOf<T extends object>(
  unit: UnitOfWork,
  table: Table<T>,
  key: Key,
  row: Row | undefined,
  options: GetOptions,
  isSeen: IsSeen | undefined,
): T | undefined {
  if (row === undefined) {
    unit.vanished(key)
    return undefined
  }
  if (isSeen?.(row) === false) return undefined
  unit.materialise(table, row, key)
  return visible<T>(unit, unit.find(key) as EntityRecord, options, isSeen)
}

/** The entity, unless it is deleted as far as the caller asks. Unwritten deletions count. */
function visible<T extends object>(
  unit: UnitOfWork,
  record: EntityRecord,
  options: GetOptions,
  isSeen: IsSeen | undefined,
): T | undefined {
  const { entity, row, state, table } = record
  if (row !== undefined && isSeen?.(row) === false) return undefined
  const { deletedAt } = table.schema
  if (unit.isErased(entity)) return undefined
  const isSoftDeleted =
    state === 'deleted' || (deletedAt !== undefined && (Reflect.get(entity, deletedAt.name) ?? null) !== null)
  return isSoftDeleted && options.withDeleted !== true ? undefined : (entity as T)
}

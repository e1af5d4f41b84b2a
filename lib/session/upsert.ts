import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { isOneOf, isSignal, type OptionRules } from '../errors/checked-options.js'
import { QueryError, UsageError } from '../errors/rome-error.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import { primaryKeyExists } from '../records/prepared-write.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { TableIndex } from '../records/table-index.js'
import { toRowValue } from '../schema/column-value.js'
import type { ColumnName } from '../schema/field-types.js'
import type { RowValue } from '../values/column-type.js'
import type { EntityRecord } from './entity-record.js'
import { type CheckedValues, checkValues, givenPrimaryKey, givenValue, newOf } from './given-values.js'
import type { IsSeen } from './key-reads.js'
import { requireVersion } from './stale-version.js'
import type { UnitOfWork } from './unit-of-work.js'

/** What an upsert expects of the rows it names: that they are there, that they are not, or nothing. */
export type UpsertExpectation = 'either' | 'present' | 'absent'

/** How an upsert finds its rows, whatever model they are of. */
interface UpsertRequest {
  /** `either` by default. */
  readonly expect?: UpsertExpectation | undefined
  readonly on?: readonly string[] | undefined
  /** Gives up before anything is written. */
  readonly signal?: AbortSignal | undefined
}

/** How an upsert finds its rows, and what it expects of them. */
export interface UpsertOptions<T> extends UpsertRequest {
  /** The columns of a unique index by which rows are found; the primary key when absent. */
  readonly on?: readonly ColumnName<T>[] | undefined
}

export const upsertRules: OptionRules<UpsertRequest> = {
  expect: isOneOf('either', 'present', 'absent'),
  on: Array.isArray,
  signal: isSignal,
}

/** What an upsert needs of its session, in which everything was flushed. */
export interface UpsertTarget {
  readonly unit: UnitOfWork
  readonly transaction: RecordTransaction
  readonly table: Table
  readonly flush: () => MaybePromise<void>
  /** Which of some rows the session sees; `undefined` for all. */
  readonly inScope: (keys: readonly (readonly RowValue[])[]) => MaybePromise<IsSeen | undefined>
}

/** Changes the rows that values name, and inserts those that are not there. @returns their entities, in order. */
export async function upsertRows(
  target: UpsertTarget,
  given: readonly unknown[],
  { expect = 'either', on }: UpsertRequest,
): Promise<object[]> {
  const { unit, table, flush } = target
  const { schema } = table
  const rows = given.map((values) => {
    checkValues(schema, values)
    return values
  })
  const index = on && uniqueIndex(table, on)
  const found = await findRows(target, rows, index, expect)
  const added: EntityRecord[] = []
  const changed: EntityRecord[] = []
  try {
    const entities = rows.map((values, at) => {
      const { row, isPresent } = found[at]
      if (row !== undefined && isPresent && expect !== 'absent') {
        const entity = unit.materialise(table, row)
        changed.push(laidOver(unit, entity, values))
        return entity
      }
      if (expect === 'present') throw missing(table, values, index)
      if (row !== undefined && index === undefined) throw primaryKeyExists(table, row)
      const entity = newOf(schema.model, values)
      added.push(...unit.add(entity))
      return entity
    })
    await flush()
    return entities
  } catch (error) {
    unit.takeOut(added)
    for (const record of changed) if (record.row !== undefined) unit.refresh(record, record.row)
    throw error
  }
}

/** A row that values name, if it is stored, and whether it counts as present. */
interface FoundRow {
  readonly row: Row | undefined
  readonly isPresent: boolean
}

async function findRows(
  { unit, transaction, table, inScope }: UpsertTarget,
  rows: readonly CheckedValues[],
  index: TableIndex | undefined,
  expect: UpsertExpectation,
): Promise<FoundRow[]> {
  const keyOf = (values: CheckedValues): Key | undefined => {
    if (index !== undefined) return entryKey(table, index, values)
    const isWhole = table.schema.primaryKey.every((column) => givenValue(values, column) !== undefined)
    // A row that is to be new may get its key by being inserted.
    return isWhole || expect !== 'absent' ? rowKey(table, values) : undefined
  }
  const keys = rows.map(keyOf)
  const given = keys.filter((key) => key !== undefined)
  if (new Set(given).size < given.length) {
    throw new UsageError('ROME_ARGUMENT', 'a row is given once: these values name one row several times', {
      context: { model: table.schema.name },
    })
  }
  const read = await (index === undefined
    ? transaction.getMany(table, given)
    : transaction.getByUnique(table, index, given))
  const stored = new Map(given.map((key, at) => [key, read[at]]))
  if (index === undefined) for (const [key, row] of stored) if (row === undefined) unit.vanished(key)
  const present = read.filter((row) => row !== undefined)
  const isSeen = present.length === 0 ? undefined : await inScope(present.map((row) => table.primaryKeyOf(row)))
  const { deletedAt, version } = table.schema
  return rows.map((values, at) => {
    const key = keys[at]
    const row = key === undefined ? undefined : stored.get(key)
    // Only who says what becomes of the deletion means a deleted row.
    const isHidden =
      deletedAt !== undefined && row && table.isDeleted(row) && givenValue(values, deletedAt) === undefined
    const isPresent = row !== undefined && !isHidden && isSeen?.(row) !== false
    if (version !== undefined && expect !== 'absent') {
      requireVersion(table, row && table.keyOf(row), givenValue(values, version), isPresent ? row : undefined)
    }
    return { row, isPresent }
  })
}

function laidOver(unit: UnitOfWork, entity: object, values: CheckedValues): EntityRecord {
  const record = unit.recordOf(entity)
  unit.keep(record)
  for (const column of record.table.schema.columns) {
    const value = column.role === 'version' ? undefined : givenValue(values, column)
    if (value !== undefined) Reflect.set(entity, column.name, value)
  }
  return record
}

function uniqueIndex(table: Table, on: readonly string[]): TableIndex {
  const names = new Set<string>(on)
  const found = table.indexes.find(
    ({ definition: { columns, isUnique, where } }) =>
      isUnique &&
      where === undefined &&
      columns.length === names.size &&
      columns.every(({ column }) => names.has(column.name)),
  )
  if (found !== undefined) return found
  throw new UsageError('ROME_ARGUMENT', '`on` names the columns of a unique index that has no condition', {
    context: { model: table.schema.name, on },
  })
}

function rowKey(table: Table, values: CheckedValues): Key {
  return table.keyOfPrimaryKey(givenPrimaryKey(table.schema, values))
}

/** The key of the entry with the values. @throws UsageError where one is missing, or null, which equals nothing. */
function entryKey({ schema }: Table, index: TableIndex, values: CheckedValues): Key {
  return index.definition.columns.reduce((key, { column, isDescending }) => {
    const value = givenValue(values, column)
    if (value === undefined || value === null) {
      throw new UsageError(
        value === null ? 'ROME_ARGUMENT' : 'ROME_UNDEFINED',
        'give a value for every column of `on`: null is equal to no value',
        { context: { model: schema.name, column: column.name } },
      )
    }
    return key + index.encodeValue(column.type, toRowValue(schema, column, value), isDescending)
  }, index.prefix)
}

function missing(table: Table, values: CheckedValues, index: TableIndex | undefined): QueryError {
  const { schema } = table
  const columns = index?.definition.columns.map(({ column }) => column)
  return new QueryError(
    'ROME_NO_RESULT',
    'the row that is expected to be present is not there: see upsert’s `expect`',
    {
      context: {
        model: schema.name,
        key:
          columns === undefined
            ? primaryKeyByColumn(table, rowKey(table, values))
            : Object.fromEntries(columns.map((column) => [column.name, givenValue(values, column)])),
      },
    },
  )
}

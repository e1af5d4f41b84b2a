import { isObject } from '../errors/checked-options.js'
import { UsageError, ValidationError } from '../errors/rome-error.js'
import type { Row } from '../records/row.js'
import { toRowValue } from '../schema/column-value.js'
import { create, type NewValues } from '../schema/create.js'
import type { ColumnDefinition, EntitySchema, ModelClass } from '../schema/entity-schema.js'
import type { ColumnName } from '../schema/field-types.js'
import { schemaOf } from '../schema/schema-of.js'
import type { RowValue } from '../values/column-type.js'
import { rowValuesEqual } from '../values/compare.js'
import { valueOfNew } from './written-row.js'

/** Values of columns, by the names of their properties. */
export type ColumnValues<T> = Partial<Pick<T, ColumnName<T>>>

/** Values of columns that were looked at. */
export type CheckedValues = Readonly<Record<string, unknown>>

/**
 * Refuses what says nothing of a row. Of an entity of the model its columns count, as far as they have a value.
 * @throws UsageError `ROME_ARGUMENT`, `ROME_UNDEFINED`; ValidationError `ROME_UNKNOWN_COLUMN`.
 */
export function checkValues(schema: EntitySchema, values: unknown): asserts values is CheckedValues {
  if (!isObject(values) || Array.isArray(values)) {
    throw new UsageError('ROME_ARGUMENT', 'give the values of a row as an object of its columns', {
      context: { model: schema.name, given: typeof values },
    })
  }
  if (values instanceof schema.model) return
  for (const name of Object.keys(values)) {
    if (!schema.columnByName.has(name)) {
      throw new ValidationError('ROME_UNKNOWN_COLUMN', 'the model has no column of this name', {
        context: { model: schema.name, column: name, columns: [...schema.columnByName.keys()] },
      })
    }
    if (values[name] === undefined) {
      throw new UsageError('ROME_UNDEFINED', 'undefined is no value: leave the column out', {
        context: { model: schema.name, column: name },
      })
    }
  }
}

/** A transient entity of values; an entity of the model is its own. @throws as `checkValues` and `create`. */
export function newOf<T extends object>(model: ModelClass<T>, values: unknown): T {
  checkValues(schemaOf(model), values)
  if (values instanceof model) return values
  // Values without relations are values of a new entity.
  return create(model, values as NewValues<T>)
}

/** What was given for a column; `undefined` when nothing was. */
export function givenValue(values: CheckedValues, { name }: ColumnDefinition): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

/** The row of new values, defaults and times included. @throws ValidationError. */
export function newRowOf(schema: EntitySchema, values: CheckedValues, now: Date): Row {
  return schema.columns.map((column) => {
    const given = column.role === 'version' ? undefined : givenValue(values, column)
    return toRowValue(schema, column, given === undefined ? valueOfNew(schema, column, now) : given)
  })
}

/** A row with values laid over it, not yet stamped; the row itself when they change nothing. */
export function changedRowOf(schema: EntitySchema, row: Row, values: CheckedValues): Row {
  let next: RowValue[] | undefined
  for (const column of schema.columns) {
    const given = column.role === 'version' ? undefined : givenValue(values, column)
    if (given === undefined) continue
    const value = toRowValue(schema, column, given)
    if (rowValuesEqual(column.type, row[column.position], value)) continue
    next ??= [...row]
    next[column.position] = value
  }
  return next ?? row
}

/** The row values of the primary key. @throws UsageError `ROME_UNDEFINED`; ValidationError. */
export function givenPrimaryKey(schema: EntitySchema, values: CheckedValues): RowValue[] {
  return schema.primaryKey.map((column) => {
    const given = givenValue(values, column)
    if (given !== undefined) return toRowValue(schema, column, given)
    throw new UsageError('ROME_UNDEFINED', 'give the primary key of the row with its values', {
      context: { model: schema.name, column: column.name },
    })
  })
}

import { UsageError } from '../errors/rome-error.js'
import type { RowValue } from '../values/column-type.js'
import { toRowValue } from './column-value.js'
import type { EntitySchema } from './entity-schema.js'

/**
 * The primary key of an entity: its value, or for a key of several columns an object by their properties or an array
 * in the order of their declaration.
 */
export type PrimaryKey = string | number | bigint | boolean | object

/**
 * The row values of a primary key as a user gives it, in the order of the key.
 * @throws UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT`; ValidationError when a column refuses its value.
 */
export function primaryKeyValues(schema: EntitySchema, key: unknown): RowValue[] {
  const columns = schema.primaryKey
  const values = partsOf(schema, key)
  if (values.length !== columns.length) {
    throw wrongKey('give a value for each column of the primary key, as an object or an array', schema)
  }
  return columns.map((column, index) => {
    const value = values[index]
    if (value === undefined) {
      throw new UsageError('ROME_UNDEFINED', 'undefined is no key: check where the value comes from', {
        context: { model: schema.name, column: column.name },
      })
    }
    if (value === null) throw wrongKey('a primary key is never null: check where the value comes from', schema)
    return toRowValue(schema, column, value)
  })
}

function partsOf(schema: EntitySchema, key: unknown): readonly unknown[] {
  if (Array.isArray(key)) return key
  if (!isPlainObject(key)) return [key]
  const names = schema.primaryKey.map((column) => column.name)
  if (Object.keys(key).some((name) => !names.includes(name))) {
    throw wrongKey('a key names the columns of the primary key and no others', schema)
  }
  return names.map((name) => key[name])
}

/** A Date or bytes are a value, not an object of values. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function wrongKey(message: string, schema: EntitySchema): UsageError {
  return new UsageError('ROME_ARGUMENT', message, {
    context: { model: schema.name, primaryKey: schema.primaryKey.map((column) => column.name) },
  })
}

import { type Key, type KeyRange, keyFromBytes } from '../codec/key.js'
import { decodeTuple, findElementEnd } from '../codec/tuple.js'
import { CodecError, type ErrorContext } from '../errors/rome-error.js'
import type { ColumnDefinition } from '../schema/entity-schema.js'
import type { KeyElement } from '../values/column-type.js'
import type { Table } from './table.js'

/** Values by the names of their columns. */
type ColumnValues = Readonly<Record<string, unknown>>

/**
 * What a conflict was about, in the words of the models: `model`; `key`, the primary key of the row that the other side
 * wrote; for an index `index` and `values`, the indexed values; for what was read as a range `range`, its bounds.
 * `ourSnapshot` is the version that was read, `theirVersion` that of the other commit.
 */
export function describeConflict(tables: Iterable<Table>, context: ErrorContext): ErrorContext {
  const { key, range, readVersion, version, ...others } = context
  const written = typeof key === 'string' ? describeKey(tables, fromHex(key), rangeOf(range)) : {}
  return { ...written, ...others, ourSnapshot: readVersion, theirVersion: version }
}

/** The values of a row's primary key, by their columns. */
export function primaryKeyByColumn({ schema, prefix }: Table, key: Key): ColumnValues {
  return valuesIn(schema.primaryKey, key, prefix.length)
}

/** The model and the values that a key stands for. */
export function describeKey(tables: Iterable<Table>, key: Key, range?: KeyRange): ErrorContext {
  for (const table of tables) {
    const { schema, prefix, indexes } = table
    if (key.startsWith(prefix)) {
      return {
        model: schema.name,
        key: primaryKeyByColumn(table, key),
        ...(range && { range: boundsIn(schema.primaryKey, range, prefix.length) }),
      }
    }
    for (const { definition, prefix, deletedPrefix } of indexes) {
      if (!key.startsWith(prefix) && !key.startsWith(deletedPrefix)) continue
      const indexed = definition.columns.map(({ column }) => column)
      const end = endOf(indexed, key, prefix.length)
      return {
        model: schema.name,
        // A unique entry has the primary key in its value, which is not at hand.
        ...(end < key.length && { key: valuesIn(schema.primaryKey, key, end) }),
        index: definition.name,
        values: valuesIn(indexed, key, prefix.length),
        ...(range && { range: boundsIn(indexed, range, prefix.length) }),
      }
    }
  }
  return {}
}

function boundsIn(columns: readonly ColumnDefinition[], { start, end }: KeyRange, offset: number): ErrorContext {
  // The end of a prefix is the prefix with one more in its last byte: so what is shown is still within the range.
  const last = end.charCodeAt(end.length - 1)
  const within = last > 0 ? end.slice(0, -1) + String.fromCharCode(last - 1) : end
  return { from: valuesIn(columns, start, offset), to: valuesIn(columns, within, offset) }
}

/** The values that a key, or a bound of keys, has as a whole. */
function valuesIn(columns: readonly ColumnDefinition[], key: Key, offset: number): ColumnValues {
  const values: Record<string, unknown> = {}
  let start = offset
  for (const { name, type, isNullable } of columns) {
    const end = findElementEnd(key, start)
    const element = end < 0 ? undefined : wholeElement(key.slice(start, end))
    // The end of all keys looks like a null.
    if (element === undefined || (element === null && !isNullable)) break
    values[name] = element === null ? null : type.fromRow(type.decodeKey(element))
    start = end
  }
  return values
}

/** `undefined` for what only looks like an element, as a bound may. */
function wholeElement(bytes: Key): KeyElement | undefined {
  try {
    return decodeTuple(bytes)[0]
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

function endOf(columns: readonly ColumnDefinition[], key: Key, offset: number): number {
  return columns.reduce((start) => findElementEnd(key, start), offset)
}

function rangeOf(range: unknown): KeyRange | undefined {
  if (typeof range !== 'object' || range === null || !('start' in range) || !('end' in range)) return undefined
  return { start: fromHex(String(range.start)), end: fromHex(String(range.end)) }
}

function fromHex(text: string): Key {
  return keyFromBytes(Buffer.from(text, 'hex'))
}

import { storedLimits } from '../codec/limits.js'
import { packValues, unpackValues } from '../codec/serialiser.js'
import { SchemaError } from '../errors/rome-error.js'
import type { ColumnDefinition } from '../schema/entity-schema.js'
import type { EnumIds, RowValue } from '../values/column-type.js'
import type { StoredColumn } from './catalogue.js'

/** Looks up the two directions of an enum's ids. */
export function enumIdsOf(ids: Readonly<Record<string, number>>): EnumIds {
  const byText = new Map(Object.entries(ids))
  const byId = new Map(Object.entries(ids).map(([text, id]) => [id, text]))
  return {
    idOf(text) {
      const id = byText.get(text)
      if (id === undefined) {
        throw new SchemaError('ROME_SCHEMA_CHANGED', 'this enum text has no id in the store: open it with this model', {
          context: { text },
        })
      }
      return id
    },
    textOf: (id) => byId.get(id),
  }
}

/** A column's default as the catalogue keeps it. */
export function packFill(
  column: ColumnDefinition,
  value: Exclude<RowValue, null>,
  enumIds: EnumIds | undefined,
): string {
  return Buffer.from(packValues([column.type.toDisk(value, enumIds)])).toString('base64')
}

/** The inverse of {@link packFill}; null when the column has none. */
export function unpackFill(column: ColumnDefinition, { fill }: StoredColumn, enumIds: EnumIds | undefined): RowValue {
  if (fill === undefined) return null
  const [value] = unpackValues(Buffer.from(fill, 'base64'), storedLimits)
  return column.type.fromDisk(value, enumIds)
}

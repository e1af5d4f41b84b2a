import type { RowValue } from '../values/column-type.js'
import { missingValue, toRowValue } from './column-value.js'
import { entityAccess, propertyDiffers } from './entity-access.js'
import type { ColumnDefinition, EntitySchema } from './entity-schema.js'

/**
 * The row of an entity. A property that was never set takes the column's default, else null.
 * @throws ValidationError `ROME_VALUE_MISSING` when a column that needs a value has none, and as {@link toRowValue}.
 */
export function rowOf<T extends object>(schema: EntitySchema<T>, entity: T): RowValue[] {
  const properties = entity as Record<string, unknown>
  const row: RowValue[] = []
  for (const column of schema.columns) {
    const value = properties[column.name]
    row.push(toRowValue(schema, column, value === undefined ? defaultOf(schema, column) : value))
  }
  return row
}

/** Sets the entity's properties from its row. */
export function assignRow<T extends object>(schema: EntitySchema<T>, entity: T, row: readonly RowValue[]): void {
  entityAccess(schema).assign(entity, row)
}

/** A new entity with the values of a row. */
export function newEntity<T extends object>(schema: EntitySchema<T>, row: readonly RowValue[]): T {
  return entityAccess(schema).make(row)
}

/** Whether a property of the entity says something else than its row. Allocates nothing when there is no difference. */
export function entityDiffersFrom<T extends object>(
  schema: EntitySchema<T>,
  entity: T,
  row: readonly RowValue[],
): boolean {
  return entityAccess(schema).differs(entity, row)
}

/** The positions of the columns whose properties say something else than the row, in ascending order. */
export function changedPositions<T extends object>(
  schema: EntitySchema<T>,
  entity: T,
  row: readonly RowValue[],
): number[] {
  if (!entityAccess(schema).differs(entity, row)) return []
  const properties = entity as Record<string, unknown>
  return schema.columns
    .filter((column) => propertyDiffers(column, properties[column.name], row[column.position] ?? null))
    .map((column) => column.position)
}

function defaultOf(schema: EntitySchema, column: ColumnDefinition): unknown {
  if (column.makeDefault !== undefined) return column.makeDefault()
  if (column.isNullable) return null
  throw missingValue(schema, column)
}

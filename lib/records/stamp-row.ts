import type { ColumnDefinition, EntitySchema } from '../schema/entity-schema.js'
import type { RowValue } from '../values/column-type.js'
import type { Row } from './row.js'

/** What every change of a row does besides: the next version, and the time where `next` does not say one itself. */
export function stampRow(schema: EntitySchema, current: Row, next: RowValue[], now: Date): void {
  const { updatedAt, version } = schema
  if (updatedAt !== undefined && next[updatedAt.position] === current[updatedAt.position]) {
    next[updatedAt.position] = updatedAt.type.toRow(now)
  }
  if (version !== undefined) next[version.position] = (current[version.position] as number) + 1
}

/** A row as its soft deletion leaves it. */
export function softDeletedRow(schema: EntitySchema, deletedAt: ColumnDefinition, current: Row, now: Date): Row {
  const next = [...current]
  next[deletedAt.position] = deletedAt.type.toRow(now)
  stampRow(schema, current, next, now)
  return next
}

import { UsageError } from '../errors/rome-error.js'
import type { Row } from '../records/row.js'
import { stampRow } from '../records/stamp-row.js'
import { missingValue, toRowValue } from '../schema/column-value.js'
import type { ColumnDefinition, EntitySchema } from '../schema/entity-schema.js'
import { changedPositions } from '../schema/row-mapping.js'
import type { RowValue } from '../values/column-type.js'
import type { EntityRecord } from './entity-record.js'
import type { GivenValues } from './new-keys.js'
import type { PlannedWrite } from './planned-write.js'

const firstVersion = 1

/** The row of a new entity; the entity itself stays as it is until the row is written. @throws ValidationError. */
export function planInsert(record: EntityRecord, now: Date, values: GivenValues): PlannedWrite {
  const { schema } = record.table
  const properties = record.entity as Readonly<Record<string, unknown>>
  const assigned: number[] = []
  const next = schema.columns.map((column) => {
    const given = properties[column.name]
    if (given !== undefined && column.role !== 'version') return toRowValue(schema, column, given)
    assigned.push(column.position)
    return toRowValue(schema, column, values.get(column.position) ?? valueOfNew(schema, column, now))
  })
  return { record, table: record.table, previous: undefined, next, assigned }
}

/**
 * Lays what the user changed over the row as it is now, which may have other changes than the row the entity came of.
 * @throws ValidationError; UsageError `ROME_ENTITY_STATE` for what cannot be changed.
 */
export function planUpdate(record: EntityRecord, current: Row, now: Date, values: GivenValues): PlannedWrite {
  return changed(record, current, changedValues(record, current, values), now)
}

/** As an update that also says when the row was deleted. A row that is deleted already keeps its time. */
export function planSoftDelete(record: EntityRecord, current: Row, now: Date): PlannedWrite {
  const next = changedValues(record, current, new Map())
  const { deletedAt } = record.table.schema
  if (deletedAt !== undefined && next[deletedAt.position] === null) next[deletedAt.position] = deletedAt.type.toRow(now)
  return changed(record, current, next, now)
}

export function planErase(record: EntityRecord, current: Row): PlannedWrite {
  return { record, table: record.table, previous: current, next: undefined, assigned: [] }
}

/** What Rome gives a column of a new row. @throws ValidationError `ROME_VALUE_MISSING`. */
export function valueOfNew(schema: EntitySchema, column: ColumnDefinition, now: Date): unknown {
  if (column.role === 'version') return firstVersion
  if (column.role === 'createdAt' || column.role === 'updatedAt') return now
  if (column.makeDefault !== undefined) return column.makeDefault()
  if (column.isNullable) return null
  throw missingValue(schema, column)
}

function changedValues(
  { entity, row, table: { schema } }: EntityRecord,
  current: Row,
  values: GivenValues,
): RowValue[] {
  const next = [...current]
  for (const position of new Set([...changedPositions(schema, entity, row as Row), ...values.keys()])) {
    const column = schema.columns[position]
    if (schema.primaryKey.includes(column)) {
      throw unchangeable(
        'a primary key never changes: add a new entity with the new key and delete this one',
        schema,
        column,
      )
    }
    if (column.role === 'version') {
      throw unchangeable(
        'the version is counted by Rome: leave it alone, and compare it where you must',
        schema,
        column,
      )
    }
    next[position] = toRowValue(schema, column, values.get(position) ?? Reflect.get(entity, column.name))
  }
  return next
}

function changed(record: EntityRecord, current: Row, next: RowValue[], now: Date): PlannedWrite {
  const { entity, table } = record
  if (next.every((value, position) => value === current[position])) {
    return {
      record,
      table,
      previous: current,
      next: current,
      assigned: changedPositions(table.schema, entity, current),
    }
  }
  stampRow(table.schema, current, next, now)
  return { record, table, previous: current, next, assigned: changedPositions(table.schema, entity, next) }
}

function unchangeable(message: string, schema: EntitySchema, column: ColumnDefinition): UsageError {
  return new UsageError('ROME_ENTITY_STATE', message, { context: { model: schema.name, column: column.name } })
}

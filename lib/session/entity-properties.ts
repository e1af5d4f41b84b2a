import type { Key } from '../codec/key.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { ColumnDefinition, EntitySchema } from '../schema/entity-schema.js'
import { changedPositions, entityDiffersFrom } from '../schema/row-mapping.js'
import type { EntityRecord, GeneratedValue } from './entity-record.js'

/** Whether a stored entity has unwritten changes. */
export function isModified(record: EntityRecord): boolean {
  return record.row !== undefined && entityDiffersFrom(record.table.schema, record.entity, record.row)
}

/** The key of an entity whose whole primary key is given and valid. */
export function givenKey({ entity, table }: Pick<EntityRecord, 'entity' | 'table'>): Key | undefined {
  try {
    return table.keyOfPrimaryKey(
      table.schema.primaryKey.map((column) => column.type.toRow(Reflect.get(entity, column.name))),
    )
  } catch {
    // An unfinished key is completed, or refused, by the flush.
    return undefined
  }
}

/** Assigns values of a row and tells what the properties were. */
export function assignPositions(
  entity: object,
  { schema }: Table,
  row: Row,
  positions: readonly number[],
): GeneratedValue[] {
  return positions.map((position) => {
    const column = schema.columns[position]
    const value = row[position]
    const before: unknown = Reflect.get(entity, column.name)
    Reflect.set(entity, column.name, value === null ? null : column.type.fromRow(value))
    return { property: column.name, before }
  })
}

/** What Rome wrote into an entity: what its insert generated, and the row a write beside the unit of work gave it. */
export interface WrittenValues {
  readonly generated: readonly GeneratedValue[] | undefined
  readonly given: Row | undefined
}

/** Takes what Rome wrote out of an entity, also the times and the version of its updates. */
export function takeBack({ entity, row, table }: EntityRecord, { generated = [], given }: WrittenValues): void {
  if (row === undefined) for (const { property, before } of generated) Reflect.set(entity, property, before)
  else {
    if (given !== undefined) assignPositions(entity, table, row, keptPositions(entity, table, given))
    assignPositions(entity, table, row, rolePositions(table))
  }
}

/** Where an entity still is what a row says. */
function keptPositions(entity: object, { schema }: Table, row: Row): number[] {
  const changed = new Set(changedPositions(schema, entity, row))
  return schema.columns.flatMap(({ position }) => (changed.has(position) ? [] : [position]))
}

function rolePositions({ schema: { columns } }: Table): number[] {
  return columns.filter(({ role }) => role !== undefined).map(({ position }) => position)
}

/** The properties of an entity by column position; what can be changed in place is copied. */
export function copyProperties(schema: EntitySchema, entity: object): unknown[] {
  return schema.columns.map((column) => copyOf(column, Reflect.get(entity, column.name)))
}

/** Gives an entity the properties that {@link copyProperties} took. */
export function assignProperties(schema: EntitySchema, entity: object, properties: readonly unknown[]): void {
  for (const column of schema.columns) Reflect.set(entity, column.name, properties[column.position])
}

/** A property value that is not changed with the other; what its column refuses is kept as it is. */
export function copyOf(column: ColumnDefinition, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  try {
    return column.type.fromRow(column.type.toRow(value))
  } catch {
    // A value that its column refuses will be refused by the flush; until then it is kept as the user gave it.
    return value
  }
}

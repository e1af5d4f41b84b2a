import { RomeError } from '../../errors/rome-error.js'
import { rowValuesEqual } from '../../values/compare.js'
import type { ColumnDefinition, RelationColumns, RelationDefinition } from '../entity-schema.js'

/** Whether the foreign key of an entity is given and names an entity. */
export function refersToSome({ columns }: RelationDefinition, entity: object): boolean {
  return columns.every(({ own }) => (Reflect.get(entity, own.name) ?? null) !== null)
}

/** Whether the foreign key waits for the key of what the entity is related to. */
export function awaitsKey({ columns }: RelationDefinition, entity: object): boolean {
  return columns.some(({ own }) => Reflect.get(entity, own.name) === undefined)
}

/** Whether the foreign key of an entity is the key of another. */
export function refersTo({ columns }: RelationDefinition, entity: object, other: object): boolean {
  for (const { own, target } of columns) {
    if (!isSame(own, Reflect.get(entity, own.name), Reflect.get(other, target.name))) return false
  }
  return true
}

/** Makes an entity refer to another, or to none. What the other has no value for yet is `undefined` until it has. */
export function assignForeignKey({ columns }: RelationDefinition, entity: object, other: object | null): void {
  for (const { own, target } of other === null ? emptied(columns) : columns) {
    Reflect.set(entity, own.name, other === null ? null : Reflect.get(other, target.name))
  }
}

/** The columns that are null when there is none. A required foreign key is emptied too, and refused when written. */
function emptied(columns: readonly RelationColumns[]): readonly RelationColumns[] {
  const nullable = columns.filter(({ own }) => own.isNullable)
  return nullable.length > 0 ? nullable : columns
}

function isSame(column: ColumnDefinition, a: unknown, b: unknown): boolean {
  if (a === b) return a !== undefined && a !== null
  if (a === undefined || a === null || b === undefined || b === null) return false
  try {
    return rowValuesEqual(column.type, column.type.toRow(a), column.type.toRow(b))
  } catch (error) {
    // What the column refuses will be refused by the flush, and is the key of nothing.
    if (error instanceof RomeError) return false
    throw error
  }
}

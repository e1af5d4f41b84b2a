import type { ColumnParts } from '../schema/model-definition.js'
import type { ColumnSpec } from '../values/column-spec.js'
import { t } from '../values/t.js'
import { type ColumnDecorator, declareColumn } from './column-decorator.js'

/**
 * The time an entity was first written, unless it was given one. A `Date`, or what the type given has for a time.
 *
 * @example
 * ```ts
 * import { createdAt, deletedAt, entity, primaryKey, t, updatedAt, version } from 'rome-orm'
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @createdAt() createdAt!: Date
 *   @updatedAt() updatedAt!: Date
 *   @deletedAt() deletedAt!: Date | null
 *   @version() version!: number
 * }
 * ```
 */
export function createdAt(): ColumnDecorator<Date>
export function createdAt<V>(spec: ColumnSpec<V>): ColumnDecorator<V>
export function createdAt(spec: ColumnParts = t.datetime()): ColumnDecorator<never> {
  return declareColumn(spec, { role: 'createdAt' })
}

/** The time an entity was last written. A `Date`, or what the type given has for a time. */
export function updatedAt(): ColumnDecorator<Date>
export function updatedAt<V>(spec: ColumnSpec<V>): ColumnDecorator<V>
export function updatedAt(spec: ColumnParts = t.datetime()): ColumnDecorator<never> {
  return declareColumn(spec, { role: 'updatedAt' })
}

/** The time an entity was deleted, null while it is not. Makes the model soft-deletable; the column is nullable. */
export function deletedAt(): ColumnDecorator<Date | null>
export function deletedAt<V>(spec: ColumnSpec<V>): ColumnDecorator<V | null>
export function deletedAt<V>(spec?: ColumnSpec<V>): ColumnDecorator<never> {
  return declareColumn((spec ?? t.datetime()).nullable(), { role: 'deletedAt' })
}

/** A number that grows with every write of the entity: who writes an outdated one gets a `ConflictError`. */
export function version(): ColumnDecorator<number> {
  return declareColumn(t.integer(), { role: 'version' })
}

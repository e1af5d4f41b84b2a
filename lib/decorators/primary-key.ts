import type { ColumnSpec } from '../values/column-spec.js'
import { type ColumnDecorator, type ColumnOptions, declareColumn } from './column-decorator.js'

/**
 * Makes a field the primary key, or one of its columns in their order. It cannot be null, and does not change.
 * A uuid that is the whole key gets a UUIDv7 when an entity is written without one; other keys are given by the program
 * or by a default. Throws as {@link column} does.
 *
 * @example
 * ```ts
 * import { column, entity, primaryKey, t } from 'rome-orm'
 *
 * @entity('book_tags')
 * class BookTag {
 *   @primaryKey(t.uuid()) bookId!: string
 *   @primaryKey(t.string({ max: 50 })) tag!: string
 *   @column(t.integer().default(0)) uses!: number
 * }
 * ```
 */
export function primaryKey<V>(spec: ColumnSpec<V>, options: ColumnOptions = {}): ColumnDecorator<V> {
  return declareColumn(spec, { storedName: options.name, isPrimaryKey: true })
}

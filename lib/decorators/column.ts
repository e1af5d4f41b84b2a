import type { ColumnSpec } from '../values/column-spec.js'
import { type ColumnDecorator, type ColumnOptions, declareColumn } from './column-decorator.js'

/**
 * Makes a field a column of this type. The field has the type's property type, with `| null` where it is nullable.
 * @throws UsageError `ROME_ARGUMENT` without a type or on something else than a public field,
 * `ROME_LEGACY_DECORATORS` under `experimentalDecorators`.
 *
 * @example
 * ```ts
 * import { column, entity, primaryKey, t } from 'rome-orm'
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.string({ max: 200 })) title!: string
 *   @column(t.integer().nullable(), { name: 'page_count' }) pages!: number | null
 * }
 * ```
 */
export function column<V>(spec: ColumnSpec<V>, options: ColumnOptions = {}): ColumnDecorator<V> {
  return declareColumn(spec, { storedName: options.name })
}

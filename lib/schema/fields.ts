import type { ModelSource } from './entity-schema.js'
import { isAlias, type ModelLike, sourceOf } from './model-like.js'
import { type Fields, modelFields } from './relation.js'

const fieldsBySource = new WeakMap<ModelSource, Fields<object>>()

/**
 * The columns and relations of a model, typed, by the names of its properties. Frozen, and the same object each time.
 * @throws SchemaError `ROME_SCHEMA_UNKNOWN_MODEL` when the class is no model, `ROME_SCHEMA_INVALID` when it is wrong.
 *
 * @example
 * ```ts
 * import { column, entity, fields, primaryKey, t } from 'rome-orm'
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.string()) title!: string
 * }
 * const book = fields(Book)
 * const isLong = book.title.like('%, or %')
 * ```
 */
export function fields<T extends object>(model: ModelLike<T>): Fields<T> {
  if (isAlias(model)) return model as Fields<T>
  const source = sourceOf(model)
  const known = fieldsBySource.get(source)
  if (known !== undefined) return known as Fields<T>
  const made: Fields<T> = Object.freeze(modelFields<T>(source))
  fieldsBySource.set(source, made)
  return made
}

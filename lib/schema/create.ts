import { UsageError, ValidationError } from '../errors/rome-error.js'
import { toRowValue } from './column-value.js'
import type { ModelClass } from './entity-schema.js'
import type { ColumnName } from './field-types.js'
import { schemaOf } from './schema-of.js'

/** Values for a new entity: any of its data properties. */
export type NewValues<T> = Partial<Pick<T, ColumnName<T>>>

/**
 * A new, transient entity with these values. Columns left out get their default when the entity is written; the key
 * and the times may be given, so that data can be imported. Values are checked at once.
 * @throws ValidationError `ROME_UNKNOWN_COLUMN` for a name that is no column, `ROME_VALUE_TYPE`, `ROME_VALUE_RANGE`,
 * `ROME_VALUE_INVALID` or `ROME_VALUE_MISSING` for a value that the column refuses.
 * @throws UsageError `ROME_UNDEFINED` for undefined, `ROME_ARGUMENT` for a relation.
 *
 * @example
 * ```ts
 * import { column, create, entity, primaryKey, t } from 'rome-orm'
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.string()) title!: string
 * }
 * const book = create(Book, { title: 'Emma' })
 * ```
 */
export function create<T extends object>(model: ModelClass<T>, values: NewValues<NoInfer<T>>): T {
  const schema = schemaOf(model)
  const entity = new model()
  const properties = entity as Record<string, unknown>
  for (const [name, value] of Object.entries(values)) {
    if (schema.relationByName.has(name)) {
      throw new UsageError('ROME_ARGUMENT', 'A new entity is given columns only: give the foreign key, no relation.', {
        context: { model: schema.name, relation: name },
      })
    }
    const column = schema.columnByName.get(name)
    if (column === undefined) {
      throw new ValidationError('ROME_UNKNOWN_COLUMN', 'The model has no column of this name.', {
        context: { model: schema.name, column: name, columns: [...schema.columnByName.keys()].join(', ') },
      })
    }
    if (value === undefined) {
      throw new UsageError('ROME_UNDEFINED', 'undefined is no value: leave the column out to get its default.', {
        context: { model: schema.name, column: name },
      })
    }
    toRowValue(schema, column, value)
    properties[name] = value
  }
  return entity
}

import { UsageError, ValidationError } from '../errors/rome-error.js'
import type { Collection } from './collection.js'
import { toRowValue } from './column-value.js'
import type { EntitySchema, ModelClass } from './entity-schema.js'
import type { ColumnName, RelationName } from './field-types.js'
import type { Ref } from './ref.js'
import { attachRelations } from './related/attach-relations.js'
import { sideOf } from './related/companion.js'
import { relate, relateOnly } from './related/link.js'
import { requireTarget } from './related/related-property.js'
import { RefSide } from './related/relation-side.js'
import { schemaOf } from './schema-of.js'

/** Values for a new entity: any of its columns, and the entities that it is related to. */
export type NewValues<T> = Partial<Pick<T, ColumnName<T>>> & {
  readonly [K in RelationName<T>]?: RelatedValues<T[K]>
}

/** What a new entity is given for a relation: entities for a collection, one or null for a reference. */
export type RelatedValues<Property> =
  Property extends Collection<infer Entity> ? readonly Entity[] : Property extends Ref<infer Entity> ? Entity : never

/**
 * A new, transient entity with these values. Columns left out get their default when the entity is written; the key
 * and the times may be given, so that data can be imported. Values are checked at once. A relation is given the
 * entities themselves: both sides know of each other at once, and adding the new entity adds those that are new.
 * @throws ValidationError `ROME_UNKNOWN_COLUMN` for a name that is no column, `ROME_VALUE_TYPE`, `ROME_VALUE_RANGE`,
 * `ROME_VALUE_INVALID` or `ROME_VALUE_MISSING` for a value that the column refuses.
 * @throws UsageError `ROME_UNDEFINED` for undefined, `ROME_ARGUMENT` for what a relation does not lead to.
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
  attachRelations(schema, entity)
  const given = values as Readonly<Record<string, unknown>>
  let hasRelations = false
  for (const name of Object.keys(given)) {
    const value = given[name]
    const column = schema.columnByName.get(name)
    if (column === undefined) {
      if (schema.relationByName.has(name)) {
        hasRelations = true
        continue
      }
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
  // A foreign key that is given with its reference gives way to it.
  if (hasRelations) for (const name of Object.keys(given)) relateNew(schema, entity, name, given[name])
  return entity
}

function relateNew(schema: EntitySchema, entity: object, name: string, value: unknown): void {
  const definition = schema.relationByName.get(name)
  if (definition === undefined) return
  const side = sideOf(entity, definition)
  if (side instanceof RefSide) {
    relateOnly(side, value === null ? null : requireTarget(definition, value))
    return
  }
  if (!Array.isArray(value)) {
    const context = { model: schema.name, relation: name }
    throw value === undefined
      ? new UsageError('ROME_UNDEFINED', 'undefined is no value: leave the relation out.', { context })
      : new UsageError('ROME_ARGUMENT', 'A collection is given an array of entities.', { context })
  }
  for (const other of value.map((given) => requireTarget(definition, given))) relate(side, other)
}

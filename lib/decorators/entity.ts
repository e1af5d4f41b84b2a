import { UsageError } from '../errors/rome-error.js'
import type { ModelClass } from '../schema/entity-schema.js'
import { recordModel } from '../schema/model-definition.js'
import { definitionIn } from './recording.js'

/**
 * Makes a class a model under a stored name, which is always given: class names do not survive minifiers.
 * The model takes over the columns, indexes and checks of its base classes. It is checked when it is first used.
 * @throws UsageError `ROME_LEGACY_DECORATORS` under `experimentalDecorators`, `ROME_ARGUMENT` when used twice.
 *
 * @example
 * ```ts
 * import { column, createdAt, entity, primaryKey, t } from 'rome-orm'
 *
 * abstract class Dated {
 *   @primaryKey(t.uuid()) id!: string
 *   @createdAt() createdAt!: Date
 * }
 *
 * @entity('books')
 * class Book extends Dated {
 *   @column(t.string()) title!: string
 * }
 * ```
 */
export function entity(name: string): (model: ModelClass, context: ClassDecoratorContext) => void {
  return (model, context) => {
    const definition = definitionIn(context)
    if (definition.name !== undefined) {
      throw new UsageError('ROME_ARGUMENT', 'A model has one name: use @entity once.', {
        context: { name, other: definition.name },
      })
    }
    definition.name = name
    recordModel(model, definition)
  }
}

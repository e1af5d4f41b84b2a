import type { ModelClass } from '../schema/entity-schema.js'
import { registerGlobal } from '../schema/registry.js'
import { definitionIn } from './recording.js'

/**
 * Registers a model for every `Rome.open()` of this process that is given no models of its own. Used without a call.
 * @throws UsageError `ROME_LEGACY_DECORATORS` under `experimentalDecorators`.
 *
 * @example
 * ```ts
 * import { entity, globalScope, primaryKey, t } from 'rome-orm'
 *
 * @globalScope
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 * }
 * ```
 */
export function globalScope(model: ModelClass, context: ClassDecoratorContext): void {
  definitionIn(context)
  registerGlobal(model)
}

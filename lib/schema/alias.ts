import { UsageError } from '../errors/rome-error.js'
import type { ModelSource } from './entity-schema.js'
import { type AliasedModel, aliasSource, type ModelLike, sourceOf } from './model-like.js'
import { modelFields } from './relation.js'

/**
 * A model under a second name, so that a query can use it twice. It carries the columns as properties, is accepted
 * wherever a model is, and is a source of its own: two aliases of the same name are different.
 * @throws UsageError `ROME_ARGUMENT` without a name. @throws SchemaError when the class is no model.
 *
 * @example
 * ```ts
 * import { alias, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Part = defineEntity('parts', { id: primaryKey(t.uuid()), wholeId: t.uuid().nullable() })
 * const whole = alias(Part, 'whole')
 * const isPartOfWhole = fields(Part).wholeId.eq(whole.id)
 * ```
 */
export function alias<T extends object>(model: ModelLike<T>, name: string): AliasedModel<T> {
  if (typeof name !== 'string' || name === '') {
    throw new UsageError('ROME_ARGUMENT', 'Give the alias a name, which plans and messages show.')
  }
  const { schema } = sourceOf(model)
  const source: ModelSource<T> = Object.freeze({ name, schema })
  const aliased: AliasedModel<T> = Object.assign(modelFields<T>(source), { [aliasSource]: source })
  Object.freeze(aliased)
  return aliased
}

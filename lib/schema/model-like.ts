import { UsageError } from '../errors/rome-error.js'
import type { ModelClass, ModelSource } from './entity-schema.js'
import type { Fields } from './relation.js'
import { schemaOf } from './schema-of.js'

/** Under this key an alias carries its source. */
export const aliasSource: unique symbol = Symbol('rome.aliasSource')

/** A second use of a model in a query: its columns as properties, and accepted wherever a model is. */
export type AliasedModel<T extends object> = Fields<T> & { readonly [aliasSource]: ModelSource<T> }

/** A model or an alias of one. */
export type ModelLike<T extends object = object> = ModelClass<T> | AliasedModel<T>

/**
 * The source that a model or an alias stands for.
 * @throws UsageError `ROME_ARGUMENT` when it is neither. @throws SchemaError as {@link schemaOf} does.
 */
export function sourceOf<T extends object>(model: ModelLike<T>): ModelSource<T> {
  if (typeof model === 'function') return schemaOf(model).source
  if (isAlias(model)) return model[aliasSource]
  throw new UsageError('ROME_ARGUMENT', 'Give a model: a class with @entity, or what alias() returned.', {
    context: { given: model === null ? 'null' : typeof model },
  })
}

/** Whether this is what `alias()` returned. */
export function isAlias(value: unknown): value is AliasedModel<object> {
  return typeof value === 'object' && value !== null && aliasSource in value
}

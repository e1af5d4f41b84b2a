import type { Expression } from '../expressions/expression.js'
import type { ModelClass } from '../schema/entity-schema.js'
import type { AliasedModel, ModelLike } from '../schema/model-like.js'

/** What a query can select: a model or an alias for whole entities, an expression for its value. */
export type Selectable = ModelLike<never> | ModelLike | Expression<unknown>

/** What one selected thing gives. */
export type ResultOf<S> =
  S extends Expression<infer Value>
    ? Value
    : S extends ModelClass<infer Entity>
      ? Entity
      : S extends AliasedModel<infer Entity>
        ? Entity
        : never

/** One selected thing gives bare values, several give tuples. */
export type ResultsOf<S extends readonly unknown[]> = S extends readonly [infer Only]
  ? ResultOf<Only>
  : { -readonly [Index in keyof S]: ResultOf<S[Index]> }

/** The entity that a selection is about: that of its first model. */
export type RootOf<S extends readonly unknown[]> = S extends readonly [infer First, ...infer Rest]
  ? First extends Expression<unknown>
    ? RootOf<Rest>
    : Extract<ResultOf<First>, object>
  : object

import type { ExpressionNode, LiteralNode } from '../expressions/nodes.js'
import type { ModelSource, RelationDefinition } from '../schema/entity-schema.js'

/** Which rows of a soft-deletable model a query sees. */
export type Scope = 'live' | 'all' | 'deleted'

/** One thing selected: a whole entity, or a value. */
export type SelectedPart =
  | { readonly kind: 'entity'; readonly source: ModelSource }
  | { readonly kind: 'value'; readonly node: ExpressionNode; readonly label?: string | undefined }

/** One column of an order. */
export interface OrderPart {
  readonly node: ExpressionNode
  readonly isDescending: boolean
  readonly nulls: 'first' | 'last'
}

/** A model whose rows are put beside those of the models before it, where `on` is true. */
export interface JoinPart {
  readonly source: ModelSource
  /** A left join keeps rows that match nothing, with null in the place of the joined model. */
  readonly kind: 'inner' | 'left'
  readonly on: ExpressionNode
}

export type SetOperator = 'union' | 'unionAll' | 'intersect' | 'except'

/** Where a query's rows come from: a model, or two queries combined. */
export type QueryInput =
  | { readonly kind: 'model'; readonly source: ModelSource }
  | {
      readonly kind: 'set'
      readonly operator: SetOperator
      readonly left: QueryDescription
      readonly right: QueryDescription
    }

/** A relation that is loaded with the entities of a result, and those of its entities. */
export interface IncludePart {
  readonly definition: RelationDefinition
  /** The related model, as the part's own filters and order name it. */
  readonly source: ModelSource
  readonly filters: readonly ExpressionNode[]
  /** None for that of the relation. */
  readonly orderBy: readonly OrderPart[]
  /** The most entities for each entity of the result. */
  readonly limit: number | undefined
  readonly includes: readonly IncludePart[]
}

/** What happens to rows that another transaction has claimed. */
export interface ForUpdateOptions {
  /** `false`: fail at once with `ROME_ROW_CLAIMED` instead of waiting. */
  readonly wait?: boolean | undefined
  /** Leaves them out of the result, and with them rows that were written since the snapshot. */
  readonly skipLocked?: boolean | undefined
}

/** The constants that a prepared query was given, and where its plans are kept. */
export interface Binding {
  /** The same for all bindings of the query. */
  readonly plans: object
  /** The constants, always in the same order. They stand in the query as these very objects. */
  readonly constants: readonly LiteralNode[]
  /** What the query selects and orders by; a terminal may want something else. */
  readonly selection: readonly SelectedPart[]
  readonly orderBy: readonly OrderPart[]
  /** What the default scopes of the session are that apply to it, whatever their arguments. */
  readonly scopes?: string
}

/** All that a query says, as frozen data. Every method of `Query` makes a new one. */
export interface QueryDescription {
  readonly input: QueryInput
  readonly joins: readonly JoinPart[]
  readonly scope: Scope
  /** Scopes of the root that were asked for by name; their predicates are among the filters. */
  readonly namedScopes: readonly string[]
  /** Default scopes that do not apply: those switched off by name, or all, as for a query that has them already. */
  readonly withoutScopes: readonly string[] | 'all'
  readonly selection: readonly SelectedPart[]
  readonly filters: readonly ExpressionNode[]
  /** The caller said that the whole table is meant. */
  readonly isEverything: boolean
  readonly groupBy: readonly ExpressionNode[]
  readonly having: readonly ExpressionNode[]
  readonly orderBy: readonly OrderPart[]
  readonly isDistinct: boolean
  readonly limit: number | undefined
  readonly offset: number
  readonly includes: readonly IncludePart[]
  /** The entities of the result are not the session's. */
  readonly isUnmanaged: boolean
  /** The rows of the result are claimed. */
  readonly forUpdate: ForUpdateOptions | undefined
  /** The prepared query that it was bound from. */
  readonly binding: Binding | undefined
}

/** The model a description is rooted in: that of the leftmost operand. */
export function rootOf(description: QueryDescription): ModelSource {
  let input = description.input
  while (input.kind === 'set') input = input.left.input
  return input.source
}

/** The models that a description reads by itself, in the order they were named. */
export function sourcesIn(description: QueryDescription): readonly ModelSource[] {
  return [rootOf(description), ...description.joins.map((join) => join.source)]
}

/** A query of everything in its input. */
export function newDescription(input: QueryInput, selection: readonly SelectedPart[]): QueryDescription {
  return Object.freeze({
    input,
    joins: [],
    scope: 'live',
    namedScopes: [],
    withoutScopes: [],
    selection,
    filters: [],
    isEverything: false,
    groupBy: [],
    having: [],
    orderBy: [],
    isDistinct: false,
    limit: undefined,
    offset: 0,
    includes: [],
    isUnmanaged: false,
    // Named here too, since V8 is slow to copy an object and give it another property: so all have one shape.
    forUpdate: undefined,
    binding: undefined,
  })
}

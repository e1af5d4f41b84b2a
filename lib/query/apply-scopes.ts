import { logicNode } from '../expressions/make-nodes.js'
import type { ExpressionNode } from '../expressions/nodes.js'
import type { ModelSource } from '../schema/entity-schema.js'
import { type QueryDescription, rootOf } from './description.js'
import { mapNodes, nodesOf } from './outer-columns.js'
import type { ExplainedScope } from './plan/explanation.js'
import { rewrite } from './plan/rewrite.js'
import { containsSubquery } from './plan/subquery-planner.js'
import { relatedAsSubqueries, withoutRelated } from './relations.js'
import { scopedBinding } from './scoped-binding.js'
import type { SessionScopes } from './session-scopes.js'

/** A query with the predicates of its scopes in it. */
export interface ScopedQuery {
  readonly description: QueryDescription
  readonly applied: readonly ExplainedScope[]
}

/**
 * Puts the default scopes of every model that a query reads into it: those of its operands, its subqueries and of what
 * it says of related rows too. Nothing that the user wrote takes them back, since they stand beside the whole filter.
 */
export function applyScopes(scopes: SessionScopes | undefined, asked: QueryDescription): ScopedQuery {
  const application = new ScopeApplication(scopes)
  const description = application.query(withoutRelated(asked))
  const binding = asked.binding && scopedBinding(asked.binding, application.narrowing)
  return { description: Object.freeze({ ...description, binding }), applied: application.applied }
}

class ScopeApplication {
  readonly applied: ExplainedScope[] = []
  /** The predicates of default scopes that were applied, anywhere in the query, in the order of its parts. */
  readonly narrowing: ExpressionNode[] = []
  readonly #scopes: SessionScopes | undefined
  /** A subquery that is met twice stays one. */
  readonly #known = new Map<object, QueryDescription>()

  constructor(scopes: SessionScopes | undefined) {
    this.#scopes = scopes
  }

  query(description: QueryDescription): QueryDescription {
    if (description.withoutScopes === 'all') return description
    const known = this.#known.get(description)
    if (known !== undefined) return known
    const scoped = this.#onModels(this.#below(description))
    this.#known.set(description, scoped)
    return scoped
  }

  /** The same with its operands and subqueries scoped, each as it says itself. */
  #below(description: QueryDescription): QueryDescription {
    const { input } = description
    const operands: QueryDescription =
      input.kind === 'set'
        ? { ...description, input: { ...input, left: this.query(input.left), right: this.query(input.right) } }
        : description
    return nodesOf(description).some(containsSubquery) ? mapNodes(operands, (node) => this.#node(node)) : operands
  }

  #node(node: ExpressionNode): ExpressionNode {
    return rewrite(node, (below) => {
      if (below.kind !== 'subquery') return undefined
      const operand = below.operand && this.#node(below.operand)
      return Object.freeze({ ...below, operand, query: this.query(below.query as QueryDescription) })
    })
  }

  #onModels(description: QueryDescription): QueryDescription {
    const { input, joins, namedScopes, withoutScopes, filters } = description
    if (input.kind === 'set') return Object.freeze({ ...description, withoutScopes: 'all', binding: undefined })
    for (const scope of namedScopes) this.#note(rootOf(description), scope)
    const of = (source: ModelSource) => this.#predicatesOf(source, withoutScopes)
    const own = of(input.source)
    const joined = joins.map((join) => {
      const predicates = of(join.source)
      if (predicates.length === 0) return join
      // An outer join leaves rows out before it completes with null.
      if (join.kind === 'left') return { ...join, on: logicNode('and', [...predicates, join.on]) }
      own.push(...predicates)
      return join
    })
    return Object.freeze({
      ...description,
      joins: joined,
      filters: [...own, ...filters],
      withoutScopes: 'all',
      binding: undefined,
    })
  }

  #predicatesOf(source: ModelSource, without: QueryDescription['withoutScopes']): ExpressionNode[] {
    return (this.#scopes?.activeOn(source, without) ?? []).map(({ definition, predicate }) => {
      this.#note(source, definition.name)
      // What a scope looks at itself is seen whole: scopes that look at each other's models would never end.
      const narrowing = relatedAsSubqueries(predicate, 'all')
      this.narrowing.push(narrowing)
      return narrowing
    })
  }

  #note({ name: model }: ModelSource, scope: string): void {
    if (!this.applied.some((known) => known.model === model && known.scope === scope)) {
      this.applied.push({ model, scope })
    }
  }
}

import { QueryError } from '../../errors/rome-error.js'
import type { ColumnNode, ExpressionNode, Source } from '../../expressions/nodes.js'
import { conjunctsOf, sourcesOf } from '../../expressions/walk.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import type { JoinPart, OrderPart, QueryDescription, Scope } from '../description.js'
import { rootOf } from '../description.js'
import { chooseAccess } from './access-path.js'
import type { AccessPath } from './access-request.js'
import { chooseJoin, type JoinStep } from './join-method.js'
import type { PlanNode } from './plan-node.js'
import type { PlanningStore } from './planning-store.js'
import { columnsFrom, type SourceRequest } from './source-request.js'
import { containsSubquery, rowsWithAnswers } from './subquery-planner.js'

/** A model to be joined, with the conditions that come with it. */
interface Pending {
  readonly source: ModelSource
  readonly kind: JoinPart['kind']
  readonly on: readonly ExpressionNode[]
}

/**
 * Rows of several models put side by side. With inner joins alone every model is tried as the first one and the
 * cheapest next one is taken at each step; with a left join among them the order is that of the query, which its
 * meaning depends on.
 */
export function planJoins(
  store: PlanningStore,
  description: QueryDescription,
  conjuncts: readonly ExpressionNode[],
  request: SourceRequest,
): AccessPath {
  const planner = new JoinPlanner(store, description, conjuncts, request)
  const root = rootOf(description)
  const { joins } = description
  if (joins.some((join) => join.kind === 'left')) return planner.planFrom(root)
  const paths = [root, ...joins.map((join) => join.source)].map((start) => planner.planFrom(start))
  return paths.reduce((best, path) => (path.cost < best.cost ? path : best))
}

class JoinPlanner {
  readonly #store: PlanningStore
  readonly #description: QueryDescription
  /** Conditions of the filter, and of inner joins, which are the same to the result. */
  readonly #conjuncts: readonly ExpressionNode[]
  readonly #request: SourceRequest
  readonly #hasLeftJoin: boolean
  readonly #evaluated: readonly ExpressionNode[]

  constructor(
    store: PlanningStore,
    description: QueryDescription,
    conjuncts: readonly ExpressionNode[],
    request: SourceRequest,
  ) {
    this.#store = store
    this.#description = description
    this.#request = request
    this.#hasLeftJoin = description.joins.some((join) => join.kind === 'left')
    const inner = description.joins.filter((join) => join.kind === 'inner').flatMap((join) => conjunctsOf(join.on))
    this.#conjuncts = this.#hasLeftJoin ? conjuncts : [...conjuncts, ...inner]
    this.#evaluated = [
      ...request.nodes,
      ...conjuncts,
      ...description.joins.map((join) => join.on),
      ...request.order.map((part) => part.node),
    ]
  }

  planFrom(start: ModelSource): AccessPath {
    const { order, seek, wanted } = this.#request
    const leading = leadingOrder(order, start)
    const first = this.#access(start, this.#own(start, this.#conjuncts), {
      order: leading,
      // Rows equal in what this model orders by may come after by what the others do.
      seek: seek && {
        order: leading,
        values: seek.values.slice(0, leading.length),
        includesEqual: leading.length < order.length || seek.includesEqual === true,
      },
      wanted,
    })
    const used = new Set(this.#own(start, this.#conjuncts))
    const placed: Source[] = [start]
    let { plan, cost } = first
    let pending = this.#pendingFrom(start)
    while (pending.length > 0) {
      const steps = (this.#hasLeftJoin ? pending.slice(0, 1) : pending).map((next) =>
        this.#step(plan, placed, next, used),
      )
      const step = steps.reduce((best, other) => (other.cost < best.cost ? other : best))
      plan = step.plan
      cost += step.cost
      placed.push(step.source)
      for (const node of step.settled) used.add(node)
      pending = pending.filter((other) => other.source !== step.source)
      const ready = this.#conjuncts.filter(
        (node) => !used.has(node) && !this.#mustWait(pending) && isOver(node, placed),
      )
      for (const node of ready) used.add(node)
      if (ready.length > 0) plan = filter(plan, ready)
    }
    if (seek !== undefined && leading.length < order.length) {
      plan = {
        kind: 'filter',
        layout: plan.layout,
        estimatedRows: plan.estimatedRows,
        input: plan,
        predicates: [],
        scopePredicates: 0,
        exclude: [],
        seek,
      }
    }
    const presorted = first.presorted === leading.length ? leading.length : Math.min(first.presorted, leading.length)
    return { plan, presorted, cost: cost + (presorted < order.length ? plan.estimatedRows : 0) }
  }

  /** A filter says what is left after all left joins are made. */
  #mustWait(pending: readonly Pending[]): boolean {
    return this.#hasLeftJoin && pending.length > 0
  }

  #pendingFrom(start: ModelSource): Pending[] {
    const root = rootOf(this.#description)
    const joined = this.#description.joins.map(
      ({ source, kind, on }): Pending => ({ source, kind, on: conjunctsOf(on) }),
    )
    if (start === root) return joined
    // Inner joins mean the same in any order; their conditions are among the conjuncts.
    return [{ source: root, kind: 'inner' as const, on: [] }, ...joined.filter((join) => join.source !== start)]
  }

  #step(
    left: PlanNode,
    placed: readonly Source[],
    next: Pending,
    used: ReadonlySet<ExpressionNode>,
  ): JoinStep & { source: ModelSource } {
    const together = [...placed, next.source]
    const conditions = this.#hasLeftJoin
      ? next.on
      : this.#conjuncts.filter((node) => !used.has(node) && isOver(node, together))
    const filters = this.#hasLeftJoin && next.kind === 'inner' ? this.#own(next.source, this.#conjuncts) : []
    const own = [...conditions.filter((node) => isOver(node, [next.source])), ...filters]
    const between = conditions.filter((node) => !own.includes(node))
    const asking = own.filter(containsSubquery)
    const plain = own.filter((node) => !asking.includes(node))
    if (between.some(containsSubquery)) {
      throw new QueryError(
        'ROME_QUERY_INVALID',
        'a subquery in the condition of an outer join is about the joined model alone',
        { context: { model: next.source.name } },
      )
    }
    const table = this.#store.table(next.source.schema)
    const step = chooseJoin({
      left,
      kind: next.kind,
      source: next.source,
      table,
      scope: this.#scopeOf(next.source),
      own: plain,
      between,
      trace: this.#store.trace,
      isAsked: asking.length > 0,
      access: (order) => {
        const rows = this.#access(next.source, plain, { order, seek: undefined, wanted: undefined })
        return rowsWithAnswers(this.#store, next.source, rows, asking)
      },
    })
    return { ...step, source: next.source, settled: [...conditions, ...filters] }
  }

  #access(
    source: ModelSource,
    conjuncts: readonly ExpressionNode[],
    rest: Pick<SourceRequest, 'order' | 'seek' | 'wanted'>,
  ): AccessPath {
    return chooseAccess({
      statistics: this.#store.statistics,
      table: this.#store.table(source.schema),
      source,
      scope: this.#scopeOf(source),
      conjuncts,
      exclude: [],
      trace: this.#store.trace,
      needed: this.#request.entities.includes(source) ? 'row' : columnsFrom(source, this.#evaluated),
      ...rest,
    })
  }

  /** `onlyDeleted` is about the root; what is joined to it shows whether deleted or not. */
  #scopeOf(source: ModelSource): Scope {
    const { scope } = this.#description
    return scope === 'deleted' && source !== rootOf(this.#description) ? 'all' : scope
  }

  /** Conditions that are about one model alone. Those on a left-joined model decide after the join, not in it. */
  #own(source: ModelSource, nodes: readonly ExpressionNode[]): ExpressionNode[] {
    const isLeft = this.#description.joins.some((join) => join.source === source && join.kind === 'left')
    return isLeft ? [] : nodes.filter((node) => isOver(node, [source]) && sourcesOf(node).size > 0)
  }
}

/** The first parts of an order, as far as they are columns of one model. */
function leadingOrder(order: readonly OrderPart[], source: Source): readonly OrderPart[] {
  const end = order.findIndex(({ node }) => node.kind !== 'column' || (node as ColumnNode).source !== source)
  return end === -1 ? order : order.slice(0, end)
}

function isOver(node: ExpressionNode, sources: readonly Source[]): boolean {
  for (const source of sourcesOf(node)) if (!sources.includes(source)) return false
  return true
}

function filter(input: PlanNode, predicates: readonly ExpressionNode[]): PlanNode {
  const estimatedRows = Math.max(1, Math.round(input.estimatedRows * 0.3 ** predicates.length))
  return {
    kind: 'filter',
    layout: input.layout,
    estimatedRows,
    input,
    predicates,
    scopePredicates: 0,
    exclude: [],
    seek: undefined,
  }
}

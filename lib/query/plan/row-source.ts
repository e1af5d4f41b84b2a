import { QueryError } from '../../errors/rome-error.js'
import { logicNode } from '../../expressions/make-nodes.js'
import type { ExpressionNode, Source } from '../../expressions/nodes.js'
import { conjunctsOf, sourcesOf } from '../../expressions/walk.js'
import { type JoinPart, type QueryDescription, rootOf, sourcesIn } from '../description.js'
import { chooseAccess } from './access-path.js'
import type { AccessPath } from './access-request.js'
import { planJoins } from './join-planner.js'
import type { PlanNode } from './plan-node.js'
import type { PlanningStore } from './planning-store.js'
import { columnsFrom, type SourceRequest } from './source-request.js'
import { type AnsweredPath, answerSubqueries, containsSubquery } from './subquery-planner.js'

/** Rows of the models that a description reads, joined and filtered, with the answers of subqueries. */
export function planSource(store: PlanningStore, asked: QueryDescription, request: SourceRequest): AnsweredPath {
  const description = withQuestionsInFilter(asked)
  const sources = sourcesIn(description)
  const conjuncts = description.filters.flatMap(conjunctsOf)
  const order = request.order.map((part) => part.node)
  checkEntities(sources, request.entities)
  checkSources(sources, [...conjuncts, ...request.nodes, ...order, ...description.joins.map((join) => join.on)])
  const waiting = conjuncts.filter(containsSubquery)
  const asking = [...waiting, ...[...request.nodes, ...order].filter(containsSubquery)]
  const plain = conjuncts.filter((node) => !waiting.includes(node))
  if (asking.length === 0) return { path: planModels(store, description, plain, request), onAnswers: (node) => node }
  // Of rows that a subquery decides about nobody knows how many have to be read.
  const wider = { ...request, wanted: undefined, nodes: [...request.nodes, ...waiting] }
  const answered = answerSubqueries(store, planModels(store, description, plain, wider), asking)
  if (waiting.length === 0) return answered
  const { path, onAnswers } = answered
  const { layout, estimatedRows } = path.plan
  const plan: PlanNode = {
    kind: 'filter',
    layout,
    estimatedRows,
    input: path.plan,
    predicates: waiting.map(onAnswers),
    scopePredicates: 0,
    exclude: [],
    seek: undefined,
  }
  return { path: { ...path, plan }, onAnswers }
}

/** An inner join means the same when a part of its condition is in the filter, where subqueries are answered. */
function withQuestionsInFilter(description: QueryDescription): QueryDescription {
  const asks = ({ kind, on }: JoinPart): boolean => kind === 'inner' && containsSubquery(on)
  if (!description.joins.some(asks)) return description
  const conjuncts = description.joins.filter(asks).flatMap(({ on }) => conjunctsOf(on))
  return {
    ...description,
    joins: description.joins.map((join) =>
      asks(join)
        ? {
            ...join,
            on: logicNode(
              'and',
              conjunctsOf(join.on).filter((node) => !containsSubquery(node)),
            ),
          }
        : join,
    ),
    filters: [...description.filters, ...conjuncts.filter(containsSubquery)],
  }
}

function planModels(
  store: PlanningStore,
  description: QueryDescription,
  conjuncts: readonly ExpressionNode[],
  request: SourceRequest,
): AccessPath {
  // An order by what a subquery answers is made afterwards.
  const end = request.order.findIndex((part) => containsSubquery(part.node))
  const order = end === -1 ? request.order : request.order.slice(0, end)
  if (description.joins.length > 0) return planJoins(store, description, conjuncts, { ...request, order })
  const source = rootOf(description)
  return chooseAccess({
    statistics: store.statistics,
    table: store.table(source.schema),
    source,
    scope: description.scope,
    conjuncts,
    exclude: [],
    order,
    seek: end === -1 ? request.seek : undefined,
    wanted: end === -1 ? request.wanted : undefined,
    needed: request.entities.includes(source) ? 'row' : columnsFrom(source, request.nodes),
    trace: store.trace,
  })
}

function checkEntities(sources: readonly Source[], entities: readonly Source[]): void {
  const missing = entities.find((source) => !sources.includes(source))
  if (missing === undefined) return
  throw new QueryError('ROME_QUERY_INVALID', 'the query selects a model that it does not read: join it', {
    context: { model: missing.name, reads: sources.map((known) => known.name) },
  })
}

/** Refuses columns of models that the query does not read. */
export function checkSources(sources: readonly Source[], nodes: readonly ExpressionNode[]): void {
  for (const node of nodes) {
    for (const source of sourcesOf(node)) {
      if (sources.includes(source)) continue
      throw new QueryError('ROME_QUERY_INVALID', 'the query does not read the model of this column: join it', {
        context: { model: source.name, reads: sources.map((known) => known.name) },
      })
    }
  }
}

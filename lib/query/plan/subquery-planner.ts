import type { ColumnNode, ExpressionNode, Source, SubqueryNode } from '../../expressions/nodes.js'
import { conjunctsOf, sourcesOf, visit } from '../../expressions/walk.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import { type QueryDescription, rootOf } from '../description.js'
import { chooseAccess } from './access-path.js'
import type { AccessPath } from './access-request.js'
import { chooseJoin } from './join-method.js'
import { widthOf } from './layout.js'
import type { OutputPart } from './output.js'
import type { PlanNode } from './plan-node.js'
import type { PlanningStore } from './planning-store.js'
import { rewrite } from './rewrite.js'
import { isSameExpression } from './same-expression.js'
import { columnsFrom } from './source-request.js'

/** Without a better guess, an answered subquery costs as much as a short range. */
const costOfAnswer = 50

/** Rows with the answers of subqueries behind them, and how expressions reach these. */
export interface AnsweredPath {
  readonly path: AccessPath
  /** The expression with a column in the place of each answered subquery. */
  readonly onAnswers: (node: ExpressionNode) => ExpressionNode
}

/** Whether an expression depends on a subquery. */
export function containsSubquery(node: ExpressionNode): boolean {
  let isThere = false
  visit(node, (below) => {
    if (below.kind === 'subquery') isThere = true
  })
  return isThere
}

/** Adds the answer of every subquery in `nodes` to the rows: by a join where one can tell, else one row at a time. */
export function answerSubqueries(
  store: PlanningStore,
  path: AccessPath,
  nodes: readonly ExpressionNode[],
): AnsweredPath {
  const answers: { readonly node: SubqueryNode; readonly column: ColumnNode }[] = []
  let { plan, cost } = path
  const find = (node: ExpressionNode): ExpressionNode | undefined =>
    node.kind === 'subquery' ? answers.find((answer) => isSameExpression(answer.node, node))?.column : undefined
  for (const subquery of subqueriesIn(nodes)) {
    if (find(subquery) !== undefined) continue
    const mark: Source = { name: 'answer' }
    const joined = isPlainExists(subquery) ? markJoin(store, plan, subquery, mark) : undefined
    plan = joined?.plan ?? each(plan, subquery, mark)
    cost += joined?.cost ?? plan.estimatedRows * costOfAnswer
    const column: ColumnNode = {
      kind: 'column',
      source: mark,
      column: { name: 'answer', type: subquery.type, isNullable: true, position: 0 },
      type: subquery.type,
    }
    answers.push({ node: subquery, column })
  }
  return { path: { ...path, plan, cost }, onAnswers: (node) => rewrite(node, find) }
}

/** Rows of one model for which predicates that ask subqueries are true. */
export function rowsWithAnswers(
  store: PlanningStore,
  source: ModelSource,
  rows: AccessPath,
  asking: readonly ExpressionNode[],
): AccessPath {
  if (asking.length === 0) return rows
  const { path, onAnswers } = answerSubqueries(store, rows, asking)
  const { layout, estimatedRows } = path.plan
  const filter: PlanNode = {
    kind: 'filter',
    layout,
    estimatedRows,
    input: path.plan,
    predicates: asking.map(onAnswers),
    scopePredicates: 0,
    exclude: [],
    seek: undefined,
  }
  // The answers are taken away again, so that rows are as wide as their model.
  const parts: readonly OutputPart[] = [
    { kind: 'entity', table: store.table(source.schema), source, offset: 0, isOptional: false },
  ]
  return { ...path, plan: { kind: 'project', layout: new Map([[source, 0]]), estimatedRows, input: filter, parts } }
}

function subqueriesIn(nodes: readonly ExpressionNode[]): SubqueryNode[] {
  const found: SubqueryNode[] = []
  for (const node of nodes) {
    rewrite(node, (below) => {
      if (below.kind !== 'subquery') return undefined
      found.push(below)
      return below
    })
  }
  return found
}

/** Whether only the existence of rows of one model is asked for, by a filter alone. */
function isPlainExists(node: SubqueryNode): boolean {
  const query = node.query as QueryDescription
  return (
    node.mode === 'exists' &&
    query.input.kind === 'model' &&
    query.joins.length === 0 &&
    query.groupBy.length === 0 &&
    query.having.length === 0 &&
    query.limit === undefined &&
    query.offset === 0 &&
    query.selection.every((part) => part.kind === 'entity' || part.node.kind === 'column') &&
    !query.filters.some(containsSubquery)
  )
}

function markJoin(store: PlanningStore, left: PlanNode, node: SubqueryNode, mark: Source) {
  const query = node.query as QueryDescription
  const source = rootOf(query)
  const table = store.table(source.schema)
  const conjuncts = query.filters.flatMap(conjunctsOf)
  const own = conjuncts.filter((condition) => [...sourcesOf(condition)].every((named) => named === source))
  return chooseJoin({
    left,
    kind: 'inner',
    mark,
    source,
    table,
    scope: query.scope,
    own,
    between: conjuncts.filter((condition) => !own.includes(condition)),
    trace: store.trace,
    access: (order) =>
      chooseAccess({
        statistics: store.statistics,
        table,
        source,
        scope: query.scope,
        conjuncts: own,
        exclude: [],
        order,
        seek: undefined,
        wanted: undefined,
        needed: columnsFrom(source, conjuncts),
        trace: store.trace,
      }),
  })
}

function each(input: PlanNode, subquery: SubqueryNode, mark: Source): PlanNode {
  const layout = new Map([...input.layout, [mark, widthOf(input.layout)]])
  return { kind: 'each', input, subquery, layout, estimatedRows: input.estimatedRows }
}

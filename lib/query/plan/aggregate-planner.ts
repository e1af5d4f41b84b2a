import { QueryError } from '../../errors/rome-error.js'
import { describeExpression } from '../../expressions/describe.js'
import type { AggregateNode, ColumnNode, ColumnReference, ExpressionNode, Source } from '../../expressions/nodes.js'
import { typeOf } from '../../expressions/type-of.js'
import { columnsOf, conjunctsOf, visit } from '../../expressions/walk.js'
import type { QueryDescription, SelectedPart } from '../description.js'
import { planIndexEnds, planIndexPrefixes } from './index-ends.js'
import { beyondPlace, limit, outputParts, planDistinct, project, sorted } from './output-plan.js'
import type { PlanNode } from './plan-node.js'
import type { PlanningStore } from './planning-store.js'
import type { PlanOptions, QueryPlan } from './query-plan.js'
import { type KnownExpression, replaceKnown } from './replace-known.js'
import { planSource } from './row-source.js'
import { isSameExpression } from './same-expression.js'

/** Whether an expression is a column. */
export function isColumn(node: ExpressionNode): boolean {
  return node.kind === 'column'
}

/** Rows put together in groups, and what is selected of each. */
export function planAggregate(store: PlanningStore, description: QueryDescription, { seek }: PlanOptions): QueryPlan {
  const aggregates = aggregatesOf(description)
  const request = {
    order: [],
    seek: undefined,
    wanted: undefined,
    entities: [],
    nodes: [...description.groupBy, ...aggregates],
  }
  const onePerGroup =
    aggregates.length === 0 && description.groupBy.every(isColumn)
      ? planIndexPrefixes(store, description, description.groupBy as ColumnNode[])
      : planIndexEnds(store, description, aggregates)?.plan
  const input = onePerGroup ?? planSource(store, description, request).path.plan
  const groups: Source = { name: 'groups' }
  const columns = [...description.groupBy, ...aggregates].map((node, position) => groupColumn(groups, node, position))
  const grouped = (node: ExpressionNode): ExpressionNode => onlyGrouped(replaceKnown(node, columns), groups)
  const selection = description.selection.map((part): SelectedPart => {
    if (part.kind === 'value') return { ...part, node: grouped(part.node) }
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'a grouped query selects groups and aggregates: name columns, not a model',
      {
        context: { model: part.source.name },
      },
    )
  })
  const aggregate: PlanNode = {
    kind: 'aggregate',
    input,
    groupBy: description.groupBy,
    aggregates,
    layout: new Map([[groups, 0]]),
    estimatedRows: description.groupBy.length === 0 ? 1 : Math.max(1, Math.round(input.estimatedRows / 10)),
  }
  const having = description.having.map(grouped).flatMap(conjunctsOf)
  const kept: PlanNode =
    having.length === 0
      ? aggregate
      : {
          kind: 'filter',
          layout: aggregate.layout,
          estimatedRows: aggregate.estimatedRows,
          input: aggregate,
          predicates: having,
          scopePredicates: 0,
          exclude: [],
          seek: undefined,
        }
  const parts = outputParts(store, description, selection)
  const orderBy = description.orderBy.map((part) => ({ ...part, node: grouped(part.node) }))
  if (description.isDistinct) return planDistinct(kept, { ...description, orderBy }, parts, seek ? { seek } : {})
  const wanted = description.limit === undefined ? undefined : description.limit + description.offset
  const beyond = beyondPlace(kept, orderBy, seek)
  return {
    plan: project(limit(sorted({ plan: beyond, presorted: 0, cost: 0 }, orderBy, wanted), description), parts),
    parts,
  }
}

function aggregatesOf(description: QueryDescription): AggregateNode[] {
  const found: AggregateNode[] = []
  const collect = (node: ExpressionNode): void =>
    visit(node, (below) => {
      if (below.kind === 'aggregate' && !found.some((known) => isSameExpression(known, below))) found.push(below)
    })
  for (const part of description.selection) if (part.kind === 'value') collect(part.node)
  for (const node of description.having) collect(node)
  for (const { node } of description.orderBy) collect(node)
  return found
}

/** Grouped values and aggregates are columns of the aggregate step's rows. */
function groupColumn(groups: Source, of: ExpressionNode, position: number): KnownExpression {
  const type = typeOf(of)
  const column: ColumnReference = { name: describeExpression(of), type, isNullable: true, position }
  return { of, column: { kind: 'column', source: groups, column, type } }
}

function onlyGrouped(node: ExpressionNode, groups: Source): ExpressionNode {
  for (const column of columnsOf(node)) {
    if (column.source !== groups) {
      throw new QueryError('ROME_QUERY_INVALID', 'a column beside aggregates has no one value: add it to groupBy()', {
        context: { column: `${column.source.name}.${column.column.name}` },
      })
    }
  }
  return node
}

import { columnNode } from '../../expressions/make-nodes.js'
import type { ColumnNode, ExpressionNode } from '../../expressions/nodes.js'
import { typeOf } from '../../expressions/type-of.js'
import { conjunctsOf, containsAggregate } from '../../expressions/walk.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import { type QueryDescription, rootOf, type SelectedPart } from '../description.js'
import { isColumn, planAggregate } from './aggregate-planner.js'
import { planIndexPrefixes } from './index-ends.js'
import { type OutputPart, widthOf } from './output.js'
import {
  asSelected,
  limit,
  onOutput,
  orderOutput,
  outputLayout,
  outputParts,
  planDistinct,
  project,
  sorted,
} from './output-plan.js'
import type { PlanNode } from './plan-node.js'
import type { PlanningStore } from './planning-store.js'
import type { PlanOptions, QueryPlan } from './query-plan.js'
import { planSource } from './row-source.js'

/** Turns what a query says into the steps that answer it. Reads nothing. */
export function planQuery(store: PlanningStore, description: QueryDescription, options: PlanOptions = {}): QueryPlan {
  if (description.limit === 0) {
    return {
      plan: { kind: 'nothing', layout: new Map(), estimatedRows: 0 },
      parts: outputParts(store, description, description.selection),
    }
  }
  if (description.input.kind === 'set') return planSet(store, description, options)
  if (isAggregated(description)) return planAggregate(store, description, options)
  return planRows(store, description, options)
}

/** Whether rows are put together in groups. */
export function isAggregated(description: QueryDescription): boolean {
  const nodes = [
    ...description.selection.flatMap((part) => (part.kind === 'value' ? [part.node] : [])),
    ...description.having,
    ...description.orderBy.map((part) => part.node),
  ]
  return description.groupBy.length > 0 || nodes.some(containsAggregate)
}

function planRows(store: PlanningStore, description: QueryDescription, options: PlanOptions): QueryPlan {
  const { selection } = description
  const givesRoots = isOfRootOnly(description, options.placeValues)
  const givesRootsOnce = givesRoots && description.joins.length > 0
  // Rows of one model with its primary key are never equal.
  const isDistinct = description.isDistinct && !givesRoots
  const isCount = options.isCount && !isDistinct && !options.seek
  const order = isDistinct || isCount ? [] : description.orderBy
  const wanted =
    isDistinct || givesRootsOnce || description.limit === undefined ? undefined : description.limit + description.offset
  const counted = givesRootsOnce ? primaryKeyNodes(rootOf(description)) : []
  const { path, onAnswers } = planSource(store, description, {
    order,
    seek: isDistinct ? undefined : options.seek,
    wanted,
    entities: isCount ? [] : selection.flatMap((part) => (part.kind === 'entity' ? [part.source] : [])),
    nodes: isCount ? counted : selection.flatMap((part) => (part.kind === 'value' ? [part.node] : [])),
  })
  const parts = outputParts(
    store,
    description,
    selection.map((part) => onAnswersIn(part, onAnswers)),
  )
  if (isDistinct)
    return planDistinct(
      distinctInput(store, description) ?? path.plan,
      mapOrder(description, onAnswers),
      parts,
      options,
    )
  const inOrder = sorted(
    path,
    order.map((part) => ({ ...part, node: onAnswers(part.node) })),
    wanted,
  )
  const once: PlanNode = givesRootsOnce
    ? {
        kind: 'distinct',
        layout: inOrder.layout,
        estimatedRows: inOrder.estimatedRows,
        input: inOrder,
        parts: [rootPart(store, inOrder, description)],
      }
    : inOrder
  const limited = limit(once, description)
  return { plan: isCount ? limited : project(limited, parts), parts }
}

/** Distinct columns that begin an index need not go through all of it. */
function distinctInput(store: PlanningStore, description: QueryDescription): PlanNode | undefined {
  const nodes = description.selection.map((part) => (part.kind === 'value' ? part.node : undefined))
  return nodes.every((node) => node !== undefined && isColumn(node))
    ? planIndexPrefixes(store, description, nodes as ColumnNode[])
    : undefined
}

function onAnswersIn(part: SelectedPart, onAnswers: (node: ExpressionNode) => ExpressionNode): SelectedPart {
  return part.kind === 'value' ? { ...part, node: onAnswers(part.node) } : part
}

function mapOrder(description: QueryDescription, map: (node: ExpressionNode) => ExpressionNode): QueryDescription {
  return { ...description, orderBy: description.orderBy.map((part) => ({ ...part, node: map(part.node) })) }
}

/** Whether the root is all that is selected, so that joins only say which roots, and each is given once. */
export function isOfRootOnly(description: QueryDescription, placeValues = 0): boolean {
  const [first] = description.selection
  return (
    description.selection.length - placeValues === 1 && first.kind === 'entity' && first.source === rootOf(description)
  )
}

function primaryKeyNodes(source: ModelSource): ExpressionNode[] {
  return source.schema.primaryKey.map((column) => columnNode(source, column))
}

/** The root in rows of joined models, to tell by its primary key. */
function rootPart(store: PlanningStore, joined: PlanNode, description: QueryDescription): OutputPart {
  const source = rootOf(description)
  return {
    kind: 'entity',
    table: store.table(source.schema),
    source,
    offset: joined.layout.get(source) ?? 0,
    isOptional: false,
  }
}

function planSet(store: PlanningStore, description: QueryDescription, options: PlanOptions): QueryPlan {
  const { input } = description
  if (input.kind !== 'set') throw new TypeError('a set operation has two operands')
  const left = planQuery(store, input.left)
  const right = planQuery(store, input.right)
  const parts = asSelected(left.parts, input.left.selection)
  const both = left.plan.estimatedRows + right.plan.estimatedRows
  const combined: PlanNode = {
    kind: 'set',
    operator: input.operator,
    left: left.plan,
    right: right.plan,
    parts,
    layout: outputLayout(parts),
    estimatedRows: input.operator.startsWith('union') ? both : left.plan.estimatedRows,
  }
  const predicates = description.filters.map((node) => onOutput(node, parts)).flatMap(conjunctsOf)
  const filtered: PlanNode =
    predicates.length === 0
      ? combined
      : {
          kind: 'filter',
          layout: combined.layout,
          estimatedRows: both,
          input: combined,
          predicates,
          scopePredicates: 0,
          exclude: [],
          seek: undefined,
        }
  const distinct: PlanNode = description.isDistinct
    ? { kind: 'distinct', layout: combined.layout, estimatedRows: both, input: filtered, parts }
    : filtered
  const ordered = orderOutput(distinct, description, parts, options)
  // A page asks for values beside those that the operands select.
  const extra = description.selection.slice(parts.length)
  if (extra.length === 0) return { plan: ordered, parts }
  const withPlaces = [...parts]
  for (const part of extra) {
    if (part.kind === 'value') withPlaces.push({ ...part, type: typeOf(part.node), offset: widthOf(withPlaces) })
  }
  const onPlaces = withPlaces.map((part) =>
    part.kind === 'value' ? { ...part, node: onOutput(part.node, parts) } : part,
  )
  return { plan: project(ordered, onPlaces), parts: withPlaces }
}

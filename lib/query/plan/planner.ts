import { QueryError } from '../../errors/rome-error.js'
import { columnNode } from '../../expressions/make-nodes.js'
import type { AggregateNode, ColumnNode, ColumnReference, ExpressionNode, Source } from '../../expressions/nodes.js'
import { typeOf } from '../../expressions/type-of.js'
import { columnsOf, conjunctsOf, containsAggregate, visit } from '../../expressions/walk.js'
import type { RecordStore } from '../../records/record-store.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import { type OrderPart, type QueryDescription, rootOf, type SelectedPart } from '../description.js'
import type { AccessPath } from './access-request.js'
import { planIndexEnds, planIndexPrefixes } from './index-ends.js'
import type { Layout } from './layout.js'
import { type OutputPart, widthOf } from './output.js'
import type { PlanNode, Seek } from './plan-node.js'
import { rewrite } from './rewrite.js'
import { planSource } from './row-source.js'
import { isSameExpression } from './same-expression.js'

/** What the caller wants beside what the description says. */
export interface PlanOptions {
  /** Rows after this place in the query's order only. */
  readonly seek?: Seek
  /** Only the number of rows is wanted. */
  readonly isCount?: boolean
  /** How many of the selected parts, the last ones, only mark the places of rows in a page. */
  readonly placeValues?: number
}

/** How a query is answered, and what its rows are made of. */
export interface QueryPlan {
  readonly plan: PlanNode
  readonly parts: readonly OutputPart[]
}

/** Turns what a query says into the steps that answer it. Reads nothing. */
export function planQuery(store: RecordStore, description: QueryDescription, options: PlanOptions = {}): QueryPlan {
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

function planRows(store: RecordStore, description: QueryDescription, options: PlanOptions): QueryPlan {
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
function distinctInput(store: RecordStore, description: QueryDescription): PlanNode | undefined {
  const nodes = description.selection.map((part) => (part.kind === 'value' ? part.node : undefined))
  return nodes.every((node) => node !== undefined && isColumn(node))
    ? planIndexPrefixes(store, description, nodes as ColumnNode[])
    : undefined
}

function isColumn(node: ExpressionNode): boolean {
  return node.kind === 'column'
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
function rootPart(store: RecordStore, joined: PlanNode, description: QueryDescription): OutputPart {
  const source = rootOf(description)
  return {
    kind: 'entity',
    table: store.table(source.schema),
    source,
    offset: joined.layout.get(source) ?? 0,
    isOptional: false,
  }
}

/** Projects before it orders, since what is not selected has no one value for a distinct row. */
function planDistinct(
  input: PlanNode,
  description: QueryDescription,
  parts: readonly OutputPart[],
  options: PlanOptions,
): QueryPlan {
  const distinct: PlanNode = {
    kind: 'distinct',
    input: project(input, parts),
    parts,
    layout: outputLayout(parts),
    estimatedRows: input.estimatedRows,
  }
  return { plan: orderOutput(distinct, description, parts, options), parts }
}

function planSet(store: RecordStore, description: QueryDescription, options: PlanOptions): QueryPlan {
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

/** Parts under the names that the user selected them by: a grouped query gives them others inside. */
function asSelected(parts: readonly OutputPart[], selection: readonly SelectedPart[]): OutputPart[] {
  return parts.map((part, place) => {
    const selected = selection[place]
    return part.kind === 'value' && selected?.kind === 'value' ? { ...part, node: selected.node } : part
  })
}

/** Filter by place, order and limit over rows that are projected already. */
function orderOutput(
  input: PlanNode,
  description: QueryDescription,
  parts: readonly OutputPart[],
  options: PlanOptions,
): PlanNode {
  const order = description.orderBy.map((part) => ({ ...part, node: onOutput(part.node, parts) }))
  const { seek } = options
  const path: AccessPath = { plan: beyondPlace(input, order, seek), presorted: 0, cost: 0 }
  const wanted = description.limit === undefined ? undefined : description.limit + description.offset
  return limit(sorted(path, options.isCount && !seek ? [] : order, wanted), description)
}

/** The rows after a place; `order` says in terms of these rows what the place is in. */
function beyondPlace(input: PlanNode, order: readonly OrderPart[], seek: Seek | undefined): PlanNode {
  if (seek === undefined) return input
  const { layout, estimatedRows } = input
  return {
    kind: 'filter',
    layout,
    estimatedRows,
    input,
    predicates: [],
    scopePredicates: 0,
    exclude: [],
    seek: { order, values: seek.values },
  }
}

function planAggregate(store: RecordStore, description: QueryDescription, { seek }: PlanOptions): QueryPlan {
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
  const replacement = (node: ExpressionNode): ExpressionNode | undefined =>
    columns.find(({ of }) => isSameExpression(of, node))?.column
  const grouped = (node: ExpressionNode): ExpressionNode => onlyGrouped(rewrite(node, replacement), groups)
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
function groupColumn(groups: Source, of: ExpressionNode, position: number): { of: ExpressionNode; column: ColumnNode } {
  const type = typeOf(of)
  const column: ColumnReference = { name: `#${position}`, type, isNullable: true, position }
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

function outputParts(
  store: RecordStore,
  description: QueryDescription,
  selection: readonly SelectedPart[],
): OutputPart[] {
  const parts: OutputPart[] = []
  for (const part of selection) {
    const offset = widthOf(parts)
    if (part.kind === 'entity') {
      const isOptional = description.joins.some((join) => join.source === part.source && join.kind === 'left')
      parts.push({ kind: 'entity', table: store.table(part.source.schema), source: part.source, offset, isOptional })
    } else parts.push({ ...part, type: typeOf(part.node), offset })
  }
  return parts
}

/** Where entities lie in output rows; values are reached through {@link onOutput}. */
function outputLayout(parts: readonly OutputPart[]): Layout {
  const layout = new Map<Source, number>([[outputSource, 0]])
  for (const part of parts) if (part.kind === 'entity') layout.set(part.source, part.offset)
  return layout
}

/** The rows a projection gives, as a source whose columns are its values. */
const outputSource: Source = { name: 'output' }

/** An expression over what was selected, in terms of output rows. */
function onOutput(node: ExpressionNode, parts: readonly OutputPart[]): ExpressionNode {
  const rewritten = rewrite(node, (below) => {
    const part = parts.find((candidate) => candidate.kind === 'value' && isSameExpression(candidate.node, below))
    if (part?.kind !== 'value') return undefined
    const column: ColumnReference = { name: 'value', type: part.type, isNullable: true, position: part.offset }
    return { kind: 'column', source: outputSource, column, type: part.type }
  })
  for (const { source, column } of columnsOf(rewritten)) {
    if (source === outputSource || parts.some((part) => part.kind === 'entity' && part.source === source)) continue
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'under distinct and after a set operation only what was selected has a value: select it too',
      {
        context: { column: `${source.name}.${column.name}` },
      },
    )
  }
  return rewritten
}

function sorted(path: AccessPath, order: readonly OrderPart[], wanted: number | undefined): PlanNode {
  const { plan, presorted } = path
  if (presorted === order.length) return plan
  const estimatedRows = wanted === undefined ? plan.estimatedRows : Math.min(wanted, plan.estimatedRows)
  return { kind: 'sort', layout: plan.layout, estimatedRows, input: plan, order, presorted, top: wanted }
}

function limit(plan: PlanNode, { offset, limit }: QueryDescription): PlanNode {
  if (offset === 0 && limit === undefined) return plan
  const estimatedRows = Math.min(limit ?? plan.estimatedRows, plan.estimatedRows)
  return { kind: 'limit', layout: plan.layout, estimatedRows, input: plan, offset, limit }
}

/** Rows of one model that are selected whole need no copy. */
function project(input: PlanNode, parts: readonly OutputPart[]): PlanNode {
  const [only] = parts
  if (parts.length === 1 && only.kind === 'entity' && input.layout.size === 1 && input.layout.has(only.source))
    return input
  return { kind: 'project', layout: outputLayout(parts), estimatedRows: input.estimatedRows, input, parts }
}

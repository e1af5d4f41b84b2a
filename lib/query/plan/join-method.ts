import type { Key } from '../../codec/key.js'
import { encodeNull, invertElement } from '../../codec/tuple.js'
import type { ColumnReference, CompareNode, ExpressionNode, Source } from '../../expressions/nodes.js'
import { sourcesOf } from '../../expressions/walk.js'
import type { Table } from '../../records/table.js'
import type { TableIndex } from '../../records/table-index.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import type { JoinPart, OrderPart, Scope } from '../description.js'
import { rowsInMemoryMax } from '../operators/row-budget.js'
import type { AccessPath } from './access-request.js'
import { scopePredicate } from './assemble-path.js'
import type { FilterValues } from './column-values.js'
import { widthOf } from './layout.js'
import type { KeyPart } from './order-match.js'
import type { JoinPlan, LookupPart, LookupPlan, PlanNode } from './plan-node.js'
import { type PlanTrace, valuesLeft } from './plan-trace.js'

/** What is joined to what. */
export interface JoinRequest {
  readonly left: PlanNode
  readonly kind: JoinPart['kind']
  /** Only whether there is a match is wanted: the column that says so. */
  readonly mark?: Source
  readonly source: ModelSource
  readonly table: Table
  readonly scope: Scope
  /** Rows of the joined model have to be asked about first, so that none can be looked up one by one. */
  readonly isAsked?: boolean
  /** Conditions about the joined model alone. */
  readonly own: readonly ExpressionNode[]
  /** Conditions about both sides. */
  readonly between: readonly ExpressionNode[]
  readonly trace: PlanTrace | undefined
  /** The joined model's rows by themselves, in an order if one is wanted. */
  access(order: readonly OrderPart[]): AccessPath
}

/** One more model joined. */
export interface JoinStep {
  readonly plan: PlanNode
  readonly cost: number
  /** Conditions that need no further look. */
  readonly settled: readonly ExpressionNode[]
}

/** An equality between the joined model and what is there already. */
interface Equality {
  readonly node: ExpressionNode
  readonly outer: ExpressionNode
  readonly inner: ExpressionNode
}

const costOfKeyRead = 3
const costOfRangeRead = 12
const costOfHashing = 0.5
const costOfPair = 0.05
/** Beyond this many rows a hash table is worth avoiding where both sides come in order. */
const hashedRowsMax = 200_000

/** The cheapest way to join a model: looking rows up by key or index, by hash, by merge, or pair by pair. */
export function chooseJoin(request: JoinRequest): JoinStep {
  const equalities = request.between.flatMap((node) => equalityOf(node, request.source) ?? [])
  const steps = [hashJoin(request, equalities)]
  const merge = mergeJoin(request, equalities)
  if (merge !== undefined) steps.push(merge)
  for (const lookup of lookups(request, equalities)) steps.push(lookupJoin(request, lookup))
  return steps.reduce((best, step) => (step.cost < best.cost ? step : best))
}

function equalityOf(node: ExpressionNode, source: Source): Equality | undefined {
  if (node.kind !== 'compare' || node.operator !== 'eq') return undefined
  const [left, right] = [sideOf(node, 'left', source), sideOf(node, 'right', source)]
  if (left === 'inner' && right === 'outer') return { node, inner: node.left, outer: node.right }
  if (left === 'outer' && right === 'inner') return { node, inner: node.right, outer: node.left }
  return undefined
}

function sideOf(node: CompareNode, side: 'left' | 'right', source: Source): 'inner' | 'outer' | 'both' {
  const sources = sourcesOf(node[side])
  if (!sources.has(source)) return 'outer'
  return sources.size === 1 ? 'inner' : 'both'
}

/** Reads the joined model once. Without an equality every pair is looked at. */
function hashJoin(request: JoinRequest, equalities: readonly Equality[]): JoinStep {
  const { left, between } = request
  const right = request.access([])
  const keyed = new Set(equalities.map((equality) => equality.node))
  const residual = between.filter((node) => !keyed.has(node))
  const rows = right.plan.estimatedRows
  const pairs = equalities.length === 0 ? left.estimatedRows * rows * costOfPair : 0
  const plan = joinPlan(request, equalities.length === 0 ? 'loop' : 'hash', right.plan, equalities, residual)
  const cost = right.cost + (left.estimatedRows + rows) * costOfHashing + pairs
  // More rows than a step may hold would end the query, however cheap they are to read.
  return { plan, cost: rows > rowsInMemoryMax ? Number.POSITIVE_INFINITY : cost, settled: between }
}

/** Both sides in the order of the one equality: neither is held in memory. */
function mergeJoin(request: JoinRequest, equalities: readonly Equality[]): JoinStep | undefined {
  const [equality] = equalities
  if (equality === undefined || !isOrderedBy(request.left, equality.outer)) return undefined
  const order: OrderPart = { node: equality.inner, isDescending: false, nulls: 'last' }
  const right = request.access([order])
  if (right.presorted === 0 || right.plan.estimatedRows < hashedRowsMax) return undefined
  const residual = request.between.filter((node) => node !== equality.node)
  const plan = joinPlan(request, 'merge', right.plan, [equality], residual)
  return { plan, cost: right.cost + request.left.estimatedRows * costOfPair, settled: request.between }
}

/** Whether rows come in ascending order of an expression, nulls last: read by a primary key or index that begins so. */
function isOrderedBy(plan: PlanNode, node: ExpressionNode): boolean {
  if (node.kind !== 'column') return false
  switch (plan.kind) {
    case 'filter':
      return isOrderedBy(plan.input, node)
    case 'join':
      return plan.left.layout.has(node.source) && isOrderedBy(plan.left, node)
    case 'rows':
      return !plan.isReverse && plan.layout.has(node.source) && plan.table.schema.primaryKey[0] === node.column
    case 'entries': {
      const [first] = plan.index.definition.columns
      const isInTurn = plan.mergeBy === undefined && plan.ranges.length === 1
      return (
        isInTurn &&
        plan.layout.has(node.source) &&
        first.column === node.column &&
        first.isDescending === plan.isReverse
      )
    }
    default:
      return false
  }
}

/** A key or index whose leading columns the row at hand tells. */
interface Lookup {
  readonly index: TableIndex | undefined
  readonly prefixes: readonly Key[]
  readonly parts: readonly LookupPart[]
  readonly values: FilterValues
  readonly settled: readonly ExpressionNode[]
  /** At most one row has the key. */
  readonly isUnique: boolean
}

function lookups(request: JoinRequest, equalities: readonly Equality[]): Lookup[] {
  const { table, source, scope, own, trace } = request
  if (request.isAsked) return []
  const values = valuesLeft(trace, own, source)
  const found: Lookup[] = []
  const primaryKey = table.schema.primaryKey.map((column): KeyPart => ({ column, isDescending: false }))
  const byKey = lookupParts(primaryKey, equalities, source, values)
  if (byKey.parts.length === primaryKey.length && byKey.usesRow) {
    found.push({
      index: undefined,
      prefixes: [table.prefix],
      parts: byKey.parts,
      values,
      settled: byKey.settled,
      isUnique: true,
    })
  }
  for (const index of table.indexes) {
    if (index.state !== 'ready' || index.definition.where !== undefined) continue
    const byIndex = lookupParts(index.definition.columns, equalities, source, values)
    if (!byIndex.usesRow) continue
    const isUnique = index.definition.isUnique && byIndex.parts.length === index.definition.columns.length
    const prefixes =
      scope === 'live'
        ? [index.prefix]
        : scope === 'deleted'
          ? [index.deletedPrefix]
          : [index.prefix, index.deletedPrefix]
    found.push({ index, prefixes, parts: byIndex.parts, values, settled: byIndex.settled, isUnique })
  }
  return found
}

/** As many leading columns as have one value: by an equality with the row at hand, or by the filter. */
function lookupParts(
  keyParts: readonly KeyPart[],
  equalities: readonly Equality[],
  source: Source,
  values: FilterValues,
) {
  const parts: LookupPart[] = []
  const settled: ExpressionNode[] = []
  let usesRow = false
  for (const { column, isDescending } of keyParts) {
    const equality = equalities.find(
      ({ inner }) => inner.kind === 'column' && inner.source === source && inner.column === column,
    )
    if (equality !== undefined) {
      usesRow = true
      settled.push(equality.node)
      parts.push({ node: equality.outer, type: column.type, isDescending })
    } else if (values.isConstant(column)) parts.push(constantPart(column, isDescending, values))
    else break
  }
  return { parts, settled, usesRow }
}

/** The one value that the filter leaves of a column, in a looked-up key. */
export function constantPart(column: ColumnReference, isDescending: boolean, values: FilterValues): LookupPart {
  const element = values.get(column)?.intervals[0].start ?? encodeNull()
  return { element: isDescending ? invertElement(element) : element, column, isDescending }
}

function lookupJoin(request: JoinRequest, lookup: Lookup): JoinStep {
  const { left, own, between, table, source } = request
  const scope = lookup.index === undefined ? scopePredicate(request) : undefined
  const right: LookupPlan = {
    kind: 'lookup',
    layout: new Map([[source, 0]]),
    estimatedRows: lookup.isUnique ? 1 : Math.max(1, Math.round(request.access([]).plan.estimatedRows / 1000)),
    table,
    index: lookup.index,
    prefixes: lookup.prefixes,
    parts: lookup.parts,
    values: lookup.values,
    predicates: scope === undefined ? own : [scope, ...own],
  }
  const residual = between.filter((node) => !lookup.settled.includes(node))
  const plan = joinPlan(request, 'lookup', right, [], residual)
  const perRow =
    lookup.index === undefined ? costOfKeyRead : costOfRangeRead + right.estimatedRows * (1 + costOfKeyRead)
  return { plan, cost: left.estimatedRows * perRow, settled: between }
}

function joinPlan(
  request: JoinRequest,
  method: JoinPlan['method'],
  right: PlanNode,
  equalities: readonly Equality[],
  residual: readonly ExpressionNode[],
): JoinPlan {
  const { left, source, mark } = request
  const pairLayout = new Map([...left.layout, [source, widthOf(left.layout)]])
  const matches =
    method === 'lookup'
      ? right.estimatedRows
      : equalities.length === 0
        ? right.estimatedRows
        : Math.max(1, right.estimatedRows / 1000)
  return {
    kind: 'join',
    method,
    joinKind: mark === undefined ? request.kind : 'mark',
    left,
    right,
    source,
    leftKeys: equalities.map(({ outer }) => outer),
    rightKeys: equalities.map(({ inner }) => inner),
    residual,
    pairLayout,
    layout: mark === undefined ? pairLayout : new Map([...left.layout, [mark, widthOf(left.layout)]]),
    estimatedRows:
      mark === undefined
        ? Math.max(1, Math.round(left.estimatedRows * matches * 0.5 ** residual.length))
        : left.estimatedRows,
  }
}

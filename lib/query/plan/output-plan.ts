import { QueryError } from '../../errors/rome-error.js'
import { describeExpression } from '../../expressions/describe.js'
import type { ColumnReference, ExpressionNode, Source } from '../../expressions/nodes.js'
import { typeOf } from '../../expressions/type-of.js'
import { columnsOf } from '../../expressions/walk.js'
import type { OrderPart, QueryDescription, SelectedPart } from '../description.js'
import type { AccessPath } from './access-request.js'
import type { Layout } from './layout.js'
import { type OutputPart, widthOf } from './output.js'
import type { PlanNode, Seek } from './plan-node.js'
import type { PlanningStore } from './planning-store.js'
import type { PlanOptions, QueryPlan } from './query-plan.js'
import { type KnownExpression, replaceKnown } from './replace-known.js'

/** Projects before it orders, since what is not selected has no one value for a distinct row. */
export function planDistinct(
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

/** Filter by place, order and limit over rows that are projected already. */
export function orderOutput(
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
export function beyondPlace(input: PlanNode, order: readonly OrderPart[], seek: Seek | undefined): PlanNode {
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

export function outputParts(
  store: PlanningStore,
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
export function outputLayout(parts: readonly OutputPart[]): Layout {
  const layout = new Map<Source, number>([[outputSource, 0]])
  for (const part of parts) if (part.kind === 'entity') layout.set(part.source, part.offset)
  return layout
}

/** The rows a projection gives, as a source whose columns are its values. */
const outputSource: Source = { name: 'output' }

/** An expression over what was selected, in terms of output rows. */
export function onOutput(node: ExpressionNode, parts: readonly OutputPart[]): ExpressionNode {
  const rewritten = replaceKnown(
    node,
    parts.flatMap((part) => knownOutput(part, parts)),
  )
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

/** A column of a selected model is that of its entities, also where another value was selected by its name. */
function knownOutput(part: OutputPart, parts: readonly OutputPart[]): KnownExpression[] {
  if (part.kind === 'entity') return []
  const { node, type, offset } = part
  // A constant is itself wherever it stands, also where it was selected on one side of a set operation.
  if (node.kind === 'literal') return []
  if (node.kind === 'column' && parts.some((other) => other.kind === 'entity' && other.source === node.source))
    return []
  const column: ColumnReference = { name: describeExpression(node), type, isNullable: true, position: offset }
  return [{ of: node, column: { kind: 'column', source: outputSource, column, type } }]
}

export function sorted(path: AccessPath, order: readonly OrderPart[], wanted: number | undefined): PlanNode {
  const { plan, presorted } = path
  if (presorted === order.length) return plan
  const estimatedRows = wanted === undefined ? plan.estimatedRows : Math.min(wanted, plan.estimatedRows)
  return { kind: 'sort', layout: plan.layout, estimatedRows, input: plan, order, presorted, top: wanted }
}

export function limit(plan: PlanNode, { offset, limit }: QueryDescription): PlanNode {
  if (offset === 0 && limit === undefined) return plan
  const estimatedRows = Math.min(limit ?? plan.estimatedRows, plan.estimatedRows)
  return { kind: 'limit', layout: plan.layout, estimatedRows, input: plan, offset, limit }
}

/** Rows of one model that are selected whole need no copy. */
export function project(input: PlanNode, parts: readonly OutputPart[]): PlanNode {
  const [only] = parts
  if (parts.length === 1 && only.kind === 'entity' && input.layout.size === 1 && input.layout.has(only.source))
    return input
  return { kind: 'project', layout: outputLayout(parts), estimatedRows: input.estimatedRows, input, parts }
}

/** Parts under the names that the user selected them by: a grouped query gives them others inside. */
export function asSelected(parts: readonly OutputPart[], selection: readonly SelectedPart[]): OutputPart[] {
  return parts.map((part, place) => {
    const selected = selection[place]
    return part.kind === 'value' && selected?.kind === 'value' ? { ...part, node: selected.node } : part
  })
}

import type { ColumnNode, ExpressionNode, Source } from '../expressions/nodes.js'
import { columnsOf } from '../expressions/walk.js'
import { type QueryDescription, sourcesIn } from './description.js'

/** The columns of outer queries that a query names, each once. An inner query's own columns are not among them. */
export function outerColumns(description: QueryDescription): readonly ColumnNode[] {
  const { input } = description
  const inner = input.kind === 'set' ? [...outerColumns(input.left), ...outerColumns(input.right)] : []
  const own: readonly Source[] = sourcesIn(description)
  const outer: ColumnNode[] = []
  for (const node of [...nodesOf(description).flatMap(columnsOf), ...inner]) {
    const isKnown = outer.some((known) => known.source === node.source && known.column === node.column)
    if (!own.includes(node.source) && !isKnown) outer.push(node)
  }
  return outer
}

/** Every expression of a description, those of its operands left out. */
export function nodesOf(description: QueryDescription): readonly ExpressionNode[] {
  return [
    ...description.joins.map((join) => join.on),
    ...description.filters,
    ...description.selection.flatMap((part) => (part.kind === 'value' ? [part.node] : [])),
    ...description.groupBy,
    ...description.having,
    ...description.orderBy.map((part) => part.node),
  ]
}

/** The description with every expression replaced, those of its operands too. */
export function mapNodes(
  description: QueryDescription,
  map: (node: ExpressionNode) => ExpressionNode,
): QueryDescription {
  const { input } = description
  return Object.freeze({
    ...description,
    // Plans that are kept are of the expressions as they were.
    binding: undefined,
    input:
      input.kind === 'set' ? { ...input, left: mapNodes(input.left, map), right: mapNodes(input.right, map) } : input,
    joins: description.joins.map((join) => ({ ...join, on: map(join.on) })),
    filters: description.filters.map(map),
    selection: description.selection.map((part) => (part.kind === 'value' ? { ...part, node: map(part.node) } : part)),
    groupBy: description.groupBy.map(map),
    having: description.having.map(map),
    orderBy: description.orderBy.map((part) => ({ ...part, node: map(part.node) })),
  })
}

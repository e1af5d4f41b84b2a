import type { ExpressionNode } from '../../expressions/nodes.js'
import { visit } from '../../expressions/walk.js'
import type { QueryDescription } from '../description.js'
import { replaceInNode } from '../replace-nodes.js'
import { isAggregated } from './planner.js'
import type { Constant } from './query-shape.js'

/**
 * Which constants a plan depends on by their very values. Groups, distinct results and combined ones are told apart by
 * expressions that are the same in two places, such as in `groupBy` and `select`.
 */
export function pinnedConstants(description: QueryDescription, constants: readonly Constant[]): number[] {
  const pinned = new Set<ExpressionNode>()
  for (const node of identifyingNodes(description)) {
    replaceInNode(node, (below) => {
      pinned.add(below)
      return undefined
    })
  }
  return constants.flatMap((constant, at) => (pinned.has(constant) ? [at] : []))
}

function identifyingNodes(description: QueryDescription): readonly ExpressionNode[] {
  const { input, isDistinct, selection, groupBy, orderBy, having, filters } = description
  if (input.kind === 'model' && !isDistinct && !isAggregated(description)) return []
  const nodes = [
    ...selection.flatMap((part) => (part.kind === 'value' ? [part.node] : [])),
    ...groupBy,
    ...orderBy.map((part) => part.node),
    ...having.flatMap(rewrittenIn),
  ]
  if (input.kind === 'model') return nodes
  return [...nodes, ...filters, ...outputNodes(input.left), ...outputNodes(input.right)]
}

/** What an operand selects is known again in the order and the filter of the whole. */
function outputNodes(operand: QueryDescription): readonly ExpressionNode[] {
  const selected = operand.selection.flatMap((part) => (part.kind === 'value' ? [part.node] : []))
  return [...selected, ...identifyingNodes(operand)]
}

/** Aggregates are known by what they are of. A list is copied when its operand becomes a column of the groups. */
function rewrittenIn(node: ExpressionNode): ExpressionNode[] {
  const found: ExpressionNode[] = []
  visit(node, (below) => {
    if (below.kind === 'aggregate' || below.kind === 'in') found.push(below)
  })
  return found
}

import type { ExpressionNode } from '../expressions/nodes.js'
import type { IncludePart, QueryDescription } from './description.js'
import { mapNodes } from './outer-columns.js'
import { type Replacement, rewrite } from './plan/rewrite.js'

/** The query with expressions replaced, those of its subqueries too. */
export function replaceInQuery(description: QueryDescription, replacement: Replacement): QueryDescription {
  return mapNodes(description, (node) => replaceInNode(node, replacement))
}

/** The expression with nodes replaced, those of its subqueries too. */
export function replaceInNode(node: ExpressionNode, replacement: Replacement): ExpressionNode {
  return rewrite(node, (below) => {
    if (below.kind !== 'subquery') return replacement(below)
    return Object.freeze({
      ...below,
      operand: below.operand && replaceInNode(below.operand, replacement),
      query: replaceInQuery(below.query as QueryDescription, replacement),
    })
  })
}

/** A relation that is loaded, with the expressions of its filters and orders replaced, further on too. */
export function replaceInIncluded(part: IncludePart, replacement: Replacement): IncludePart {
  return Object.freeze({
    ...part,
    filters: part.filters.map((node) => replaceInNode(node, replacement)),
    orderBy: part.orderBy.map((order) => ({ ...order, node: replaceInNode(order.node, replacement) })),
    includes: part.includes.map((further) => replaceInIncluded(further, replacement)),
  })
}

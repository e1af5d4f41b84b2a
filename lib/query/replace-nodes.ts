import type { ExpressionNode } from '../expressions/nodes.js'
import type { QueryDescription } from './description.js'
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

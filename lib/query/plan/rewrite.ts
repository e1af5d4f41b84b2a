import type { ColumnNode, ExpressionNode } from '../../expressions/nodes.js'

/** What takes the place of a node, or `undefined` to look at the nodes below it. */
export type Replacement = (node: ExpressionNode) => ExpressionNode | undefined

/** The tree with nodes replaced, from the root down. */
export function rewrite(node: ExpressionNode, replacement: Replacement): ExpressionNode {
  const replaced = replacement(node)
  if (replaced !== undefined) return replaced
  const below = (child: ExpressionNode): ExpressionNode => rewrite(child, replacement)
  switch (node.kind) {
    case 'column':
    case 'literal':
    case 'null':
    case 'parameter':
      return node
    case 'compare':
      return Object.freeze({ ...node, left: below(node.left), right: below(node.right) })
    case 'and':
    case 'or':
      return Object.freeze({ ...node, terms: node.terms.map(below) })
    case 'not':
    case 'isTrue':
      return Object.freeze({ ...node, term: below(node.term) })
    case 'in':
    case 'like':
    case 'textMatch':
    case 'isNull':
      return Object.freeze({ ...node, operand: below(node.operand) })
    case 'aggregate':
      return Object.freeze({ ...node, operand: node.operand && below(node.operand) })
    case 'function':
      return Object.freeze({ ...node, arguments: node.arguments.map(below) })
    case 'case':
      return Object.freeze({
        ...node,
        branches: node.branches.map(({ condition, result }) => ({
          condition: below(condition),
          result: below(result),
        })),
        otherwise: below(node.otherwise),
      })
    case 'related':
      return Object.freeze({
        ...node,
        predicate: node.predicate && below(node.predicate),
        outer: node.outer.map((column) => below(column) as ColumnNode),
      })
    case 'subquery':
      return Object.freeze({
        ...node,
        operand: node.operand && below(node.operand),
        // What a replacement makes of an outer column is a column again: it is a value of the row that is looked at.
        outer: node.outer.map((column) => below(column) as ColumnNode),
      })
  }
}

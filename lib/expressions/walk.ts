import type { ColumnNode, ExpressionNode, Source } from './nodes.js'

/** The nodes right below a node. */
export function childrenOf(node: ExpressionNode): readonly ExpressionNode[] {
  switch (node.kind) {
    case 'column':
    case 'literal':
    case 'null':
    case 'parameter':
      return []
    case 'compare':
      return [node.left, node.right]
    case 'and':
    case 'or':
      return node.terms
    case 'not':
    case 'isTrue':
      return [node.term]
    case 'in':
    case 'like':
    case 'textMatch':
    case 'isNull':
      return [node.operand]
    case 'aggregate':
      return node.operand === undefined ? [] : [node.operand]
    case 'function':
      return node.arguments
    case 'case':
      return [...node.branches.flatMap(({ condition, result }) => [condition, result]), node.otherwise]
    case 'subquery':
      return node.operand === undefined ? node.outer : [node.operand, ...node.outer]
    case 'related':
      return node.outer
  }
}

/** Calls `visitor` with the node and everything below it, parents first. */
export function visit(node: ExpressionNode, visitor: (node: ExpressionNode) => void): void {
  visitor(node)
  for (const child of childrenOf(node)) visit(child, visitor)
}

/** The columns named in a tree, each once, in order of appearance. */
export function columnsOf(node: ExpressionNode): readonly ColumnNode[] {
  const columns: ColumnNode[] = []
  visit(node, (found) => {
    if (found.kind !== 'column') return
    const isKnown = columns.some((known) => known.source === found.source && known.column === found.column)
    if (!isKnown) columns.push(found)
  })
  return columns
}

/** The models and aliases whose columns are named in a tree. */
export function sourcesOf(node: ExpressionNode): ReadonlySet<Source> {
  return new Set(columnsOf(node).map((column) => column.source))
}

/** The terms that must all be true for the tree to be true. */
export function conjunctsOf(node: ExpressionNode): readonly ExpressionNode[] {
  return node.kind === 'and' ? node.terms.flatMap(conjunctsOf) : [node]
}

/** Whether a tree has a value only by reading other rows than the one at hand. */
export function readsOtherRows(node: ExpressionNode): boolean {
  return node.kind === 'subquery' || node.kind === 'related' || childrenOf(node).some(readsOtherRows)
}

/** Whether a tree has a value for groups of rows only. */
export function containsAggregate(node: ExpressionNode): boolean {
  return node.kind === 'aggregate' || childrenOf(node).some(containsAggregate)
}

import type { ExpressionNode } from '../../expressions/nodes.js'
import { childrenOf } from '../../expressions/walk.js'

/** Whether two expressions are the same tree over the same sources. */
export function isSameExpression(a: ExpressionNode, b: ExpressionNode): boolean {
  if (a === b) return true
  // What is said of related rows has sources of its own, so nothing else says the same.
  if (a.kind === 'related') return false
  if (a.kind !== b.kind || !hasSameContent(a, b)) return false
  const children = childrenOf(a)
  const others = childrenOf(b)
  return children.length === others.length && children.every((child, index) => isSameExpression(child, others[index]))
}

/** Compares what the nodes hold beside the nodes below them. */
function hasSameContent(a: ExpressionNode, b: ExpressionNode): boolean {
  if (a.kind === 'column' && b.kind === 'column') return a.source === b.source && a.column === b.column
  if (a.kind === 'literal' && b.kind === 'literal') return a.type.kind === b.type.kind && isSameValue(a.value, b.value)
  if (a.kind === 'compare' && b.kind === 'compare') return a.operator === b.operator
  if (a.kind === 'in' && b.kind === 'in') {
    return a.values.length === b.values.length && a.values.every((value, index) => isSameValue(value, b.values[index]))
  }
  if (a.kind === 'like' && b.kind === 'like') return a.pattern === b.pattern && a.ignoreCase === b.ignoreCase
  if (a.kind === 'textMatch' && b.kind === 'textMatch') return a.operator === b.operator && a.text === b.text
  if (a.kind === 'aggregate' && b.kind === 'aggregate')
    return a.function === b.function && a.isDistinct === b.isDistinct
  if (a.kind === 'function' && b.kind === 'function') return a.name === b.name && a.type.kind === b.type.kind
  if (a.kind === 'case' && b.kind === 'case') return a.type.kind === b.type.kind
  if (a.kind === 'subquery' && b.kind === 'subquery') return a.mode === b.mode && a.query === b.query
  return true
}

function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  }
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b)
}

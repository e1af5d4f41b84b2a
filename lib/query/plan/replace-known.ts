import type { ColumnNode, ExpressionNode, LogicNode } from '../../expressions/nodes.js'
import { rewrite } from './rewrite.js'
import { isSameExpression } from './same-expression.js'

/** An expression whose value is there already, and the column that has it. */
export interface KnownExpression {
  readonly of: ExpressionNode
  readonly column: ColumnNode
}

/**
 * The expression with columns in the place of what is known. An `and` or `or` is known as well within a larger one,
 * which was flattened when it was built: `or_(or_(a, b), c)` is `or_(a, b, c)`.
 */
export function replaceKnown(node: ExpressionNode, known: readonly KnownExpression[]): ExpressionNode {
  return rewrite(node, (below) => {
    const whole = known.find(({ of }) => isSameExpression(of, below))
    if (whole !== undefined) return whole.column
    return below.kind === 'and' || below.kind === 'or' ? replaceTerms(below, known) : undefined
  })
}

/** The largest known expression whose terms are all among those of the node takes their place. */
function replaceTerms(node: LogicNode, known: readonly KnownExpression[]): ExpressionNode | undefined {
  const isIn = (term: ExpressionNode, terms: readonly ExpressionNode[]) =>
    terms.some((other) => isSameExpression(other, term))
  let best: { readonly column: ColumnNode; readonly terms: readonly ExpressionNode[] } | undefined
  for (const { of, column } of known) {
    if (of.kind !== node.kind || !of.terms.every((term) => isIn(term, node.terms))) continue
    if (best === undefined || of.terms.length > best.terms.length) best = { column, terms: of.terms }
  }
  if (best === undefined) return undefined
  const { column, terms } = best
  const rest = node.terms.filter((term) => !isIn(term, terms))
  if (rest.length === 0) return column
  const others = replaceKnown(Object.freeze({ ...node, terms: rest }), known)
  return Object.freeze({ ...node, terms: [column, others] })
}

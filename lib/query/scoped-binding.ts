import { fingerprintOf } from '../expressions/fingerprint.js'
import { parameterNode } from '../expressions/make-nodes.js'
import type { ExpressionNode, LiteralNode } from '../expressions/nodes.js'
import { readsOtherRows, visit } from '../expressions/walk.js'
import type { Binding } from './description.js'
import { rewrite } from './plan/rewrite.js'

/**
 * The binding of a prepared query to which a session adds its default scopes: their constants are further ones, so that
 * sessions with other arguments share plans, and no argument is taken over from one to another. `undefined` where a
 * scope asks other rows: such a query is planned each time.
 */
export function scopedBinding(binding: Binding, predicates: readonly ExpressionNode[]): Binding | undefined {
  if (predicates.length === 0) return binding
  if (predicates.some(readsOtherRows)) return undefined
  const constants: LiteralNode[] = [...binding.constants]
  const shapes = predicates.map((predicate) => {
    visit(predicate, (node) => {
      if (node.kind === 'literal') constants.push(node)
    })
    return fingerprintOf(rewrite(predicate, withoutConstant))
  })
  return { ...binding, constants, scopes: shapes.join() }
}

/** Any constant of a type says the same. */
function withoutConstant(node: ExpressionNode): ExpressionNode | undefined {
  return node.kind === 'literal' ? parameterNode('', node.type) : undefined
}

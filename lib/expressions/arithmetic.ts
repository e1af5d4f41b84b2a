import { QueryError } from '../errors/rome-error.js'
import type { ColumnKind } from '../values/column-type.js'
import { functionNode } from './make-nodes.js'
import type { ArithmeticFunction, ExpressionNode, NumberFunction } from './nodes.js'
import { toOneType } from './one-type.js'
import { typeOf } from './type-of.js'
import { floatType, unboundedType } from './unbounded-type.js'

const numericKinds: ReadonlySet<ColumnKind> = new Set(['integer', 'bigint', 'float', 'decimal'])

/** A calculation with two numbers. A quotient of integers is a float. */
export function arithmeticNode(name: ArithmeticFunction, left: ExpressionNode, right: ExpressionNode): ExpressionNode {
  const { nodes, type } = toOneType([left, right], name)
  for (const node of nodes) requireNumber(node, name)
  return functionNode(name, nodes, name === 'dividedBy' && type.kind === 'integer' ? floatType : type)
}

/** A function of one number that gives a number of its type. */
export function numberNode(
  name: Exclude<NumberFunction, ArithmeticFunction>,
  operand: ExpressionNode,
  ...more: readonly ExpressionNode[]
): ExpressionNode {
  requireNumber(operand, name)
  return functionNode(name, [operand, ...more], unboundedType(typeOf(operand)))
}

function requireNumber(node: ExpressionNode, where: string): void {
  const { kind } = typeOf(node)
  if (numericKinds.has(kind)) return
  throw new QueryError('ROME_QUERY_INVALID', 'Only integer, bigint, float and decimal values can be calculated with.', {
    context: { function: where, type: kind },
  })
}

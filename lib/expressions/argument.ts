import { QueryError, UsageError } from '../errors/rome-error.js'
import type { ColumnKind } from '../values/column-type.js'
import { Expression } from './expression.js'
import { literalOf } from './literal-of.js'
import type { ExpressionNode } from './nodes.js'
import { refuseUndefined } from './operand.js'
import { isTextKind, typeOf } from './type-of.js'

/** Null where an expression of type `T` may be. */
export type NullOf<T> = null extends T ? null : never

/** Null where an argument may be, which is an expression or a value. */
export type NullOfArgument<A> = A extends Expression<infer T> ? NullOf<T> : never

/** The tree of an argument that has to be an expression. @throws UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT`. */
export function expressionNode(argument: unknown, where: string): ExpressionNode {
  refuseUndefined(argument, where)
  if (argument instanceof Expression) return argument.node
  throw new UsageError('ROME_ARGUMENT', 'Give a column or another expression; literal() makes one of a value.', {
    context: { function: where },
  })
}

/** The tree of an argument that is an expression or a value. Throws as {@link literalOf} does. */
export function valueNode(argument: unknown, where: string): ExpressionNode {
  return argument instanceof Expression ? argument.node : literalOf(argument, where)
}

/** The tree of a text: an expression or a value. @throws QueryError `ROME_QUERY_INVALID` for another type. */
export function textNode(argument: unknown, where: string): ExpressionNode {
  return requireKind(valueNode(argument, where), isTextKind, 'This takes text: cast(x, t.text()) makes text.', where)
}

/** The tree of an integer: an expression or a value. @throws QueryError `ROME_QUERY_INVALID` for another type. */
export function integerNode(argument: unknown, where: string): ExpressionNode {
  return requireKind(valueNode(argument, where), (kind) => kind === 'integer', 'This takes an integer.', where)
}

/** @returns the node. @throws QueryError `ROME_QUERY_INVALID` with the message unless its type fits. */
export function requireKind(
  node: ExpressionNode,
  fits: (kind: ColumnKind) => boolean,
  message: string,
  where: string,
): ExpressionNode {
  const { kind } = typeOf(node)
  if (fits(kind)) return node
  throw new QueryError('ROME_QUERY_INVALID', message, { context: { function: where, type: kind } })
}

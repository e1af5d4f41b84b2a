import { UsageError } from '../errors/rome-error.js'
import { expressionNode, type NullOfArgument, valueNode } from './argument.js'
import { Expression, type Operand } from './expression.js'
import { functionNode } from './make-nodes.js'
import { toOneType } from './one-type.js'

/** True for each argument that is never null. */
type IsPresent<A> = A extends unknown ? ([NullOfArgument<A>] extends [never] ? true : never) : never

/** Null unless one of the arguments is never null. */
type NullOfAll<Arguments> = [IsPresent<Arguments>] extends [never] ? null : never

/**
 * The first of the values that is not null; null when all are.
 * @throws UsageError `ROME_ARGUMENT` without a second value.
 * @throws QueryError `ROME_QUERY_INVALID` for expressions of different types.
 *
 * @example
 * ```ts
 * import { coalesce, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), title: t.string(), subtitle: t.string().nullable() })
 * const subtitle = coalesce(fields(Book).subtitle, 'none')
 * ```
 */
export function coalesce<T, const Others extends readonly [Operand<T>, ...Operand<T>[]]>(
  first: Expression<T>,
  ...others: Others
): Expression<NonNullable<T> | NullOfAll<Expression<T> | Others[number]>> {
  if (others.length === 0) throw new UsageError('ROME_ARGUMENT', 'Give coalesce() what takes the place of a null.')
  const operands = [expressionNode(first, 'coalesce'), ...others.map((other) => valueNode(other, 'coalesce'))]
  const { nodes, type } = toOneType(operands, 'coalesce')
  return new Expression(functionNode('coalesce', nodes, type))
}

/**
 * The expression's value, or null when it equals the other.
 * @throws QueryError `ROME_QUERY_INVALID` for expressions of different types.
 */
export function nullIf<T>(expression: Expression<T>, other: Operand<T>): Expression<T | null> {
  const operands = [expressionNode(expression, 'nullIf'), valueNode(other, 'nullIf')]
  const { nodes, type } = toOneType(operands, 'nullIf')
  return new Expression(functionNode('nullIf', nodes, type))
}

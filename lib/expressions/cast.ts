import { QueryError, UsageError } from '../errors/rome-error.js'
import { ColumnSpec } from '../values/column-spec.js'
import type { ColumnType } from '../values/column-type.js'
import { expressionNode, type NullOf } from './argument.js'
import { Expression } from './expression.js'
import { conversion } from './functions/conversion.js'
import { functionNode, literalNode } from './make-nodes.js'
import { refuseUndefined } from './operand.js'
import { typeOf } from './type-of.js'
import { unboundedType } from './unbounded-type.js'

/**
 * The value as one of another type; null where it says none of that type, such as `'x'` as an integer. Fractions are
 * cut off toward zero, times are UTC and written as ISO 8601, booleans are 1 and 0 and `'true'` and `'false'`.
 * Only the kind of the type matters: its bounds play no part. A number or a boolean always has a text and a decimal.
 * @throws QueryError `ROME_QUERY_INVALID` when no value of the one type says one of the other.
 *
 * @example
 * ```ts
 * import { cast, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Setting = defineEntity('settings', { id: primaryKey(t.uuid()), value: t.string() })
 * const isLarge = cast(fields(Setting).value, t.integer()).gt(1000)
 * ```
 */
export function cast<S extends number | bigint | boolean | null>(
  expression: Expression<S>,
  type: ColumnSpec<string>,
): Expression<string | NullOf<S>>
export function cast<T>(expression: Expression<unknown>, type: ColumnSpec<T>): Expression<NonNullable<T> | null>
export function cast(expression: Expression<unknown>, type: ColumnSpec<string>): Expression<never> {
  const operand = expressionNode(expression, 'cast')
  const to = unboundedType(columnType(type, 'cast'))
  const from = typeOf(operand)
  // An enum is cast to text only where text is asked for, since not every text is one of its own.
  if (type.type.kind === 'enum' || conversion(from.kind, to.kind) === undefined) {
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'No value of the one type is a value of the other: cast by way of text.',
      {
        context: { from: from.kind, to: type.type.kind },
      },
    )
  }
  return new Expression(functionNode('cast', [operand], to))
}

/**
 * A value as an expression, of a type of which it is checked to be.
 * @throws UsageError `ROME_UNDEFINED`. @throws ValidationError when the type refuses the value.
 */
export function literal<T>(value: NonNullable<T>, type: ColumnSpec<T>): Expression<NonNullable<T>> {
  refuseUndefined(value, 'literal')
  const columnTypeOfValue = columnType(type, 'literal')
  return new Expression(literalNode(columnTypeOfValue, columnTypeOfValue.toRow(value)))
}

/** The type that a user gives as `t.…`. @throws UsageError `ROME_ARGUMENT`. */
export function columnType(type: unknown, where: string): ColumnType {
  if (type instanceof ColumnSpec) return type.type
  throw new UsageError('ROME_ARGUMENT', 'Give a type, such as t.integer().', { context: { function: where } })
}

import { QueryError, UsageError } from '../errors/rome-error.js'
import type { ColumnKind, ColumnType } from '../values/column-type.js'
import { t } from '../values/t.js'
import { Expression } from './expression.js'
import { aggregateNode } from './make-nodes.js'
import type { AggregateFunction, AggregateNode, ExpressionNode } from './nodes.js'
import { refuseUndefined, requireOrdered } from './operand.js'
import { typeOf } from './type-of.js'
import { containsAggregate } from './walk.js'

const integerType = t.integer().type
const bigintType = t.bigint().type
const floatType = t.float().type
const decimalType = t.decimal().type

/** The types that can be added up, with those of their sum and their average. */
const numericResults: Partial<Record<ColumnKind, { readonly sum: ColumnType; readonly avg: ColumnType }>> = {
  integer: { sum: integerType, avg: floatType },
  float: { sum: floatType, avg: floatType },
  bigint: { sum: bigintType, avg: decimalType },
  decimal: { sum: decimalType, avg: decimalType },
}

/** A value over the rows of a group: it can be selected, ordered by, and compared in `having`. Frozen. */
export class Aggregate<T> extends Expression<T> {
  declare readonly node: AggregateNode

  /** The same over distinct values. @throws UsageError `ROME_ARGUMENT` for `count()`, which counts rows. */
  distinct(): Aggregate<T> {
    const { function: name, operand, type } = this.node
    if (operand === undefined) {
      throw new UsageError('ROME_ARGUMENT', 'Rows have no distinct count: use count(expression).distinct().')
    }
    return new Aggregate(aggregateNode(name, operand, type, true))
  }
}

/**
 * The number of rows, or of rows in which the expression is not null.
 *
 * @example
 * ```ts
 * import { count, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), author: t.string() })
 * const authors = count(fields(Book).author).distinct()
 * ```
 */
export function count(...expression: [Expression<unknown>?]): Aggregate<number> {
  // An argument that is there but undefined is a mistake, not a wish to count rows.
  const operand = expression.length === 0 ? undefined : operandOf(expression[0], 'count')
  return new Aggregate(aggregateNode('count', operand, integerType))
}

/**
 * The sum of what is not null; null over nothing. Of decimals it is a decimal, given as text.
 * A sum of integers beyond 2^53 is an error when the query runs.
 * @throws QueryError `ROME_QUERY_INVALID` when the values are no numbers.
 */
export function sum(expression: Expression<number | null>): Aggregate<number | null>
export function sum(expression: Expression<bigint | null>): Aggregate<bigint | null>
export function sum(expression: Expression<string | null>): Aggregate<string | null>
export function sum(expression: Expression<unknown>): Aggregate<never> {
  return numeric('sum', expression)
}

/**
 * The average of what is not null; null over nothing. Of bigints and decimals it is a decimal, given as text.
 * @throws QueryError `ROME_QUERY_INVALID` when the values are no numbers.
 */
export function avg(expression: Expression<number | null>): Aggregate<number | null>
export function avg(expression: Expression<bigint | null>): Aggregate<string | null>
export function avg(expression: Expression<string | null>): Aggregate<string | null>
export function avg(expression: Expression<unknown>): Aggregate<never> {
  return numeric('avg', expression)
}

/** The least value; null over nothing. @throws QueryError `ROME_QUERY_INVALID` when the type has no order. */
export function min<T>(expression: Expression<T>): Aggregate<T | null> {
  return extreme('min', expression)
}

/** The greatest value; null over nothing. @throws QueryError `ROME_QUERY_INVALID` when the type has no order. */
export function max<T>(expression: Expression<T>): Aggregate<T | null> {
  return extreme('max', expression)
}

function numeric<T>(name: 'sum' | 'avg', expression: unknown): Aggregate<T> {
  const operand = operandOf(expression, name)
  const { kind } = typeOf(operand)
  const results = numericResults[kind]
  if (results === undefined) {
    throw new QueryError('ROME_QUERY_INVALID', 'Only integer, bigint, float and decimal columns can be added up.', {
      context: { function: name, type: kind },
    })
  }
  return new Aggregate(aggregateNode(name, operand, results[name]))
}

function extreme<T>(name: 'min' | 'max', expression: unknown): Aggregate<T> {
  const operand = operandOf(expression, name)
  requireOrdered(operand, name)
  return new Aggregate(aggregateNode(name, operand, typeOf(operand)))
}

function operandOf(value: unknown, name: AggregateFunction): ExpressionNode {
  refuseUndefined(value, name)
  if (!(value instanceof Expression)) {
    throw new UsageError('ROME_ARGUMENT', 'Give an aggregate a column or another expression.', {
      context: { function: name },
    })
  }
  if (containsAggregate(value.node)) {
    throw new QueryError('ROME_QUERY_INVALID', 'An aggregate of an aggregate has no meaning.', {
      context: { function: name },
    })
  }
  return value.node
}

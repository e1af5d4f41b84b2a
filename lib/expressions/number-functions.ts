import { UsageError } from '../errors/rome-error.js'
import { expressionNode } from './argument.js'
import { numberNode } from './arithmetic.js'
import { Expression, type Numeric } from './expression.js'
import { literalNode } from './make-nodes.js'
import { refuseUndefined } from './operand.js'
import { integerType } from './unbounded-type.js'

const roundDigitsMax = 100

/**
 * The number without its sign. Decimals are text.
 * @throws QueryError `ROME_QUERY_INVALID` when it is no number; when the query runs, for the least bigint.
 */
export function abs<T extends Numeric | null>(number: Expression<T>): Expression<T> {
  return new Expression(numberNode('abs', expressionNode(number, 'abs')))
}

/**
 * The number rounded to `digits` after the point, 0 when not given; halves go away from zero. A float is rounded as it
 * is written: 2.675 to two digits is 2.68. The type stays, so that integers and bigints are what they were.
 * @throws UsageError `ROME_ARGUMENT` unless `digits` is an integer from 0 to 100.
 * @throws QueryError `ROME_QUERY_INVALID` when it is no number.
 */
export function round<T extends Numeric | null>(number: Expression<T>, ...digits: [digits?: number]): Expression<T> {
  const [places = 0] = digits
  if (digits.length > 0) refuseUndefined(digits[0], 'round')
  if (!Number.isInteger(places) || places < 0 || places > roundDigitsMax) {
    throw new UsageError('ROME_ARGUMENT', 'Round to a whole number of digits from 0 to 100.', { context: { places } })
  }
  return new Expression(numberNode('round', expressionNode(number, 'round'), literalNode(integerType, places)))
}

import { isWellFormedText } from '../codec/well-formed.js'
import { QueryError, UsageError } from '../errors/rome-error.js'
import type { ColumnType } from '../values/column-type.js'
import { functionNode, literalNode, type PresentValue } from './make-nodes.js'
import type { ExpressionNode } from './nodes.js'
import { areMixedNumbers } from './one-type.js'
import { areComparable, isTextKind, typeOf } from './type-of.js'
import { floatType } from './unbounded-type.js'

/** Refuses what never means anything. */
export function refuseUndefined(value: unknown, where: string): void {
  if (value === undefined) {
    throw new UsageError(
      'ROME_UNDEFINED',
      'undefined never means anything in a query: leave the predicate out, or give a value.',
      { context: { where } },
    )
  }
}

/** The literal a user compares with, as a row value of `type`. */
export function rowValueOf(type: ColumnType, value: unknown, where: string): PresentValue {
  refuseUndefined(value, where)
  if (value === null) {
    throw new UsageError('ROME_NULL_COMPARISON', 'Nothing equals null: use isNull() or isNotNull().', {
      context: { where },
    })
  }
  return type.toRow(value)
}

/** A value becomes a literal of the type it is compared with. */
export function literalFor(left: ExpressionNode, value: unknown, where: string): ExpressionNode {
  const type = typeOf(left)
  return literalNode(type, rowValueOf(type, value, where))
}

/** Both sides have to be of one type. Text of any kind is one; an integer beside a float becomes a float. */
export function toComparable(left: ExpressionNode, right: ExpressionNode): [ExpressionNode, ExpressionNode] {
  const leftType = typeOf(left)
  const rightType = typeOf(right)
  if (areMixedNumbers(leftType, rightType)) return [toFloat(left), toFloat(right)]
  if (!areComparable(leftType, rightType)) {
    throw new QueryError('ROME_QUERY_INVALID', 'Expressions of different types cannot be compared.', {
      context: { left: leftType.kind, right: rightType.kind },
    })
  }
  return [left, right]
}

function toFloat(node: ExpressionNode): ExpressionNode {
  return typeOf(node).kind === 'float' ? node : functionNode('cast', [node], floatType)
}

/** Only predicates are true or false. */
export function requireBoolean(node: ExpressionNode, where: string): void {
  const { kind } = typeOf(node)
  if (kind !== 'boolean') {
    throw new QueryError('ROME_QUERY_INVALID', 'A predicate is true or false: compare the expression with a value.', {
      context: { where, type: kind },
    })
  }
}

/** `<`, `between`, an order, min and max need values that have one. */
export function requireOrdered(node: ExpressionNode, where: string): void {
  const type = typeOf(node)
  if (!type.isOrdered) {
    throw new QueryError('ROME_QUERY_INVALID', 'Values of this type have no order: compare them by eq or ne.', {
      context: { where, type: type.kind },
    })
  }
}

/** Patterns and parts of text are for text columns, and are themselves well-formed text. */
export function requireText(node: ExpressionNode, text: unknown, where: string): asserts text is string {
  refuseUndefined(text, where)
  const type = typeOf(node)
  if (!isTextKind(type.kind)) {
    throw new QueryError('ROME_QUERY_INVALID', 'Only columns of type string, text or enum are searched as text.', {
      context: { where, type: type.kind },
    })
  }
  if (text === null) {
    throw new UsageError('ROME_NULL_COMPARISON', 'Null matches no text: use isNull() or isNotNull().', {
      context: { where },
    })
  }
  if (typeof text !== 'string' || !isWellFormedText(text)) {
    throw new UsageError('ROME_ARGUMENT', 'Give the text to search for as a well-formed string.', {
      context: { where, given: typeof text },
    })
  }
}

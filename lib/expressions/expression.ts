import { QueryError, UsageError } from '../errors/rome-error.js'
import { arithmeticNode, numberNode } from './arithmetic.js'
import { checkPattern } from './like.js'
import { literalOf } from './literal-of.js'
import {
  compareNode,
  falseNode,
  inNode,
  isNullNode,
  isTrueNode,
  likeNode,
  logicNode,
  notNode,
  type PresentValue,
  subqueryNode,
  textMatchNode,
  trueNode,
} from './make-nodes.js'
import type { ArithmeticFunction, CompareOperator, ExpressionNode, TextMatchNode } from './nodes.js'
import {
  literalFor,
  refuseUndefined,
  requireBoolean,
  requireOrdered,
  requireText,
  rowValueOf,
  toComparable,
} from './operand.js'
import { Ordering } from './ordering.js'
import { asSubquery, isSubquerySource, type SubquerySource } from './subquery-source.js'
import { areComparable, booleanType, typeOf } from './type-of.js'

/** What `filter`, `having` and checks take: a comparison, a combination of such, or a boolean column. */
export type Predicate = Expression<boolean | null>

/** What an expression with values of type `T` is compared with: a value, or another expression of the type. */
export type Operand<T> = NonNullable<T> | Expression<NonNullable<T> | null>

/** What can be calculated with: integers and floats, bigints, and decimals, which are text. */
export type Numeric = number | bigint | string

/** Null where an expression of type `T`, or what it is calculated with, may be null. */
type NullOfBoth<T, Other> = null extends T
  ? null
  : Other extends Expression<infer O>
    ? null extends O
      ? null
      : never
    : never

/**
 * Something that has a value for each row: a column, an aggregate, a predicate. Frozen; every method returns a new
 * expression, and misuse throws at once, while the query is being built.
 *
 * `T` is the type of the entity's property, with null where there may be one. Comparisons follow SQL's three-valued
 * logic: with a null they are neither true nor false, and a filter keeps only what is true.
 *
 * @example
 * ```ts
 * import { defineEntity, fields, or_, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), title: t.string(), pages: t.integer() })
 * const book = fields(Book)
 * const wanted = or_(book.pages.lt(200), book.title.startsWith('The '))
 * ```
 */
export class Expression<T> {
  /** The tree that the planner and the evaluator read. */
  readonly node: ExpressionNode
  /** What a user called it by {@link Expression.as}; it says nothing of the value. */
  readonly label: string | undefined
  /** Keeps the type of the value; never there at run time. */
  declare readonly _value?: T

  constructor(node: ExpressionNode, label?: string) {
    this.node = node
    this.label = label
    // Subclasses declare what their nodes hold and add no fields of their own, so that this can be the last step.
    Object.freeze(this)
  }

  /**
   * Whether both are equal.
   * @throws UsageError `ROME_UNDEFINED` for undefined, `ROME_NULL_COMPARISON` for null: use `isNull()`.
   * @throws ValidationError when the type refuses the value. @throws QueryError `ROME_QUERY_INVALID` for another type.
   */
  eq(value: Operand<T>): Predicate {
    return this.#compare('eq', value)
  }

  /** Whether both are different. Throws as {@link Expression.eq} does. */
  ne(value: Operand<T>): Predicate {
    return this.#compare('ne', value)
  }

  /** Whether this is less. Throws as {@link Expression.eq} does, and `ROME_QUERY_INVALID` where there is no order. */
  lt(value: Operand<T>): Predicate {
    return this.#compare('lt', value)
  }

  /** Whether this is less or equal. Throws as {@link Expression.lt} does. */
  lte(value: Operand<T>): Predicate {
    return this.#compare('lte', value)
  }

  /** Whether this is greater. Throws as {@link Expression.lt} does. */
  gt(value: Operand<T>): Predicate {
    return this.#compare('gt', value)
  }

  /** Whether this is greater or equal. Throws as {@link Expression.lt} does. */
  gte(value: Operand<T>): Predicate {
    return this.#compare('gte', value)
  }

  /** Whether this lies between the bounds, both included; never when they are crossed. Throws as `lt` does. */
  between(low: Operand<T>, high: Operand<T>): Predicate {
    return new Expression(logicNode('and', [this.gte(low).node, this.lte(high).node]))
  }

  /**
   * Whether this is one of the values, or of the results of a query. `in([])` is false for every row, null included.
   * @throws UsageError `ROME_UNDEFINED` or `ROME_NULL_COMPARISON` for such an element.
   * @throws QueryError `ROME_QUERY_INVALID` for a query that does not select one value of this type.
   */
  in(values: readonly NonNullable<T>[] | SubquerySource<NonNullable<T> | null>): Predicate {
    return new Expression(this.#isOneOf(values, 'in'))
  }

  /**
   * Whether this is none of the values. `notIn([])` is true for every row, null included; with a null among the results
   * of a query it is never true, as in SQL. Throws as `in` does.
   */
  notIn(values: readonly NonNullable<T>[] | SubquerySource<NonNullable<T> | null>): Predicate {
    const oneOf = this.#isOneOf(values, 'notIn')
    return new Expression(oneOf === falseNode ? trueNode : notNode(oneOf))
  }

  /** Whether there is no value. Always true or false. */
  isNull(): Predicate {
    return new Expression(isNullNode(this.node))
  }

  /** Whether there is a value. Always true or false. */
  isNotNull(): Predicate {
    return new Expression(notNode(isNullNode(this.node)))
  }

  /** Whether this predicate is true: false where it is false or unknown. */
  isTrue(this: Expression<boolean | null>): Predicate {
    requireBoolean(this.node, 'isTrue')
    return new Expression(isTrueNode(this.node))
  }

  /** Whether this predicate is false: false where it is true or unknown. */
  isFalse(this: Expression<boolean | null>): Predicate {
    requireBoolean(this.node, 'isFalse')
    return new Expression(isTrueNode(notNode(this.node)))
  }

  /**
   * The sum of two numbers of one type; an integer and a float make a float. Null when one of them is, as all
   * calculations. Integers, bigints and decimals are exact.
   * @throws UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT` for null.
   * @throws QueryError `ROME_QUERY_INVALID` when these are no numbers, or of types that do not go together; when the
   * query runs, for a result beyond 2^53 (integers), 64 bits (bigints), 1000 digits (decimals) or the finite (floats).
   *
   * @example
   * ```ts
   * import { defineEntity, fields, primaryKey, t } from 'rome-orm'
   * const Item = defineEntity('items', { id: primaryKey(t.uuid()), price: t.integer(), pieces: t.integer() })
   * const item = fields(Item)
   * const total = item.price.times(item.pieces).plus(5)
   * ```
   */
  plus<S extends Numeric | null, Other extends Operand<S>>(
    this: Expression<S>,
    other: Other,
  ): Expression<NonNullable<S> | NullOfBoth<S, Other>> {
    return this.#calculate('plus', other)
  }

  /** This less the other. Throws as {@link Expression.plus} does. */
  minus<S extends Numeric | null, Other extends Operand<S>>(
    this: Expression<S>,
    other: Other,
  ): Expression<NonNullable<S> | NullOfBoth<S, Other>> {
    return this.#calculate('minus', other)
  }

  /** The product of both. Throws as {@link Expression.plus} does. */
  times<S extends Numeric | null, Other extends Operand<S>>(
    this: Expression<S>,
    other: Other,
  ): Expression<NonNullable<S> | NullOfBoth<S, Other>> {
    return this.#calculate('times', other)
  }

  /**
   * The quotient; null when the divisor is zero. As in JavaScript, numbers give a fraction, of integers too, and
   * bigints are cut off toward zero. Decimals are rounded, halves away from zero, to twenty digits after the point, or
   * as many as the dividend has. `cast(a.dividedBy(b), t.integer())` cuts off too. Throws as {@link Expression.plus}
   * does.
   */
  dividedBy<S extends Numeric | null>(this: Expression<S>, other: Operand<S>): Expression<NonNullable<S> | null> {
    return this.#calculate('dividedBy', other)
  }

  /** What a division to a whole number leaves, with the sign of this; null when the divisor is zero. Throws alike. */
  modulo<S extends Numeric | null>(this: Expression<S>, other: Operand<S>): Expression<NonNullable<S> | null> {
    return this.#calculate('modulo', other)
  }

  /** This with the other sign. Throws as {@link Expression.plus} does. */
  negated<S extends Numeric | null>(this: Expression<S>): Expression<S> {
    return new Expression(numberNode('negated', this.node))
  }

  /**
   * Whether the text matches an SQL pattern: `%` is any run of characters, `_` one code point, backslash takes the next
   * character as it is. Case counts.
   * @throws UsageError `ROME_ARGUMENT` when the pattern ends in a lone backslash.
   */
  like(this: Expression<string | null>, pattern: string): Predicate {
    return like(this.node, pattern, false)
  }

  /** {@link Expression.like} between the Unicode lower case of both. */
  ilike(this: Expression<string | null>, pattern: string): Predicate {
    return like(this.node, pattern, true)
  }

  /** Whether the text begins with `text`, which is no pattern. Case counts. */
  startsWith(this: Expression<string | null>, text: string): Predicate {
    return textMatch('startsWith', this.node, text)
  }

  /** Whether the text ends with `text`, which is no pattern. Case counts. */
  endsWith(this: Expression<string | null>, text: string): Predicate {
    return textMatch('endsWith', this.node, text)
  }

  /** Whether the text has `text`, which is no pattern, somewhere in it. Case counts. */
  contains(this: Expression<string | null>, text: string): Predicate {
    return textMatch('contains', this.node, text)
  }

  /** The same under a name, which changes nothing of its value. @throws UsageError `ROME_ARGUMENT` without a name. */
  as(name: string): Expression<T> {
    refuseUndefined(name, 'as')
    if (typeof name === 'string' && name !== '') return new Expression(this.node, name)
    throw new UsageError('ROME_ARGUMENT', 'Name an expression by a text that is not empty.')
  }

  /** Ascending order by this; nulls last. @throws QueryError `ROME_QUERY_INVALID` when the type has no order. */
  asc(): Ordering {
    requireOrdered(this.node, 'asc')
    return new Ordering(this.node, false)
  }

  /** Descending order by this; nulls first. @throws QueryError `ROME_QUERY_INVALID` when the type has no order. */
  desc(): Ordering {
    requireOrdered(this.node, 'desc')
    return new Ordering(this.node, true)
  }

  #compare(operator: CompareOperator, value: unknown): Predicate {
    if (operator !== 'eq' && operator !== 'ne') requireOrdered(this.node, operator)
    if (!(value instanceof Expression)) {
      return new Expression(compareNode(operator, this.node, literalFor(this.node, value, operator)))
    }
    return new Expression(compareNode(operator, ...toComparable(this.node, value.node)))
  }

  #calculate<V>(name: ArithmeticFunction, other: unknown): Expression<V> {
    const right = other instanceof Expression ? other.node : literalOf(other, name)
    return new Expression(arithmeticNode(name, this.node, right))
  }

  #isOneOf(values: unknown, where: string): ExpressionNode {
    refuseUndefined(values, where)
    if (isSubquerySource(values)) return this.#isAmong(values, where)
    if (!Array.isArray(values)) {
      throw new UsageError('ROME_ARGUMENT', 'Give in() and notIn() an array of values, or a query.', {
        context: { where },
      })
    }
    if (values.length === 0) return falseNode
    const type = typeOf(this.node)
    const rowValues: PresentValue[] = []
    for (const value of values as readonly unknown[]) rowValues.push(rowValueOf(type, value, where))
    return inNode(this.node, type, rowValues)
  }

  #isAmong(source: SubquerySource<unknown>, where: string): ExpressionNode {
    const parts = source[asSubquery]()
    const type = typeOf(this.node)
    if (parts.type === undefined || !areComparable(type, parts.type)) {
      throw new QueryError(
        'ROME_QUERY_INVALID',
        'A query inside in() selects one value, of the type it is compared with.',
        {
          context: { where, type: type.kind, selected: parts.type?.kind },
        },
      )
    }
    return subqueryNode('in', parts, booleanType, this.node)
  }
}

function like(operand: ExpressionNode, pattern: unknown, ignoreCase: boolean): Predicate {
  requireText(operand, pattern, ignoreCase ? 'ilike' : 'like')
  checkPattern(pattern)
  return new Expression(likeNode(operand, pattern, ignoreCase))
}

function textMatch(operator: TextMatchNode['operator'], operand: ExpressionNode, text: unknown): Predicate {
  requireText(operand, text, operator)
  return new Expression(textMatchNode(operator, operand, text))
}

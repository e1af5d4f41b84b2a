import type { Expression, Predicate } from '../../lib/expressions/expression.js'
import type { Ordering } from '../../lib/expressions/ordering.js'
import type { Choices } from './choices.js'
import { boolean, type ValueKind } from './value-kinds.js'
import type { Words } from './vocabulary.js'

// Each construct of the language is said twice: in Rome's words and in SQL.

/** An expression with a value. */
export interface ValuePair {
  readonly kind: ValueKind
  readonly isNullable: boolean
  /** A value of a group: not for filters. */
  readonly isAggregate?: boolean
  /** The same value everywhere: it does not stand for what was selected of it. */
  readonly isConstant?: boolean
  readonly sql: string
  rome(on: Words): Expression<unknown>
}

export interface PredicatePair {
  readonly sql: string
  rome(on: Words): Predicate
}

/** A term of an order. */
export interface OrderPair {
  readonly value: ValuePair
  readonly isDescending: boolean
  readonly nulls: 'usual' | 'first' | 'last'
}

/** A predicate in the place of a value. Added to 0: SQLite takes a constant one for the number of a column. */
export function asValue(predicate: PredicatePair): ValuePair {
  return { kind: boolean, isNullable: true, sql: `((${predicate.sql}) + 0)`, rome: predicate.rome }
}

export function orderTerm({ value, isDescending, nulls }: OrderPair): (on: Words) => Expression<unknown> | Ordering {
  return (on) => {
    const expression = value.rome(on)
    if (nulls === 'usual') return isDescending ? on.desc(expression) : expression
    if (nulls === 'first') return (isDescending ? expression.desc() : on.asc(expression)).nullsFirst()
    return (isDescending ? on.desc(expression) : expression.asc()).nullsLast()
  }
}

/** The direction of a term as SQL says it. */
export function sqlDirection(order: OrderPair): string {
  return `${order.isDescending ? 'DESC' : 'ASC'} NULLS ${placeOfNulls(order).toUpperCase()}`
}

export function placeOfNulls({ isDescending, nulls }: OrderPair): 'first' | 'last' {
  if (nulls !== 'usual') return nulls
  return isDescending ? 'first' : 'last'
}

/** Columns with some few of them first, so that several predicates are likely to be of the same ones. */
export function orderedBy(choices: Choices, values: readonly ValuePair[]): ValuePair[] {
  const favourites = choices.some(values, 1, 3)
  return [...favourites, ...favourites, ...values]
}

import { UsageError } from '../errors/rome-error.js'
import { Expression } from './expression.js'
import { refuseUndefined } from './operand.js'
import type { Ordering } from './ordering.js'

/** A column that an index holds in descending order: what `desc('name')` gives. Frozen. */
export interface DescendingColumn<Name extends string = string> {
  readonly descending: Name
}

/** Ascending order by an expression: `asc(x)` is `x.asc()`. */
export function asc(expression: Expression<unknown>): Ordering {
  return expressionOf(expression, 'asc').asc()
}

/**
 * Descending order: of a query by an expression, or of a column in an index by its name.
 *
 * @example
 * ```ts
 * import { defineEntity, desc, fields, index, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity(
 *   'books',
 *   { id: primaryKey(t.uuid()), author: t.string(), year: t.integer() },
 *   { indexes: [index('author', desc('year'))] },
 * )
 * const newestFirst = desc(fields(Book).year)
 * ```
 */
export function desc(expression: Expression<unknown>): Ordering
export function desc<const Name extends string>(column: Name): DescendingColumn<Name>
export function desc(argument: Expression<unknown> | string): Ordering | DescendingColumn {
  if (typeof argument === 'string') return Object.freeze({ descending: argument })
  return expressionOf(argument, 'desc').desc()
}

function expressionOf(value: unknown, where: string): Expression<unknown> {
  refuseUndefined(value, where)
  if (value instanceof Expression) return value
  throw new UsageError('ROME_ARGUMENT', 'Give a column or another expression to order by.', { context: { where } })
}

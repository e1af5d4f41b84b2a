import type { ColumnType } from '../values/column-type.js'
import type { ColumnNode } from './nodes.js'

/** The method by which a query gives itself to an expression. */
export const asSubquery: unique symbol = Symbol('rome.asSubquery')

/** What an expression is told of a query inside it. */
export interface SubqueryParts {
  /** The query's description, that only the query layer looks into. Frozen data. */
  readonly query: object
  /** Columns of outer queries that it names. */
  readonly outer: readonly ColumnNode[]
  /** The type of the value that it selects; `undefined` when it does not select exactly one. */
  readonly type: ColumnType | undefined
}

/** A query that can stand inside an expression. Its results are of type `T`. */
export interface SubquerySource<T> {
  [asSubquery](): SubqueryParts
  /** Keeps the type of the results; never there at run time. */
  readonly _result?: T
}

/** Whether a value is a query that can stand inside an expression. */
export function isSubquerySource(value: unknown): value is SubquerySource<unknown> {
  return typeof value === 'object' && value !== null && asSubquery in value
}

import type { ExpressionNode } from './nodes.js'

/** Where nulls come in an order. */
export type NullsPlace = 'first' | 'last'

/**
 * One term of an order: made by `asc()` and `desc()`. Frozen; the methods return a new one.
 *
 * Nulls are last when ascending and first when descending, unless told otherwise.
 *
 * @example
 * ```ts
 * import { create, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), year: t.integer().nullable() })
 * const newestFirst = fields(Book).year.desc().nullsLast()
 * ```
 */
export class Ordering {
  readonly node: ExpressionNode
  readonly isDescending: boolean
  readonly nulls: NullsPlace

  constructor(node: ExpressionNode, isDescending: boolean, nulls: NullsPlace = isDescending ? 'first' : 'last') {
    this.node = node
    this.isDescending = isDescending
    this.nulls = nulls
    Object.freeze(this)
  }

  /** The same order with nulls before everything else. */
  nullsFirst(): Ordering {
    return new Ordering(this.node, this.isDescending, 'first')
  }

  /** The same order with nulls after everything else. */
  nullsLast(): Ordering {
    return new Ordering(this.node, this.isDescending, 'last')
  }
}

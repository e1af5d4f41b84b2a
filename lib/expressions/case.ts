import type { Timestamp } from '../values/timestamp.js'
import { valueNode } from './argument.js'
import { Expression, type Predicate } from './expression.js'
import { caseNode, nullNode } from './make-nodes.js'
import type { CaseBranch, CaseNode, ExpressionNode } from './nodes.js'
import { toOneType } from './one-type.js'
import { predicateNode } from './predicate.js'

/** What a case can give as it stands; `literal()` makes an expression of anything else. */
export type CaseValue = string | number | bigint | boolean | Date | Timestamp | Uint8Array | Expression<unknown>

/** The type of what a case gives. */
export type CaseResult<V> = V extends Expression<infer T> ? T : V

/**
 * A choice between values by predicates: the value of the first that is true, null when none is. Made by
 * {@link caseWhen}. Frozen; the methods return a new one.
 */
export class Case<T> extends Expression<T | null> {
  declare readonly node: CaseNode

  /** A further choice, when no predicate before is true. Throws as {@link caseWhen} does. */
  when<const V extends CaseValue>(predicate: Predicate, value: V): Case<T | CaseResult<V>> {
    const branch = { condition: predicateNode(predicate, 'when'), result: valueNode(value, 'when') }
    return new Case(chooseNode([...this.node.branches, branch]))
  }

  /** The value when no predicate is true. Throws as {@link caseWhen} does. */
  otherwise<const V extends CaseValue>(value: V): Expression<T | CaseResult<V>> {
    return new Expression(chooseNode(this.node.branches, valueNode(value, 'otherwise')))
  }
}

/**
 * Begins a choice between values, which are of one type: that of the expressions among them.
 * @throws UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT`. @throws QueryError `ROME_QUERY_INVALID` for different types.
 *
 * @example
 * ```ts
 * import { caseWhen, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), pages: t.integer() })
 * const book = fields(Book)
 * const size = caseWhen(book.pages.lt(100), 'short').when(book.pages.lt(500), 'usual').otherwise('long')
 * ```
 */
export function caseWhen<const V extends CaseValue>(predicate: Predicate, value: V): Case<CaseResult<V>> {
  const branch = { condition: predicateNode(predicate, 'caseWhen'), result: valueNode(value, 'caseWhen') }
  return new Case(chooseNode([branch]))
}

function chooseNode(branches: readonly CaseBranch[], otherwise?: ExpressionNode): CaseNode {
  const results = branches.map(({ result }) => result)
  const { nodes, type } = toOneType(otherwise === undefined ? results : [...results, otherwise], 'caseWhen')
  const typed = branches.map(({ condition }, index) => ({ condition, result: nodes[index] as ExpressionNode }))
  return caseNode(typed, nodes[branches.length] ?? nullNode(type), type)
}

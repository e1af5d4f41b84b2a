import { UsageError } from '../errors/rome-error.js'
import { Expression, type Predicate } from './expression.js'
import { logicNode, notNode, subqueryNode } from './make-nodes.js'
import type { ExpressionNode, LogicNode } from './nodes.js'
import { refuseUndefined, requireBoolean } from './operand.js'
import { asSubquery, isSubquerySource, type SubquerySource } from './subquery-source.js'
import { booleanType } from './type-of.js'

/**
 * The tree of what a user gave as a predicate.
 * @throws UsageError `ROME_UNDEFINED`, or `ROME_ARGUMENT` when it is no expression.
 * @throws QueryError `ROME_QUERY_INVALID` when its value is not true or false.
 */
export function predicateNode(value: unknown, where: string): ExpressionNode {
  refuseUndefined(value, where)
  if (!(value instanceof Expression)) {
    throw new UsageError('ROME_ARGUMENT', 'Give a predicate, such as a comparison of a column with a value.', {
      context: { where, given: value === null ? 'null' : typeof value },
    })
  }
  requireBoolean(value.node, where)
  return value.node
}

/**
 * True when all predicates are, false when one is false, else unknown.
 * @throws UsageError `ROME_ARGUMENT` without predicates, `ROME_UNDEFINED` when one is undefined.
 *
 * @example
 * ```ts
 * import { and_, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), title: t.string(), pages: t.integer() })
 * const book = fields(Book)
 * const wanted = and_(book.title.like('The %'), book.pages.between(100, 200))
 * ```
 */
export function and_(...predicates: Predicate[]): Predicate {
  return new Expression(combine('and', predicates))
}

/**
 * True when one of the predicates is, false when all are false, else unknown.
 * @throws UsageError `ROME_ARGUMENT` without predicates, `ROME_UNDEFINED` when one is undefined.
 */
export function or_(...predicates: Predicate[]): Predicate {
  return new Expression(combine('or', predicates))
}

/** True when the predicate is false, false when it is true, unknown when it is. Throws as {@link and_} does. */
export function not_(predicate: Predicate): Predicate {
  return new Expression(notNode(predicateNode(predicate, 'not_')))
}

/**
 * Whether a query has a row. The query may name columns of the one around it.
 * @throws UsageError `ROME_UNDEFINED`, or `ROME_ARGUMENT` when it is no query.
 */
export function exists(query: SubquerySource<unknown>): Predicate {
  refuseUndefined(query, 'exists')
  if (!isSubquerySource(query)) {
    throw new UsageError('ROME_ARGUMENT', 'Give exists() a query, as session.query(...) makes it.', {
      context: { given: query === null ? 'null' : typeof query },
    })
  }
  return new Expression(subqueryNode('exists', query[asSubquery](), booleanType))
}

function combine(kind: LogicNode['kind'], predicates: readonly unknown[]): ExpressionNode {
  const where = `${kind}_`
  if (predicates.length === 0) {
    throw new UsageError('ROME_ARGUMENT', 'Give at least one predicate.', { context: { where } })
  }
  return logicNode(
    kind,
    predicates.map((predicate) => predicateNode(predicate, where)),
  )
}

import { andThen, type MaybePromise, mapAll } from '../async/maybe-promise.js'
import { QueryError } from '../errors/rome-error.js'
import { falseNode, inNode, literalNode, logicNode, nullNode, trueNode } from '../expressions/make-nodes.js'
import type { ColumnNode, ExpressionNode, SubqueryNode } from '../expressions/nodes.js'
import { booleanType, typeOf } from '../expressions/type-of.js'
import { visit } from '../expressions/walk.js'
import type { Row } from '../records/row.js'
import type { RowValue } from '../values/column-type.js'
import type { QueryDescription } from './description.js'
import { mapNodes, nodesOf } from './outer-columns.js'
import { rewrite } from './plan/rewrite.js'
import { withoutRelated } from './relations.js'

/** Gives the projected rows of a query. */
export type Answer = (description: QueryDescription) => MaybePromise<readonly Row[]>

/**
 * Answers the subqueries that depend on no outer row, and puts what they gave in their place, so that an index can be
 * read by it. Those that depend on the row at hand stay.
 */
export function resolveSubqueries(asked: QueryDescription, answer: Answer): MaybePromise<QueryDescription> {
  const description = withoutRelated(asked)
  const independent = independentSubqueries(description)
  if (independent.length === 0) return description
  const answered = mapAll(independent, (node) => answerSubquery(node, answer))
  return andThen(answered, (nodes) => {
    const replaced = new Map(independent.map((node, index) => [node, nodes[index]]))
    return replaceSubqueries(description, (node) => replaced.get(node))
  })
}

/** Whether a query has subqueries that are answered before it is planned. */
export function asksFirst(description: QueryDescription): boolean {
  return independentSubqueries(description).length > 0
}

/** What a subquery's rows say in its place. */
export function answerSubquery(node: SubqueryNode, answer: Answer): MaybePromise<ExpressionNode> {
  const query = node.query as QueryDescription
  switch (node.mode) {
    case 'exists':
      return andThen(answer({ ...query, limit: Math.min(1, query.limit ?? 1) }), (rows) =>
        rows.length > 0 ? trueNode : falseNode,
      )
    case 'in':
      return andThen(answer(query), (rows) => membership(node, rows))
    case 'scalar':
      return andThen(answer({ ...query, limit: Math.min(2, query.limit ?? 2) }), (rows) => {
        if (rows.length > 1) {
          throw new QueryError(
            'ROME_MULTIPLE_RESULTS',
            'a subquery in the place of a value has several results: add limit(1) and an order',
          )
        }
        const value = rows[0]?.[0] ?? null
        return value === null ? nullNode(node.type) : literalNode(node.type, value)
      })
  }
}

/** Among values with a null, what is not found is unknown. */
function membership(node: SubqueryNode, rows: readonly Row[]): ExpressionNode {
  const operand = node.operand as ExpressionNode
  const values = rows.map((row) => row[0])
  const present = values.filter((value) => value !== null)
  if (values.length === 0) return falseNode
  const among = present.length === 0 ? falseNode : inNode(operand, typeOf(operand), present)
  return present.length === values.length ? among : logicNode('or', [among, nullNode(booleanType)])
}

/** The query for one outer row: its values in the place of the outer columns. */
export function bindOuter(
  query: QueryDescription,
  outer: readonly ColumnNode[],
  values: readonly RowValue[],
): QueryDescription {
  const bind = (node: ExpressionNode): ExpressionNode =>
    rewrite(node, (below) => {
      if (below.kind === 'subquery') {
        // What a nested query does not name from outside is its own, also where it reads the same model again.
        const isNamed = outer.map((column) => below.outer.some((named) => isSameColumn(named, column)))
        const named = outer.filter((_, index) => isNamed[index])
        const inner = bindOuter(
          below.query as QueryDescription,
          named,
          values.filter((_, index) => isNamed[index]),
        )
        const left = below.outer.filter((column) => !named.some((bound) => isSameColumn(bound, column)))
        return Object.freeze({ ...below, query: inner, outer: left, operand: below.operand && bind(below.operand) })
      }
      if (below.kind !== 'column') return undefined
      const position = outer.findIndex((column) => isSameColumn(column, below))
      if (position === -1) return undefined
      const value = values[position]
      return value === null ? nullNode(below.type) : literalNode(below.type, value)
    })
  return mapNodes(query, bind)
}

function isSameColumn(a: ColumnNode, b: ColumnNode): boolean {
  return a.source === b.source && a.column === b.column
}

function independentSubqueries(description: QueryDescription): SubqueryNode[] {
  const found: SubqueryNode[] = []
  const search = (query: QueryDescription): void => {
    const { input } = query
    if (input.kind === 'set') {
      search(input.left)
      search(input.right)
    }
    for (const node of nodesOf(query)) {
      visit(node, (below) => {
        if (below.kind !== 'subquery') return
        if (below.outer.length === 0) found.push(below)
        else search(below.query as QueryDescription)
      })
    }
  }
  search(description)
  return found
}

function replaceSubqueries(
  description: QueryDescription,
  replacement: (node: SubqueryNode) => ExpressionNode | undefined,
): QueryDescription {
  const replace = (node: ExpressionNode): ExpressionNode =>
    rewrite(node, (below) => {
      if (below.kind !== 'subquery') return undefined
      const replaced = replacement(below)
      if (replaced !== undefined) return replaced
      return Object.freeze({ ...below, query: replaceSubqueries(below.query as QueryDescription, replacement) })
    })
  return mapNodes(description, replace)
}

import { inNode, literalNode } from '../../lib/expressions/make-nodes.js'
import type { ExpressionNode, InNode, LiteralNode } from '../../lib/expressions/nodes.js'
import { rowValueOf } from '../../lib/expressions/operand.js'
import { asSubquery } from '../../lib/expressions/subquery-source.js'
import { typeOf } from '../../lib/expressions/type-of.js'
import type { QueryDescription } from '../../lib/query/description.js'
import { Query } from '../../lib/query/query.js'
import { replaceInNode, replaceInQuery } from '../../lib/query/replace-nodes.js'
import type { RomeSession } from '../../lib/session/session.js'
import { type OtherValues, otherValue, runWith, withoutParameters } from './as-prepared.js'
import { expectEqual } from './expectation.js'
import type { AnyQuery } from './vocabulary.js'

/**
 * Has the plans of a query be kept with other constants. It is explained in the same words afterwards, unless it has
 * lists: one of another length may be read in another way.
 */
export async function asMemoised(query: AnyQuery, session: RomeSession, others: OtherValues): Promise<void> {
  session.plans.clear()
  const planned = String(await query.explain().catch(String))
  let hasLists = false
  const replaced = new Map<ExpressionNode, ExpressionNode>()
  const replacement = (node: ExpressionNode): ExpressionNode | undefined => {
    if (node.kind === 'in' || node.kind === 'or') hasLists = true
    if (node.kind === 'function') return withoutParameters(node) ? node : undefined
    if (node.kind !== 'literal' && node.kind !== 'in') return undefined
    const other = replaced.get(node) ?? (node.kind === 'in' ? otherList(node) : otherLiteral(node))
    replaced.set(node, other)
    return other
  }
  const otherLiteral = ({ type, value }: LiteralNode): LiteralNode =>
    literalNode(type, rowValueOf(type, otherValue(others, type.kind, type.fromRow(value), replaced.size), 'another'))
  const otherList = ({ operand, values }: InNode): InNode => {
    const type = typeOf(operand)
    const other = values.map((value, at) => {
      const given = otherValue(others, type.kind, type.fromRow(value), replaced.size + at)
      return rowValueOf(type, given, 'another of a list')
    })
    return inNode(replaceInNode(operand, replacement), type, other)
  }
  const withOthers = replaceInQuery(query[asSubquery]().query as QueryDescription, replacement)
  const run = () => new Query(session, withOthers) as AnyQuery
  await runWith(run)
  await runWith(run)
  if (hasLists) return
  expectEqual('explain() of the query that was planned before', planned, String(await query.explain().catch(String)))
}

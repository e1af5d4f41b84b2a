import { literalNode } from '../../lib/expressions/make-nodes.js'
import type { LiteralNode } from '../../lib/expressions/nodes.js'
import { rowValueOf } from '../../lib/expressions/operand.js'
import { asSubquery } from '../../lib/expressions/subquery-source.js'
import type { QueryDescription } from '../../lib/query/description.js'
import { Query } from '../../lib/query/query.js'
import { replaceInQuery } from '../../lib/query/replace-nodes.js'
import type { RomeSession } from '../../lib/session/session.js'
import { type OtherValues, otherValue, runWith, withoutParameters } from './as-prepared.js'
import { expectEqual } from './expectation.js'
import type { AnyQuery } from './vocabulary.js'

/** Has the plans of a query be kept with other constants. It is explained in the same words afterwards. */
export async function asMemoised(query: AnyQuery, session: RomeSession, others: OtherValues): Promise<void> {
  session.plans.clear()
  const planned = String(await query.explain().catch(String))
  const replaced = new Map<LiteralNode, LiteralNode>()
  const withOthers = replaceInQuery(query[asSubquery]().query as QueryDescription, (node) => {
    if (node.kind === 'function') return withoutParameters(node) ? node : undefined
    if (node.kind !== 'literal') return undefined
    const { type, value } = node
    const other = replaced.get(node) ?? otherConstant(otherValue(others, type.kind, type.fromRow(value), replaced.size))
    replaced.set(node, other)
    return other

    function otherConstant(given: unknown): LiteralNode {
      return literalNode(type, rowValueOf(type, given, 'another constant'))
    }
  })
  const run = () => new Query(session, withOthers) as AnyQuery
  await runWith(run)
  await runWith(run)
  expectEqual('explain() of the query that was planned before', planned, String(await query.explain().catch(String)))
}

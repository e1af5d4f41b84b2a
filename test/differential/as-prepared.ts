import { parameterNode } from '../../lib/expressions/make-nodes.js'
import type { ExpressionNode, LiteralNode } from '../../lib/expressions/nodes.js'
import { asSubquery } from '../../lib/expressions/subquery-source.js'
import type { QueryDescription } from '../../lib/query/description.js'
import { PreparedQuery } from '../../lib/query/query.js'
import { withoutRelated } from '../../lib/query/relations.js'
import { replaceInQuery } from '../../lib/query/replace-nodes.js'
import type { RomeSession } from '../../lib/session/session.js'
import { expectEqual } from './expectation.js'
import type { AnyQuery } from './vocabulary.js'

/** Values that constants had, by the kind of their type: other queries are run with these. */
export type OtherValues = Map<string, unknown[]>

const othersMax = 50

/**
 * The query with parameters in the place of its constants, bound to these constants again after it was run with others,
 * so that its plan was made for others. Both ways it is explained in the same words.
 */
export async function asPrepared(query: AnyQuery, session: RomeSession, others: OtherValues): Promise<AnyQuery> {
  const description = withoutRelated(query[asSubquery]().query as QueryDescription)
  const names = new Map<LiteralNode, string>()
  const open = replaceInQuery(description, (node) => {
    if (node.kind === 'function') return withoutParameters(node) ? node : undefined
    if (node.kind !== 'literal') return undefined
    const name = names.get(node) ?? `p${names.size}`
    names.set(node, name)
    return parameterNode(name, node.type)
  })
  const prepared = new PreparedQuery<unknown, Record<string, unknown>>(session, open)
  const own: Record<string, unknown> = {}
  const other: Record<string, unknown> = {}
  for (const [{ type, value }, name] of names) {
    own[name] = type.fromRow(value)
    other[name] = otherValue(others, type.kind, own[name], names.size)
  }
  await runWith(() => prepared.bind(other) as AnyQuery)
  const bound = prepared.bind(own) as AnyQuery
  const explained = await query.explain().catch(String)
  expectEqual('explain() of the prepared query', String(explained), String(await bound.explain().catch(String)))
  return bound
}

/** A value that another constant had; this one is noted for others. */
export function otherValue(others: OtherValues, kind: string, own: unknown, choice: number): unknown {
  const known = others.get(kind) ?? []
  others.set(kind, known)
  const other = known.length === 0 ? own : known[(known.length * 7 + choice) % known.length]
  if (known.length < othersMax) known.push(own)
  return other
}

/** Other values may be too large to calculate with, or out of what a column takes: then there is no plan of them. */
export async function runWith(bind: () => AnyQuery): Promise<void> {
  const attempts = [
    (query: AnyQuery) => query.explain(),
    (query: AnyQuery) => query.count(),
    (query: AnyQuery) => query.exists(),
    (query: AnyQuery) => query.first(),
    (query: AnyQuery) => query.page({ size: 3 }),
  ]
  for (const attempt of attempts) {
    try {
      await attempt(bind())
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }
}

/** Some functions take constants only. */
export function withoutParameters(node: ExpressionNode & { kind: 'function' }): boolean {
  return node.name.startsWith('json') || node.name === 'round' || node.name === 'substring'
}

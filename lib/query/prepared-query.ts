import { QueryError, UsageError } from '../errors/rome-error.js'
import { literalNode } from '../expressions/make-nodes.js'
import type { ExpressionNode, LiteralNode, ParameterNode } from '../expressions/nodes.js'
import { rowValueOf } from '../expressions/operand.js'
import { visit } from '../expressions/walk.js'
import type { IncludePart, QueryDescription } from './description.js'
import { nodesOf } from './outer-columns.js'
import type { Replacement } from './plan/rewrite.js'
import { replaceInIncluded, replaceInQuery } from './replace-nodes.js'

/** Values of a prepared query's parameters, by their names. */
export type ParameterValues = Readonly<Record<string, unknown>>

/** The parameters of a query and of what it combines, by name. @throws QueryError when two of a name differ in type. */
export function parametersOf(description: QueryDescription): ReadonlyMap<string, ParameterNode> {
  const found = new Map<string, ParameterNode>()
  const collect = (query: QueryDescription): void => {
    const { input } = query
    if (input.kind === 'set') {
      collect(input.left)
      collect(input.right)
    }
    nodesOf(query).forEach(collectNode)
    query.includes.forEach(collectIncluded)
  }
  const collectIncluded = ({ filters, orderBy, includes }: IncludePart): void => {
    filters.forEach(collectNode)
    for (const { node } of orderBy) collectNode(node)
    includes.forEach(collectIncluded)
  }
  // A walk over a tree does not go into what it says of other rows.
  const collectNode = (node: ExpressionNode): void =>
    visit(node, (below) => {
      if (below.kind === 'subquery') collect(below.query as QueryDescription)
      if (below.kind === 'related' && below.predicate !== undefined) collectNode(below.predicate)
      take(below)
    })
  const take = (node: ExpressionNode): void => {
    if (node.kind !== 'parameter') return
    const before = found.get(node.name)
    if (before !== undefined && before.type.kind !== node.type.kind) {
      throw new QueryError('ROME_QUERY_INVALID', 'parameters of one name are of one type', {
        context: { parameter: node.name, types: [before.type.kind, node.type.kind] },
      })
    }
    found.set(node.name, node)
  }
  collect(description)
  return found
}

/** The query with values in the place of its parameters. @throws UsageError for missing, null and unknown ones. */
export function bindParameters(
  description: QueryDescription,
  parameters: ReadonlyMap<string, ParameterNode>,
  values: ParameterValues,
  plans: object | undefined,
): QueryDescription {
  const unknown = Object.keys(values).find((name) => !parameters.has(name))
  if (unknown !== undefined) {
    throw new UsageError('ROME_ARGUMENT', 'the query has no such parameter', {
      context: { parameter: unknown, parameters: [...parameters.keys()] },
    })
  }
  const literals = new Map<string, LiteralNode>()
  for (const [name, { type }] of parameters) {
    literals.set(name, literalNode(type, rowValueOf(type, values[name], `parameter ${name}`)))
  }
  const replacement: Replacement = (node) => (node.kind === 'parameter' ? literals.get(node.name) : undefined)
  const bound = replaceInQuery(description, replacement)
  const { selection, orderBy } = bound
  return Object.freeze({
    ...bound,
    includes: description.includes.map((part) => replaceInIncluded(part, replacement)),
    binding: plans && { plans, constants: [...literals.values()], selection, orderBy },
  })
}

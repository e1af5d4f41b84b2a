import { QueryError } from '../errors/rome-error.js'
import { columnNode, compareNode, isTrueNode, logicNode, notNode, subqueryNode } from '../expressions/make-nodes.js'
import type { ExpressionNode, RelatedNode } from '../expressions/nodes.js'
import { booleanType } from '../expressions/type-of.js'
import { visit } from '../expressions/walk.js'
import type { ModelSource, RelationColumns, RelationDefinition } from '../schema/entity-schema.js'
import { type JoinPart, newDescription, type QueryDescription } from './description.js'
import { mapNodes, nodesOf, outerColumns } from './outer-columns.js'
import { rewrite } from './plan/rewrite.js'

/** The joins that a relation is: of its target, after the model in the middle where there is one. */
export function joinsOfRelation(
  definition: RelationDefinition,
  from: ModelSource,
  target: ModelSource,
  kind: JoinPart['kind'],
): JoinPart[] {
  const { through, columns } = definition
  if (through === undefined) return [{ source: target, kind, on: pairs(from, target, columns) }]
  if (kind === 'left') {
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'an outer join over a many-to-many relation is two joins: of the model in the middle, then of the target',
      {
        context: { relation: definition.name },
      },
    )
  }
  const middle: ModelSource = Object.freeze({ name: `${definition.name} in between`, schema: through.schema })
  return [
    { source: middle, kind, on: pairs(middle, from, through.from.columns) },
    { source: target, kind, on: pairs(middle, target, through.to.columns) },
  ]
}

/**
 * The one relation that leads from one of the sources to a model. @throws QueryError when there is none, or several.
 */
export function relationTo(
  sources: readonly ModelSource[],
  model: ModelSource,
): { from: ModelSource; definition: RelationDefinition } {
  const found = sources.flatMap((from) => [
    ...from.schema.relations
      .filter((definition) => definition.target === model.schema)
      .map((definition) => ({ from, definition })),
  ])
  const [only, second] = found
  if (only !== undefined && second === undefined) return only
  throw new QueryError(
    'ROME_QUERY_INVALID',
    'say by which relation or condition to join: .join(image.properties) or .join(Model, condition)',
    {
      context: { model: model.name, relations: found.map(({ from, definition }) => `${from.name}.${definition.name}`) },
    },
  )
}

/** The description with subqueries in the place of what it says about related rows. */
export function withoutRelated(description: QueryDescription): QueryDescription {
  if (!saysRelated(description)) return description
  const { withoutScopes } = description
  const { input } = description
  // Each operand of a set operation has scopes of its own.
  const operands: QueryDescription =
    input.kind === 'set'
      ? { ...description, input: { ...input, left: withoutRelated(input.left), right: withoutRelated(input.right) } }
      : description
  return mapNodes(operands, (node) => relatedAsSubqueries(node, withoutScopes))
}

function saysRelated(description: QueryDescription): boolean {
  const { input } = description
  if (input.kind === 'set' && (saysRelated(input.left) || saysRelated(input.right))) return true
  let isThere = false
  for (const node of nodesOf(description)) {
    visit(node, (below) => {
      if (below.kind === 'related') isThere = true
      if (below.kind === 'subquery' && saysRelated(below.query as QueryDescription)) isThere = true
    })
  }
  return isThere
}

/** The expression with subqueries in the place of what it says about related rows; these obey the same scopes. */
export function relatedAsSubqueries(
  node: ExpressionNode,
  withoutScopes: QueryDescription['withoutScopes'],
): ExpressionNode {
  return rewrite(node, (below) => {
    if (below.kind === 'related') return existsRelated(below, withoutScopes)
    if (below.kind !== 'subquery') return undefined
    return Object.freeze({ ...below, query: withoutRelated(below.query as QueryDescription) })
  })
}

/** `every` is that no related row fails to make the predicate true, by being false or unknown for it. */
function existsRelated(
  { quantifier, relation, source, target, predicate }: RelatedNode,
  withoutScopes: QueryDescription['withoutScopes'],
): ExpressionNode {
  const wanted = quantifier === 'every' ? predicate && notNode(isTrueNode(predicate)) : predicate
  const rows = relatedRows(
    relation as RelationDefinition,
    source as ModelSource,
    target as ModelSource,
    wanted && relatedAsSubqueries(wanted, withoutScopes),
  )
  const query: QueryDescription = Object.freeze({ ...rows, withoutScopes })
  const exists = subqueryNode('exists', { query, outer: outerColumns(query) }, booleanType)
  return quantifier === 'some' ? exists : notNode(exists)
}

function relatedRows(
  definition: RelationDefinition,
  source: ModelSource,
  target: ModelSource,
  predicate: ExpressionNode | undefined,
): QueryDescription {
  const [first, ...rest] = joinsOfRelation(definition, source, target, 'inner')
  const description = newDescription({ kind: 'model', source: first.source }, [
    { kind: 'entity', source: first.source },
  ])
  return Object.freeze({
    ...description,
    joins: rest,
    filters: predicate === undefined ? [first.on] : [first.on, predicate],
  })
}

/** The columns of a relation are equal on both sides. */
function pairs(own: ModelSource, target: ModelSource, columns: readonly RelationColumns[]): ExpressionNode {
  return logicNode(
    'and',
    columns.map((pair) => compareNode('eq', columnNode(own, pair.own), columnNode(target, pair.target))),
  )
}

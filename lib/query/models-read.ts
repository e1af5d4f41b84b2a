import type { ExpressionNode } from '../expressions/nodes.js'
import { visit } from '../expressions/walk.js'
import type { EntitySchema, ModelSource, RelationDefinition } from '../schema/entity-schema.js'
import type { IncludePart, QueryDescription } from './description.js'
import { nodesOf } from './outer-columns.js'
import type { SessionScopes } from './session-scopes.js'

/** Where the session says which scopes apply. */
interface Scoped {
  readonly scopes: SessionScopes | undefined
}

/** Models whose rows are read; `undefined` for all. */
export type ModelsRead = ReadonlySet<EntitySchema> | undefined

/**
 * The models whose unwritten changes a query could see: those it reads, in joins, subqueries and relations too, and
 * those whose rows take rows of these along when they are deleted. All, where scopes may look at others.
 */
export function modelsRead({ scopes }: Scoped, description: QueryDescription): ModelsRead {
  if (scopes !== undefined) return undefined
  const models = new Models()
  models.addQuery(description)
  return models.found
}

/** As {@link modelsRead}, of the loading of a relation. */
export function modelsOfRelation({ scopes }: Scoped, definition: RelationDefinition): ModelsRead {
  if (scopes !== undefined) return undefined
  const models = new Models()
  models.add(definition.schema)
  models.addRelation(definition)
  return models.found
}

class Models {
  readonly found = new Set<EntitySchema>()

  add(schema: EntitySchema): void {
    if (this.found.has(schema)) return
    this.found.add(schema)
    // A row that is soft-deleted by hand, as a change like any other, may take this model's rows along.
    for (const { onDelete, target } of schema.relations) {
      if (onDelete === 'cascade' && schema.deletedAt !== undefined && target.deletedAt !== undefined) this.add(target)
    }
  }

  addQuery(description: QueryDescription): void {
    const { input, joins, includes } = description
    if (input.kind === 'set') {
      this.addQuery(input.left)
      this.addQuery(input.right)
    } else this.add(input.source.schema)
    for (const { source } of joins) this.add(source.schema)
    for (const part of description.selection) if (part.kind === 'entity') this.add(part.source.schema)
    for (const node of nodesOf(description)) this.#addNode(node)
    for (const part of includes) this.#addInclude(part)
  }

  addRelation({ target, through }: RelationDefinition): void {
    this.add(target)
    if (through !== undefined) this.add(through.schema)
  }

  #addInclude({ definition, filters, orderBy, includes }: IncludePart): void {
    this.addRelation(definition)
    for (const node of [...filters, ...orderBy.map((order) => order.node)]) this.#addNode(node)
    for (const part of includes) this.#addInclude(part)
  }

  #addNode(node: ExpressionNode): void {
    visit(node, (below) => {
      if (below.kind === 'subquery') this.addQuery(below.query as QueryDescription)
      if (below.kind !== 'related') return
      this.addRelation(below.relation as RelationDefinition)
      this.add((below.source as ModelSource).schema)
      if (below.predicate !== undefined) this.#addNode(below.predicate)
    })
  }
}

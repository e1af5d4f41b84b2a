import type { EntitySchema, RelationDefinition } from './entity-schema.js'
import { invalidModel } from './invalid-model.js'
import { requireDistinctNames } from './registry.js'

/**
 * Checks the relations of models that are used together, when all modules are loaded. Gives the models, and those
 * between many-to-many relations for which no class was written.
 * @throws SchemaError `ROME_SCHEMA_INVALID` naming the model, the relation and what is wrong with it,
 * `ROME_SCHEMA_DUPLICATE` when a model between two has the name of another.
 */
export function sealRelations(schemas: readonly EntitySchema[]): readonly EntitySchema[] {
  const opened = new Set(schemas)
  const middles = new Map<string, EntitySchema>()
  // What is added on the way is visited too.
  for (const schema of opened) {
    for (const relation of schema.relations) {
      requireOpened(relation, relation.target, opened)
      const middle = lookUp(relation)
      if (middle === undefined) continue
      if (middle.isImplicit) {
        requireOnly(relation, middle.schema, middles)
        opened.add(middle.schema)
      } else requireOpened(relation, middle.schema, opened)
    }
  }
  requireDistinctNames([...opened].map(({ model }) => model))
  return Object.freeze([...opened])
}

/** Uses all that a relation finds out at its first use. */
function lookUp(relation: RelationDefinition): RelationDefinition['through'] {
  // Each of these is a getter that throws when the models do not fit.
  const { kind, isOwner, inverse: _inverse, columns: _columns, orderBy: _orderBy, through } = relation
  if (kind === 'oneToOne' && isOwner) requireUnique(relation)
  return through
}

function requireOpened(relation: RelationDefinition, target: EntitySchema, opened: ReadonlySet<EntitySchema>): void {
  if (opened.has(target)) return
  throw invalidModel('A relation leads to a model that is not opened with it: add that model.', relation.schema.name, {
    relation: relation.name,
    target: target.name,
    opened: [...opened].map(({ name }) => name).join(', '),
  })
}

function requireUnique({ name, schema, columns }: RelationDefinition): void {
  const foreignKey = columns.map(({ own }) => own)
  const keys = schema.indexes
    .filter(({ isUnique, where }) => isUnique && where === undefined)
    .map((index) => index.columns.map(({ column }) => column))
  const isUnique = [schema.primaryKey, ...keys].some((key) => key.every((column) => foreignKey.includes(column)))
  if (isUnique) return
  throw invalidModel('One-to-one needs a unique foreign key: add @unique over its columns.', schema.name, {
    relation: name,
    columns: foreignKey.map((column) => column.name).join(', '),
  })
}

function requireOnly(relation: RelationDefinition, middle: EntitySchema, middles: Map<string, EntitySchema>): void {
  const other = middles.get(middle.name) ?? middle
  if (other !== middle) {
    throw invalidModel(
      'Two relations go through a model of the same name: give the other side (model) => model.relation instead.',
      relation.schema.name,
      { relation: relation.name, through: middle.name },
    )
  }
  middles.set(middle.name, middle)
}

import type { ColumnDefinition, EntitySchema, ModelClass, ModelSource, OnDelete } from './entity-schema.js'
import { invalidModel, requirePropertyName } from './invalid-model.js'
import type { RecordedRelation } from './relation-declaration.js'
import { SealedRelation } from './sealed-relation.js'

/** What relations need to know of their own model. */
export interface RelationOwner {
  readonly name: string
  /** Has its schema later. */
  readonly source: ModelSource
  readonly columnByName: ReadonlyMap<string, ColumnDefinition>
  /** The way to other models, which is not taken before this one is sealed. */
  readonly schemaOf: (model: ModelClass) => EntitySchema
}

/** The relations of a model, frozen, checked as far as the model alone can tell. */
export function makeRelations(owner: RelationOwner, recorded: readonly RecordedRelation[]): readonly SealedRelation[] {
  const { name: model, source, columnByName, schemaOf } = owner
  const relations = recorded.map((relation) => {
    const { name, columns, onDelete } = relation
    requirePropertyName(name, model, 'relation')
    if (columnByName.has(name)) {
      throw invalidModel('A property is a column or a relation: give the foreign key a property of its own.', model, {
        relation: name,
      })
    }
    const foreignKey = columns && Object.freeze(columns.map((column) => requireColumn(owner, name, column)))
    if (foreignKey !== undefined) {
      requireDistinct(model, name, foreignKey)
      requireNullable(model, name, foreignKey, onDelete)
    }
    return new SealedRelation(relation, { source, foreignKey, schemaOf })
  })
  return Object.freeze(relations)
}

function requireColumn({ name, columnByName }: RelationOwner, relation: string, column: string): ColumnDefinition {
  const found = columnByName.get(column)
  if (found !== undefined) return found
  throw invalidModel('A foreign key names a property that is no column.', name, {
    relation,
    column,
    columns: [...columnByName.keys()].join(', '),
  })
}

function requireDistinct(model: string, relation: string, foreignKey: readonly ColumnDefinition[]): void {
  const repeated = foreignKey.find((column, at) => foreignKey.indexOf(column) !== at)
  if (repeated === undefined) return
  throw invalidModel('A foreign key names a column twice: it has one for each column of the primary key.', model, {
    relation,
    column: repeated.name,
  })
}

function requireNullable(
  model: string,
  relation: string,
  foreignKey: readonly ColumnDefinition[],
  onDelete: OnDelete | undefined,
): void {
  const required = foreignKey.find((column) => !column.isNullable)
  if (onDelete === 'setNull' && required !== undefined) {
    throw invalidModel("A column is never null: make it nullable, or choose onDelete 'cascade' or 'restrict'.", model, {
      relation,
      column: required.name,
    })
  }
}

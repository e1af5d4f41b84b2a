import type { ColumnDefinition, EntitySchema, ModelClass } from './entity-schema.js'
import { makeClass } from './make-class.js'
import { ModelDefinition, recordModel } from './model-definition.js'

/**
 * The model between two of a many-to-many relation for which none was written. Its rows hold the two primary keys in
 * columns such as `fromId` and `toId`, which together are its own; its relations `from` and `to` lead to the two sides,
 * and end with them. An index serves the way from the target.
 */
export function makeMiddleModel(name: string, from: EntitySchema, to: EntitySchema): ModelClass {
  const definition = new ModelDefinition(undefined)
  definition.name = name
  addSide(definition, 'from', from)
  const columns = addSide(definition, 'to', to)
  definition.indexes.push({ columns, isUnique: false, options: {} })
  const model = makeClass(
    name,
    definition.columns.map((column) => column.name),
  )
  recordModel(model, definition)
  return model
}

function addSide(definition: ModelDefinition, side: 'from' | 'to', schema: EntitySchema): readonly string[] {
  const columns = schema.primaryKey.map((column) => keyColumnName(side, column))
  schema.primaryKey.forEach(({ type }, at) => {
    definition.columns.push({
      name: columns[at],
      spec: { type, isNullable: false, makeDefault: undefined, validators: [] },
      storedName: undefined,
      isPrimaryKey: true,
      role: undefined,
    })
  })
  definition.relations.push({
    name: side,
    kind: 'manyToOne',
    target: () => schema.model,
    inverse: undefined,
    columns,
    through: undefined,
    onDelete: 'cascade',
    orphanRemoval: false,
    cascadesAdd: true,
    orderBy: [],
  })
  return columns
}

/** `fromId` for `id`. Made of the stored name, so that renaming a property does not rename the column. */
function keyColumnName(side: string, { storedName }: ColumnDefinition): string {
  return `${side}${storedName.charAt(0).toUpperCase()}${storedName.slice(1)}`
}

import type { ColumnDefinition, ColumnRole, EntitySchema, ModelClass, ModelSource } from './entity-schema.js'
import { foreignKeyIndexes } from './foreign-key-indexes.js'
import { invalidModel, nameCharactersMax } from './invalid-model.js'
import { makeFields } from './make-fields.js'
import { makeRelations } from './make-relations.js'
import type { ModelDefinition } from './model-definition.js'
import { probeModel } from './probe-model.js'
import { sealChecks } from './seal-checks.js'
import { sealColumns } from './seal-columns.js'
import { sealIndexes } from './seal-indexes.js'
import { sealScopes } from './seal-scopes.js'

const nameForm = /^[a-z][a-z0-9_.]*$/i

/**
 * Turns what was recorded of a model into its frozen schema. Its relations reach the schemas of other models by
 * `schemaOf`, when they are used for the first time.
 * @throws SchemaError `ROME_SCHEMA_INVALID` naming the model and what is wrong with it.
 */
export function sealModel<T extends object>(
  model: ModelClass<T>,
  definition: ModelDefinition,
  schemaOf: (model: ModelClass) => EntitySchema,
): EntitySchema<T> {
  const name = requireModelName(definition.name)
  const recorded = definition.allColumns()
  const columns = sealColumns(name, recorded)
  probeModel(model, name, columns)
  const columnByName = new Map(columns.map((column) => [column.name, column]))
  const primaryKey = columns.filter((column) => recorded[column.position]?.isPrimaryKey)
  requirePrimaryKey(name, primaryKey)

  // The source and its schema know each other, so both are filled first and frozen after.
  const source: { name: string; schema?: EntitySchema<T> } = { name }
  const fields = Object.freeze(makeFields<Record<string, unknown>>(source, columns))
  const recordedRelations = definition.allRelations()
  const relations = makeRelations({ name, source: source as ModelSource, columnByName, schemaOf }, recordedRelations)
  // The relations were made, so their columns are there.
  const foreignKeys = recordedRelations.flatMap(({ columns }) =>
    columns === undefined ? [] : [columns.map((column) => columnByName.get(column) as ColumnDefinition)],
  )
  const indexes = sealIndexes(name, definition.allIndexes(), columnByName, source, fields)
  const schema: EntitySchema<T> = {
    name,
    model,
    columns,
    columnByName,
    primaryKey: Object.freeze(primaryKey),
    indexes: Object.freeze([...indexes, ...foreignKeyIndexes(name, foreignKeys, primaryKey, indexes)]),
    checks: sealChecks(name, definition.allChecks(), source, fields),
    scopes: sealScopes(name, definition.allScopes()),
    relations,
    relationByName: new Map(relations.map((relation) => [relation.name, relation])),
    createdAt: columnOfRole(name, columns, 'createdAt'),
    updatedAt: columnOfRole(name, columns, 'updatedAt'),
    deletedAt: columnOfRole(name, columns, 'deletedAt'),
    version: columnOfRole(name, columns, 'version'),
    source: source as ModelSource<T>,
  }
  source.schema = schema
  Object.freeze(source)
  return Object.freeze(schema)
}

function requireModelName(name: string | undefined): string {
  if (typeof name === 'string' && name.length <= nameCharactersMax && nameForm.test(name)) return name
  throw invalidModel(
    'A model has a stored name of at most 128 characters: a letter, then letters, digits, underscores and dots.',
    name,
  )
}

function requirePrimaryKey(model: string, primaryKey: readonly ColumnDefinition[]): void {
  if (primaryKey.length === 0) {
    throw invalidModel('A model needs a primary key: decorate a property with @primaryKey(t.uuid()).', model)
  }
  for (const { name, type, isNullable } of primaryKey) {
    if (isNullable) throw invalidModel('A primary key is never null.', model, { column: name })
    if (!type.isOrdered) {
      throw invalidModel('A column of this type cannot be in a key: choose a type with an order.', model, {
        column: name,
        type: type.kind,
      })
    }
  }
}

function columnOfRole(
  model: string,
  columns: readonly ColumnDefinition[],
  role: ColumnRole,
): ColumnDefinition | undefined {
  const [column, second] = columns.filter((candidate) => candidate.role === role)
  if (second !== undefined) {
    throw invalidModel('A model has at most one column of each role.', model, { role, column: second.name })
  }
  return column
}

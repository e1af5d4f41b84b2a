import { RomeError } from '../errors/rome-error.js'
import type { ColumnKind, RowValue } from '../values/column-type.js'
import { rowValuesEqual } from '../values/compare.js'
import type { ColumnDefinition, EntitySchema } from './entity-schema.js'
import { generate } from './generate.js'
import { relatedProperty } from './related/attach-relations.js'

/** The ways between entities and rows that run for every row read and every entity flushed. */
export interface EntityAccess<T extends object> {
  /** Sets the entity's properties from its row. */
  readonly assign: (entity: T, row: readonly RowValue[]) => void
  /** A new entity with the values of a row, and its relations. */
  readonly make: (row: readonly RowValue[]) => T
  /** Whether a property of the entity says something else than its row. */
  readonly differs: (entity: T, row: readonly RowValue[]) => boolean
}

/** For each schema what was made for it, which the type of a map cannot say. */
const accessBySchema = new WeakMap<EntitySchema, unknown>()

/** The functions for one model, made at their first use; a caller with many rows keeps them. */
export function entityAccess<T extends object>(schema: EntitySchema<T>): EntityAccess<T> {
  const known = accessBySchema.get(schema)
  if (known !== undefined) return known as EntityAccess<T>
  const access = generateAccess(schema) ?? interpretAccess(schema)
  accessBySchema.set(schema, access)
  return access
}

/** An entity as its columns see it. */
type Properties = Record<string, unknown>

/** The types whose properties are their row values. */
const unchangedKinds: ReadonlySet<ColumnKind> = new Set<ColumnKind>([
  'string',
  'text',
  'integer',
  'bigint',
  'float',
  'decimal',
  'boolean',
  'uuid',
  'enum',
])

/**
 * Straight code for the properties of one model. A loop over columns names a different property each time, which the
 * engine cannot predict: measured with 16 columns it takes 600 ns to assign them, and this code 90.
 */
function generateAccess<T extends object>(schema: EntitySchema<T>): EntityAccess<T> | undefined {
  const assignments = schema.columns.map(({ name, type, position }) => {
    const property = `entity[${JSON.stringify(name)}]`
    const value = `row[${position}]`
    if (unchangedKinds.has(type.kind)) return `${property} = ${value};`
    return `${property} = ${value} === null ? null : type${position}.fromRow(${value});`
  })
  const comparisons = schema.columns.map(({ name, position }) => {
    const property = `entity[${JSON.stringify(name)}]`
    const value = `row[${position}]`
    return `if (${property} !== ${value} && differs(columns[${position}], ${property}, ${value})) return true;`
  })
  const properties = schema.relations.map(
    ({ name }, at) => `entity[${JSON.stringify(name)}] = relatedProperty(entity, relations[${at}]);`,
  )
  const types = schema.columns.map(({ position }) => `const type${position} = columns[${position}].type;`)
  const code = `
    ${types.join('\n')}
    return {
      assign: (entity, row) => { ${assignments.join('\n')} },
      make: (row) => {
        const entity = new Model();
        ${assignments.join('\n')}
        ${properties.join('\n')}
        return entity;
      },
      differs: (entity, row) => { ${comparisons.join('\n')} return false; },
    };`
  const { model, columns, relations } = schema
  return generate<EntityAccess<T>>(code, {
    Model: model,
    columns,
    differs: propertyDiffers,
    relations,
    relatedProperty,
  })
}

/** The same by loops over the columns. */
function interpretAccess<T extends object>({ model, columns, relations }: EntitySchema<T>): EntityAccess<T> {
  const assign = (entity: T, row: readonly RowValue[]): void => {
    for (const { name, type, position } of columns) {
      const value = row[position] ?? null
      const properties = entity as Properties
      properties[name] = value === null ? null : type.fromRow(value)
    }
  }
  return {
    assign,
    make: (row) => {
      const entity = new model()
      assign(entity, row)
      for (const relation of relations) Reflect.set(entity, relation.name, relatedProperty(entity, relation))
      return entity
    },
    differs: (entity, row) => {
      const properties = entity as Properties
      return columns.some((column) => propertyDiffers(column, properties[column.name], row[column.position] ?? null))
    },
  }
}

/** Most properties are their row values, and dates are cheap to compare; only the rest is converted. */
export function propertyDiffers(column: ColumnDefinition, value: unknown, rowValue: RowValue): boolean {
  if (value === rowValue) return false
  if (value === null || value === undefined || rowValue === null) return (value ?? null) !== rowValue
  if (value instanceof Date && value.getTime() === rowValue) return false
  try {
    return !rowValuesEqual(column.type, column.type.toRow(value), rowValue)
  } catch (error) {
    // A value that its type refuses is a change; writing the row will say what is wrong with it.
    if (error instanceof RomeError) return true
    throw error
  }
}

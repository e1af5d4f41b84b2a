import type { StoredColumn, StoredIndex, StoredTable } from '../records/catalogue.js'
import type { ColumnDefinition, EntitySchema, IndexDefinition, ModelSource } from '../schema/entity-schema.js'
import type { ColumnKind, ColumnType } from '../values/column-type.js'
import { t } from '../values/t.js'

/** What the catalogue says of an index in its signature. */
export interface StoredIndexParts {
  readonly columns: readonly { readonly name: string; readonly isDescending: boolean }[]
  readonly isUnique: boolean
  /** Only some rows have an entry; which, only the model can tell. */
  readonly isPartial: boolean
  readonly include: readonly string[]
  /** The column by which rows are soft-deleted. */
  readonly deletedAt: string | undefined
}

export function indexParts({ signature }: StoredIndex): StoredIndexParts {
  const { columns, unique, where, include, deletedAt } = JSON.parse(signature) as {
    readonly columns: readonly (readonly [string, 'asc' | 'desc'])[]
    readonly unique: boolean
    readonly where?: unknown
    readonly include: readonly string[]
    readonly deletedAt?: string
  }
  return {
    columns: columns.map(([name, direction]) => ({ name, isDescending: direction === 'desc' })),
    isUnique: unique,
    isPartial: where !== undefined,
    include,
    deletedAt,
  }
}

/**
 * The schema of a stored table, as far as the catalogue knows it: enough to read its rows and to make the entries of
 * these indexes, without the model.
 */
export function storedSchema(
  name: string,
  table: StoredTable,
  indexes: readonly (readonly [string, StoredIndex])[],
): EntitySchema {
  const named = Object.entries(table.columns).filter(([, { isUnnamed }]) => !isUnnamed)
  const columns = named.map(([storedName, column], position) => definitionOf(storedName, column, position))
  const columnByName = new Map(columns.map((column) => [column.name, column]))
  const columnOf = (column: string): ColumnDefinition => columnByName.get(column) as ColumnDefinition
  const sealed = indexes.map(([indexName, index]): IndexDefinition => {
    const parts = indexParts(index)
    return {
      name: indexName,
      columns: parts.columns.map((column) => ({ column: columnOf(column.name), isDescending: column.isDescending })),
      isUnique: parts.isUnique,
      where: undefined,
      include: parts.include.map(columnOf),
    }
  })
  const [deletedAt] = Object.values(table.indexes).flatMap((index) => indexParts(index).deletedAt ?? [])
  const source: { name: string; schema?: EntitySchema } = { name }
  const schema: EntitySchema = {
    name,
    model: class {},
    columns,
    columnByName,
    primaryKey: table.primaryKey.map(columnOf),
    indexes: sealed,
    checks: [],
    scopes: [],
    relations: [],
    relationByName: new Map(),
    createdAt: undefined,
    updatedAt: undefined,
    deletedAt: deletedAt === undefined ? undefined : columnOf(deletedAt),
    version: undefined,
    source: source as ModelSource,
  }
  source.schema = schema
  return schema
}

function definitionOf(name: string, column: StoredColumn, position: number): ColumnDefinition {
  return {
    name,
    storedName: name,
    type: typeOf(column),
    isNullable: column.isNullable,
    position,
    role: undefined,
    makeDefault: undefined,
    validators: [],
  }
}

const types: Readonly<Record<Exclude<ColumnKind, 'enum'>, ColumnType>> = {
  string: t.string().type,
  text: t.text().type,
  integer: t.integer().type,
  bigint: t.bigint().type,
  float: t.float().type,
  decimal: t.decimal().type,
  boolean: t.boolean().type,
  datetime: t.datetime().type,
  timestamp: t.datetime({ precision: 6 }).type,
  date: t.date().type,
  uuid: t.uuid().type,
  bytes: t.bytes().type,
  json: t.json().type,
}

function typeOf({ kind, enumIds = {} }: StoredColumn): ColumnType {
  // A catalogue of this format has no other kinds.
  if (kind !== 'enum') return types[kind as Exclude<ColumnKind, 'enum'>]
  return t.enum(...(Object.keys(enumIds) as [string, ...string[]])).type
}

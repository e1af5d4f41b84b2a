import { SchemaError } from '../errors/rome-error.js'
import type { ColumnDefinition, EntitySchema } from '../schema/entity-schema.js'
import type { StoredColumn, StoredTable } from './catalogue.js'
import { enumIdsOf, packFill } from './stored-column.js'

/** What is asked about the rows of one table, and only when a change depends on it. */
export interface StoredRows {
  /** Cost: one read. */
  isEmpty(): Promise<boolean>
  /** Whether every row has a value for a column. Cost: reads all rows. */
  haveValue(column: StoredColumn): Promise<boolean>
}

/** The part of a table that says what its columns are. */
export type StoredColumns = Pick<StoredTable, 'schemaVersion' | 'columns' | 'nextColumnId'>

type Ids = Readonly<Record<string, number>>

/**
 * The columns that a model needs. New ones get ids, and a value that stands for them in rows stored before; those that
 * the model no longer names stay, with their values, for a model that names them again.
 * @throws SchemaError `ROME_SCHEMA_CHANGED` for what stored rows contradict.
 */
export async function reconcileColumns(
  schema: EntitySchema,
  stored: StoredColumns | undefined,
  rows: StoredRows,
): Promise<StoredColumns> {
  const columns = new Map(Object.entries(stored?.columns ?? {}))
  const namesBefore = namedIds(columns)
  let nextColumnId = stored?.nextColumnId ?? 0
  const unnamed = new Set(columns.keys())
  for (const column of schema.columns) {
    const before = columns.get(column.storedName)
    unnamed.delete(column.storedName)
    const isOther = before !== undefined && !(await isSameType(schema, column, before, rows))
    columns.set(
      column.storedName,
      before === undefined || isOther
        ? await newColumn(schema, column, nextColumnId++, rows)
        : await knownColumn(schema, column, before, rows),
    )
  }
  for (const name of unnamed) columns.set(name, { ...(columns.get(name) as StoredColumn), isUnnamed: true })
  const haveChanged = stored === undefined || namedIds(columns) !== namesBefore
  return {
    schemaVersion: (stored?.schemaVersion ?? 0) + (haveChanged ? 1 : 0),
    columns: Object.fromEntries(columns),
    nextColumnId,
  }
}

function namedIds(columns: ReadonlyMap<string, StoredColumn>): string {
  return [...columns.values()].flatMap(({ id, isUnnamed }) => (isUnnamed ? [] : [id])).join()
}

/** Another type, which only a table without rows takes, makes another column. */
async function isSameType(
  schema: EntitySchema,
  column: ColumnDefinition,
  before: StoredColumn,
  rows: StoredRows,
): Promise<boolean> {
  const isSame =
    before.kind === column.type.kind && JSON.stringify(before.parameters) === JSON.stringify(column.type.parameters)
  if (!isSame && !(await rows.isEmpty())) {
    throw changed(
      schema,
      column,
      'the type of a stored column cannot change: add a column of another stored name',
      before,
    )
  }
  return isSame
}

async function newColumn(
  schema: EntitySchema,
  column: ColumnDefinition,
  id: number,
  rows: StoredRows,
): Promise<StoredColumn> {
  const enumIds = giveEnumIds(column, {})
  const fill = (await rows.isEmpty()) ? undefined : makeFill(column, enumIds)
  if (fill === undefined && !column.isNullable && !(await rows.isEmpty())) {
    throw changed(schema, column, 'a new column of a model with stored rows needs a default or must be nullable')
  }
  return { id, ...parts(column, enumIds, fill) }
}

async function knownColumn(
  schema: EntitySchema,
  column: ColumnDefinition,
  before: StoredColumn,
  rows: StoredRows,
): Promise<StoredColumn> {
  const enumIds = giveEnumIds(column, before.enumIds ?? {})
  let { fill } = before
  if (before.isNullable && !column.isNullable && !(await rows.isEmpty())) {
    throw changed(schema, column, 'a nullable column cannot become required while rows are stored', before)
  }
  if (before.isUnnamed && fill === undefined && !column.isNullable && !(await rows.haveValue(before))) {
    fill = makeFill(column, enumIds)
    if (fill === undefined) {
      throw changed(
        schema,
        column,
        'rows were stored without this column: give it a default or make it nullable',
        before,
      )
    }
  }
  return { id: before.id, ...parts(column, enumIds, fill) }
}

function parts(column: ColumnDefinition, enumIds: Ids | undefined, fill: string | undefined): Omit<StoredColumn, 'id'> {
  return {
    kind: column.type.kind,
    parameters: column.type.parameters,
    isNullable: column.isNullable,
    ...(enumIds === undefined ? {} : { enumIds }),
    ...(fill === undefined ? {} : { fill }),
  }
}

/** Rows that are there already get the default as it is now, once for all; so a default of `now` is one moment. */
function makeFill(column: ColumnDefinition, enumIds: Ids | undefined): string | undefined {
  const value = column.makeDefault?.()
  if (value === undefined || value === null) return undefined
  return packFill(column, column.type.toRow(value), enumIds && enumIdsOf(enumIds))
}

/** Texts keep their ids for ever, also those the model no longer names, since rows may hold them. */
function giveEnumIds(column: ColumnDefinition, before: Ids): Ids | undefined {
  const texts = column.type.enumTexts
  if (texts === undefined) return undefined
  const ids = new Map(Object.entries(before))
  let next = Math.max(0, ...ids.values())
  for (const text of texts) if (!ids.has(text)) ids.set(text, ++next)
  return Object.fromEntries(ids)
}

function changed(schema: EntitySchema, column: ColumnDefinition, message: string, before?: StoredColumn): SchemaError {
  return new SchemaError('ROME_SCHEMA_CHANGED', message, {
    context: {
      model: schema.name,
      column: column.name,
      stored: before && { kind: before.kind, parameters: before.parameters, nullable: before.isNullable },
      declared: { kind: column.type.kind, parameters: column.type.parameters, nullable: column.isNullable },
    },
  })
}

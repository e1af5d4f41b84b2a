import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { prefixRange } from '../codec/key.js'
import { rowPrefix } from '../codec/space.js'
import type { EngineSnapshot } from '../engines/contract.js'
import { isMissingFile } from '../engines/level/durable-files.js'
import { LevelEngine } from '../engines/level/level-engine.js'
import { locate } from '../engines/level/open-store.js'
import { type Owner, readOwner } from '../engines/level/ownership.js'
import { EngineError } from '../errors/rome-error.js'
import { catalogueKey, decodeCatalogue, type StoredColumn, type StoredTable } from '../records/catalogue.js'
import { requireIdentity } from './store-identity.js'
import { indexParts, type StoredIndexParts } from './stored-schema.js'

/** A column of a stored table. */
export interface ColumnInfo {
  readonly name: string
  readonly kind: string
  readonly isNullable: boolean
  readonly isPrimaryKey: boolean
  readonly enumTexts?: readonly string[]
  /** The model last used does not name it. */
  readonly isUnnamed: boolean
}

/** An index of a stored table. */
export interface IndexInfo extends StoredIndexParts {
  readonly name: string
  readonly id: number
  readonly state: 'building' | 'ready'
}

/** A stored table. */
export interface TableInfo {
  readonly name: string
  readonly id: number
  readonly schemaVersion: number
  /** With soft-deleted ones; only when they were to be counted. */
  readonly rows?: number
  readonly columns: readonly ColumnInfo[]
  readonly indexes: readonly IndexInfo[]
}

/** What a store is. */
export interface StoreInfo {
  readonly directory: string
  readonly format: number
  readonly store: string
  readonly state: 'creating' | 'ready'
  readonly partitions: readonly { readonly path: string; readonly bytes: number }[]
  readonly log: { readonly segments: number; readonly bytes: number }
  /** Who has it open, so that its tables could not be looked at. */
  readonly owner?: Partial<Owner>
  readonly tables?: readonly TableInfo[]
}

/**
 * Describes the store in a directory. Tables are known only when nobody has it open.
 * @throws EngineError, CorruptionError
 */
export async function describeStore(directory: string, { countsRows = false } = {}): Promise<StoreInfo> {
  const root = resolve(directory)
  const { format, store, state, partitions } = await requireIdentity(root)
  const log = await filesIn(join(root, 'log'))
  const info: StoreInfo = {
    directory: root,
    format,
    store,
    state,
    partitions: await Promise.all(
      partitions.map(async (path) => ({ path, bytes: (await filesIn(locate(root, path))).bytes })),
    ),
    log: { segments: log.files, bytes: log.bytes },
  }
  if (state === 'creating') return info
  try {
    return { ...info, tables: await readTables(root, countsRows) }
  } catch (error) {
    if (countsRows || !(error instanceof EngineError) || error.code !== 'ROME_LOCKED') throw error
    return { ...info, owner: (await readOwner(root)) ?? {} }
  }
}

async function readTables(root: string, countsRows: boolean): Promise<TableInfo[]> {
  const engine = new LevelEngine(root)
  await engine.open()
  try {
    const snapshot = engine.snapshot()
    const bytes = await snapshot.get(catalogueKey)
    const tables: TableInfo[] = []
    for (const [name, table] of Object.entries(bytes === undefined ? {} : decodeCatalogue(bytes).tables)) {
      tables.push(describeTable(name, table, countsRows ? await countRows(snapshot, table) : undefined))
    }
    return tables
  } finally {
    await engine.close()
  }
}

function describeTable(name: string, table: StoredTable, rows: number | undefined): TableInfo {
  const { id, schemaVersion, primaryKey } = table
  return {
    name,
    id,
    schemaVersion,
    ...(rows === undefined ? {} : { rows }),
    columns: Object.entries(table.columns).map(([column, stored]) => describeColumn(column, stored, primaryKey)),
    indexes: Object.entries(table.indexes).map(([index, stored]) => ({
      name: index,
      id: stored.id,
      state: stored.state,
      ...indexParts(stored),
    })),
  }
}

function describeColumn(name: string, column: StoredColumn, primaryKey: readonly string[]): ColumnInfo {
  return {
    name,
    kind: column.kind,
    isNullable: column.isNullable,
    isPrimaryKey: primaryKey.includes(name),
    ...(column.enumIds === undefined ? {} : { enumTexts: Object.keys(column.enumIds) }),
    isUnnamed: column.isUnnamed === true,
  }
}

async function countRows(snapshot: EngineSnapshot, { id }: StoredTable): Promise<number> {
  const scan = snapshot.scan(prefixRange(rowPrefix(id)), { expected: 1000 })
  let rows = 0
  for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) rows += batch.keys.length
  return rows
}

async function filesIn(directory: string): Promise<{ files: number; bytes: number }> {
  const names = await orWithout([], readdir(directory))
  // LevelDB removes files by itself, also between our two looks.
  const sizes = await Promise.all(
    names.map((name) => orWithout<{ readonly size: number }>({ size: 0 }, stat(join(directory, name)))),
  )
  return { files: names.length, bytes: sizes.reduce((sum, { size }) => sum + size, 0) }
}

/** What is missing is found out, and told with its consequences, when the store is opened. */
async function orWithout<T>(otherwise: T, look: Promise<T>): Promise<T> {
  try {
    return await look
  } catch (error) {
    if (isMissingFile(error)) return otherwise
    throw error
  }
}

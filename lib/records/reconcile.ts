import { SchemaError } from '../errors/rome-error.js'
import { fingerprintOf } from '../expressions/fingerprint.js'
import type { EntitySchema, IndexDefinition } from '../schema/entity-schema.js'
import type { Catalogue, DroppedIndex, StoredIndex, StoredTable } from './catalogue.js'
import { reconcileColumns, type StoredRows } from './reconcile-columns.js'

const idMax = 0xffff

/** The rows of a table that has none. */
const noRows: StoredRows = { isEmpty: async () => true, haveValue: async () => true }

/**
 * The catalogue that `schemas` need: new tables, columns, indexes and enum texts get ids; indexes that are gone or
 * changed are put down for erasing; what would make stored rows unreadable or untrue is refused. Tables of other models
 * stay as they are.
 * @returns `catalogue` itself when nothing changes.
 * @throws SchemaError `ROME_SCHEMA_CHANGED`, naming model and column, with the way out.
 */
export async function reconcile(
  catalogue: Catalogue,
  schemas: readonly EntitySchema[],
  rowsOf: (tableId: number) => StoredRows,
): Promise<Catalogue> {
  let { nextId } = catalogue
  const giveId = (): number => {
    if (nextId > idMax) {
      throw new SchemaError(
        'ROME_SCHEMA_INVALID',
        'the store has given out all ids of tables and indexes: load its rows into a new store',
        { context: { idMax } },
      )
    }
    return nextId++
  }
  const tables = new Map(Object.entries(catalogue.tables))
  const droppedIndexes = [...catalogue.droppedIndexes]
  for (const schema of schemas) {
    const stored = tables.get(schema.name)
    const id = stored?.id ?? giveId()
    const rows = stored === undefined ? noRows : rowsOf(id)
    const primaryKey = await reconcilePrimaryKey(schema, stored, rows)
    const columns = await reconcileColumns(schema, stored, rows)
    const indexes = reconcileIndexes(schema, stored, giveId)
    droppedIndexes.push(...indexes.dropped)
    tables.set(schema.name, { id, primaryKey, ...columns, indexes: Object.fromEntries(indexes.current) })
  }
  const next: Catalogue = { ...catalogue, nextId, tables: Object.fromEntries(tables), droppedIndexes }
  return JSON.stringify(next) === JSON.stringify(catalogue) ? catalogue : next
}

async function reconcilePrimaryKey(
  schema: EntitySchema,
  stored: StoredTable | undefined,
  rows: StoredRows,
): Promise<readonly string[]> {
  const names = schema.primaryKey.map((column) => column.storedName)
  const isSame = stored === undefined || JSON.stringify(names) === JSON.stringify(stored.primaryKey)
  if (!isSame && !(await rows.isEmpty())) {
    throw new SchemaError(
      'ROME_SCHEMA_CHANGED',
      'the primary key of stored rows cannot change: store the rows again under a model of another name',
      { context: { model: schema.name, stored: stored.primaryKey, declared: names } },
    )
  }
  return names
}

function reconcileIndexes(
  schema: EntitySchema,
  stored: StoredTable | undefined,
  giveId: () => number,
): { readonly current: ReadonlyMap<string, StoredIndex>; readonly dropped: readonly DroppedIndex[] } {
  const before = new Map(Object.entries(stored?.indexes ?? {}))
  const current = new Map<string, StoredIndex>()
  for (const definition of schema.indexes) {
    const signature = signatureOf(schema, definition)
    const known = before.get(definition.name)
    if (known?.signature === signature) {
      current.set(definition.name, known)
      before.delete(definition.name)
    } else {
      // An index of a table that is new with it has nothing to build.
      current.set(definition.name, { id: giveId(), signature, state: stored === undefined ? 'ready' : 'building' })
    }
  }
  return { current, dropped: Array.from(before, ([name, { id }]) => ({ id, name: `${schema.name}.${name}` })) }
}

/** What the entries of an index depend on. A change of it makes another index. */
function signatureOf(schema: EntitySchema, index: IndexDefinition): string {
  return JSON.stringify({
    columns: index.columns.map(({ column, isDescending }) => [column.storedName, isDescending ? 'desc' : 'asc']),
    unique: index.isUnique,
    // By stored names: a property may be renamed, and its old name given to another.
    where: index.where && fingerprintOf(index.where, ({ position }) => schema.columns[position].storedName),
    include: index.include.map((column) => column.storedName),
    deletedAt: schema.deletedAt?.storedName,
  })
}

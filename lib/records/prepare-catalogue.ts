import { v7 as uuidv7 } from 'uuid'
import { type KeyRange, prefixRange } from '../codec/key.js'
import { decodeRow } from '../codec/row.js'
import { rowPrefix, Space } from '../codec/space.js'
import type { Batch, Engine } from '../engines/contract.js'
import { CorruptionError } from '../errors/rome-error.js'
import type { EntitySchema } from '../schema/entity-schema.js'
import { type Catalogue, catalogueKey, decodeCatalogue, encodeCatalogue, newCatalogue } from './catalogue.js'
import { buildIndex, eraseIndex } from './index-build.js'
import type { OnProgress } from './progress.js'
import { reconcile } from './reconcile.js'
import type { StoredRows } from './reconcile-columns.js'
import { Table } from './table.js'

/**
 * Brings the catalogue of an open engine to what the models need, erases the entries of dropped indexes and builds new
 * indexes. What it does is committed step by step: when it is killed, the next call goes on.
 * @throws SchemaError `ROME_SCHEMA_CHANGED`; ConstraintError `ROME_UNIQUE`; EngineError, CorruptionError.
 */
export async function prepareCatalogue(
  engine: Engine,
  schemas: readonly EntitySchema[],
  onProgress?: OnProgress,
): Promise<Catalogue> {
  const stored = await readCatalogue(engine)
  let catalogue = await reconcile(stored, schemas, (tableId) => storedRows(engine, tableId))
  if (catalogue !== stored) await writeCatalogue(engine, catalogue)
  if (catalogue.droppedIndexes.length > 0) {
    for (const index of catalogue.droppedIndexes) await eraseIndex(engine, index, onProgress)
    catalogue = { ...catalogue, droppedIndexes: [] }
    await writeCatalogue(engine, catalogue)
  }
  for (const schema of schemas) catalogue = await buildMissing(engine, catalogue, schema, onProgress)
  return catalogue
}

/** Builds the indexes of a model that are not ready. */
async function buildMissing(
  engine: Engine,
  catalogue: Catalogue,
  schema: EntitySchema,
  onProgress?: OnProgress,
): Promise<Catalogue> {
  let current = catalogue
  const table = new Table(schema, current.tables[schema.name])
  for (const index of table.indexes) {
    const { name } = index.definition
    const stored = current.tables[schema.name]
    if (stored.indexes[name].state === 'ready') continue
    // A build that was killed left entries, and rows may have changed since.
    await eraseIndex(engine, { id: index.id, name: `${schema.name}.${name}` }, onProgress)
    await buildIndex(engine, table, index, onProgress)
    const indexes = { ...stored.indexes, [name]: { ...stored.indexes[name], state: 'ready' as const } }
    current = { ...current, tables: { ...current.tables, [schema.name]: { ...stored, indexes } } }
    await writeCatalogue(engine, current)
  }
  return current
}

async function readCatalogue(engine: Engine): Promise<Catalogue> {
  const snapshot = await engine.snapshot()
  try {
    const bytes = await snapshot.get(catalogueKey)
    if (bytes !== undefined) return decodeCatalogue(bytes)
  } finally {
    snapshot.release()
  }
  if (await hasAny(engine, { start: Space.row, end: '\xff' })) {
    throw new CorruptionError('ROME_CORRUPT', 'the store has rows but no catalogue: restore it from a backup')
  }
  return newCatalogue()
}

/** Nobody else writes while the store is being opened, so nothing is validated. */
async function writeCatalogue(engine: Engine, catalogue: Catalogue): Promise<void> {
  const write = { key: catalogueKey, value: encodeCatalogue(catalogue) }
  await engine.commit({ id: uuidv7(), readVersion: 0, readKeys: [], readRanges: [], writes: [write] })
}

function storedRows(engine: Engine, tableId: number): StoredRows {
  const range = prefixRange(rowPrefix(tableId))
  let emptiness: Promise<boolean> | undefined
  return {
    isEmpty() {
      emptiness ??= hasAny(engine, range).then((has) => !has)
      return emptiness
    },
    async haveValue({ id }) {
      const lacksValue = ({ keys, values }: Batch) =>
        keys.some((key, position) => (decodeRow(key, values[position]).values[id] ?? null) === null)
      return !(await someBatch(engine, range, undefined, lacksValue))
    },
  }
}

function hasAny(engine: Engine, range: KeyRange): Promise<boolean> {
  return someBatch(engine, range, 1, () => true)
}

async function someBatch(
  engine: Engine,
  range: KeyRange,
  expected: number | undefined,
  test: (batch: Batch) => boolean,
): Promise<boolean> {
  const snapshot = await engine.snapshot()
  const scan = snapshot.scan(range, expected === undefined ? {} : { expected })
  try {
    for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
      if (test(batch)) return true
    }
    return false
  } finally {
    await scan.close()
    snapshot.release()
  }
}

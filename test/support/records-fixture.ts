import { type Key, keyFromBytes, prefixRange } from '../../lib/codec/key.js'
import { Space } from '../../lib/codec/space.js'
import type { Engine, Write } from '../../lib/engines/contract.js'
import { type MemoryEngine, memory } from '../../lib/engines/memory/index.js'
import { type Catalogue, catalogueKey, decodeCatalogue } from '../../lib/records/catalogue.js'
import { RecordStore, type RecordStoreOptions } from '../../lib/records/record-store.js'
import type { RecordTransaction } from '../../lib/records/record-transaction.js'
import type { Row } from '../../lib/records/row.js'
import { create } from '../../lib/schema/create.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { newEntity, rowOf } from '../../lib/schema/row-mapping.js'
import { schemaOf } from '../../lib/schema/schema-of.js'

/** The part of a tap test that is needed here. */
interface WithTeardown {
  teardown(cleanUp: () => Promise<void>): void
}

/** A store of models over an engine, closed at the end of the test. */
export async function openStore(
  test: WithTeardown,
  models: readonly ModelClass[],
  engine: Engine = memory(),
  options: RecordStoreOptions = {},
): Promise<RecordStore> {
  const store = await RecordStore.open(
    engine,
    models.map((model) => schemaOf(model)),
    options,
  )
  test.teardown(() => store.close())
  return store
}

/** What a store in memory holds, in a new engine. */
export function copyOf(store: RecordStore): MemoryEngine {
  const copy = memory()
  copy.load((store.engine as MemoryEngine).dump())
  return copy
}

/** The row of a new entity. */
export function newRow<T extends object>(model: ModelClass<T>, values: object): Row {
  return rowOf(schemaOf(model), create(model, values as never))
}

/** Runs a transaction and commits it. */
export async function transact<T>(
  store: RecordStore,
  work: (transaction: RecordTransaction) => Promise<T> | T,
): Promise<T> {
  const transaction = await store.begin()
  try {
    const result = await work(transaction)
    await transaction.commit({ isolation: 'serializable' })
    return result
  } finally {
    transaction.release()
  }
}

/** Stores new rows in one transaction. */
export async function insertRows<T extends object>(
  store: RecordStore,
  model: ModelClass<T>,
  values: readonly object[],
): Promise<void> {
  const table = store.table(schemaOf(model))
  await transact(store, async (transaction) => {
    for (const value of values) await transaction.insert(table, newRow(model, value))
  })
}

/** All rows of a model by the order of their keys, as properties. */
export async function readRows<T extends object>(store: RecordStore, model: ModelClass<T>): Promise<T[]> {
  const schema = schemaOf(model)
  const table = store.table(schema)
  return Array.from(await rawOf(store.engine, table.prefix), ([key, value]) => {
    const entity = { ...newEntity(schema, table.decode(key, value)) }
    for (const { name } of schema.relations) Reflect.deleteProperty(entity, name)
    return entity
  })
}

/** Every key of an engine that begins with a prefix, with its value. */
export async function rawOf(engine: Engine, prefix: Key): Promise<Map<Key, Uint8Array>> {
  const found = new Map<Key, Uint8Array>()
  const snapshot = await engine.snapshot()
  const scan = snapshot.scan(prefixRange(prefix))
  for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
    batch.keys.forEach((key, index) => {
      found.set(key, batch.values[index])
    })
  }
  await scan.close()
  snapshot.release()
  return found
}

/** All entries of an engine, live ones and those of soft-deleted rows. */
export async function rawEntries(engine: Engine): Promise<Map<Key, Uint8Array>> {
  return new Map([...(await rawOf(engine, Space.entry)), ...(await rawOf(engine, Space.deletedEntry))])
}

/** The catalogue as it is stored. */
export async function storedCatalogue(engine: Engine): Promise<Catalogue> {
  const bytes = (await rawOf(engine, catalogueKey)).get(catalogueKey)
  if (bytes === undefined) throw new Error('the engine has no catalogue')
  return decodeCatalogue(bytes)
}

let commits = 0

/** Writes past all that Rome keeps in order. */
export async function writeRaw(engine: Engine, writes: readonly Write[]): Promise<void> {
  await engine.commit({ id: `raw-${commits++}`, readVersion: 0, readKeys: [], readRanges: [], writes })
}

/** A key from its bytes in hexadecimal. */
export function keyOfHex(hex: string): Key {
  return keyFromBytes(Buffer.from(hex, 'hex'))
}

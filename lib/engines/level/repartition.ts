import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { keyFromBytes, keyToBytes } from '../../codec/key.js'
import { EngineError } from '../../errors/rome-error.js'
import { firstKey, partitionOfKey } from '../placement.js'
import { isMissingFile, removeDirectory, syncDirectory } from './durable-files.js'
import { partitionNames, readIdentity, type StoreIdentity, writeIdentity } from './identity.js'
import { bytesOnly } from './level-database.js'
import { engineError } from './level-errors.js'
import { checkLevelOptions, defaultInternals, type LevelOptions } from './level-options.js'
import { closeAll, closeStore, locate, makePartition, openStore } from './open-store.js'
import type { Partition } from './partition.js'
import type { OpenStore } from './store.js'

/** Options of {@link repartition}. */
export interface RepartitionOptions {
  /** How many partitions the store shall have. */
  readonly partitions: number
  /** A directory for each new partition; inside the store's directory when absent. */
  readonly paths?: readonly string[]
  /** As in {@link LevelOptions}. */
  readonly factory?: LevelOptions['factory']
  /** Called now and then with the number of keys copied so far. */
  readonly onProgress?: (keys: number) => void
}

/**
 * Gives a store another number of partitions: copies all keys into new ones beside the old, switches to them in one
 * step, and deletes the old ones. The store must not be open. It may be killed at any moment: the store then has either
 * number of partitions, whole, and what is left over is deleted at the next open. While it runs the store takes about
 * twice its space.
 *
 * @returns The number of keys.
 * @throws EngineError `ROME_LOCKED`, `ROME_STORE_LAYOUT`, `ROME_DISK_FULL`; UsageError `ROME_ARGUMENT`
 */
export async function repartition(directory: string, options: RepartitionOptions): Promise<number> {
  const { partitions, paths, factory, onProgress } = options
  checkLevelOptions(directory, { partitions, ...(paths && { paths }), ...(factory && { factory }) })
  const root = resolve(directory)
  if ((await readIdentity(root)) === undefined) {
    throw new EngineError('ROME_STORE_LAYOUT', 'There is no store in this directory; give that of an existing one.', {
      context: { directory: root },
    })
  }
  const levelOptions: LevelOptions = factory === undefined ? {} : { factory }
  const store = await openStore(root, levelOptions, defaultInternals)
  let next: readonly Partition[] = []
  try {
    const generation = store.identity.generation + 1
    const names = paths?.map((path) => resolve(path)) ?? partitionNames(partitions, generation)
    for (const name of names) await requireFree(locate(root, name))
    // Whatever is copied is to be deleted until the switch.
    await writeIdentity(root, { ...store.identity, obsolete: names })
    next = names.map((name) => makePartition(root, name, levelOptions))
    const keys = await copy(store, next, onProgress)
    await initialise(store, next, generation)
    const switched: StoreIdentity = {
      ...store.identity,
      generation,
      partitions: names,
      obsolete: store.identity.partitions,
    }
    await writeIdentity(root, switched)
    await closeAll(store.partitions)
    for (const path of switched.obsolete) await removeDirectory(locate(root, path))
    // The new partitions are open, so nobody else has begun to use the store before this is written.
    await writeIdentity(root, { ...switched, obsolete: [] })
    return keys
  } catch (error) {
    throw engineError(error, 'repartitioning', { directory: root })
  } finally {
    await closeStore(store)
    await closeAll(next)
  }
}

/** The directory of a new partition will be deleted if this is not completed, so it must be nobody's. */
async function requireFree(location: string): Promise<void> {
  const names = await readdir(location).catch((error: unknown) => {
    if (isMissingFile(error)) return []
    throw error
  })
  if (names.length === 0) return
  throw new EngineError('ROME_STORE_LAYOUT', 'Give the new partitions directories that are missing or empty.', {
    context: { location, found: names.slice(0, 5) },
  })
}

/** What is copied at a time. */
const keysAtATime = 1000
const bytesAtATime = 1024 * 1024

async function copy(
  store: OpenStore,
  next: readonly Partition[],
  onProgress: RepartitionOptions['onProgress'],
): Promise<number> {
  for (const partition of next) await partition.open(true)
  let keys = 0
  for (const { database } of store.partitions) {
    const iterator = database.iterator({
      ...bytesOnly,
      gte: keyToBytes(firstKey),
      highWaterMarkBytes: bytesAtATime,
      fillCache: false,
    })
    try {
      for (;;) {
        const entries = await iterator.nextv(keysAtATime)
        if (entries.length === 0) break
        const shares = next.map((): [Buffer, Buffer][] => [])
        for (const entry of entries) shares[partitionOfKey(keyFromBytes(entry[0]), next.length)]?.push(entry)
        await Promise.all(next.map((partition, index) => put(partition, shares[index] ?? [])))
        keys += entries.length
        onProgress?.(keys)
      }
    } finally {
      await iterator.close()
    }
  }
  return keys
}

async function put(partition: Partition, entries: readonly [Buffer, Buffer][]): Promise<void> {
  await partition.write({ sync: false }, (batch) => {
    for (const [key, value] of entries) batch.put(key, value, bytesOnly)
  })
}

async function initialise(store: OpenStore, next: readonly Partition[], generation: number): Promise<void> {
  const { identity, log, directory } = store
  await Promise.all(
    next.map((partition, index) =>
      partition.initialise({
        store: identity.store,
        generation,
        partition: index,
        partitions: next.length,
        checkpoint: log.version,
      }),
    ),
  )
  await syncDirectory(directory)
}

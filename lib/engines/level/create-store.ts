import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EngineError } from '../../errors/rome-error.js'
import { Outcomes } from '../outcomes.js'
import { CommitLog } from './commit-log.js'
import { removeDirectory, syncDirectory } from './durable-files.js'
import {
  identityName,
  identityText,
  partitionNames,
  readIdentity,
  type StoreIdentity,
  storeFormat,
  writeIdentity,
} from './identity.js'
import type { LevelInternals, LevelOptions } from './level-options.js'
import { ownerName } from './ownership.js'
import type { Partition } from './partition.js'
import type { OpenStore } from './store.js'
import { headerContent, logDirectoryOf } from './store.js'

/**
 * Writes the identity of a store that is about to be created, unless somebody else does. Nothing else is there yet, so
 * a kill leaves a store in the state `creating`, which the next opener begins again.
 */
export async function beginStore(root: string, options: LevelOptions): Promise<StoreIdentity> {
  await mkdir(root, { recursive: true })
  const names = (await readdir(root)).filter((name) => name !== ownerName && !isTemporary(name))
  const existing = names.includes(identityName) ? await readIdentity(root) : undefined
  if (existing !== undefined) return existing
  if (names.length > 0) {
    throw new EngineError('ROME_STORE_LAYOUT', 'The directory holds files that are no store; give an empty one.', {
      context: { directory: root, found: names.slice(0, 5) },
    })
  }
  const identity: StoreIdentity = {
    format: storeFormat,
    store: randomUUID(),
    state: 'creating',
    generation: 1,
    partitions: absolutePaths(options) ?? partitionNames(options.partitions ?? 1, 1),
    obsolete: [],
  }
  const temporary = join(root, `${identityName}.${identity.store}.tmp`)
  await writeFile(temporary, identityText(identity), { flush: true })
  try {
    // A link, unlike a renaming, fails when the name is there already: of two creators one wins.
    await link(temporary, join(root, identityName))
  } catch (error) {
    const other = await readIdentity(root)
    if (other === undefined) throw error
    return other
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(root)
  return identity
}

function isTemporary(name: string): boolean {
  return name.startsWith(`${identityName}.`) && name.endsWith('.tmp')
}

/** The caller's paths, if there are any, independent of the working directory. */
export function absolutePaths({ paths }: LevelOptions): string[] | undefined {
  return paths?.map((path) => resolve(path))
}

/** Makes all parts of a store whose first partition is locked, from nothing. */
export async function createParts(
  root: string,
  identity: StoreIdentity,
  partitions: readonly Partition[],
  internals: LevelInternals,
): Promise<OpenStore> {
  const logDirectory = logDirectoryOf(root)
  await removeDirectory(logDirectory)
  await mkdir(logDirectory)
  const outcomes = new Outcomes()
  const log = await CommitLog.create(logDirectory, internals, headerContent(identity, outcomes))
  try {
    const { store, generation } = identity
    await Promise.all(
      partitions.map(async (partition, index) => {
        if (index > 0) await partition.open(true)
        await partition.requireEmpty(store)
        await partition.initialise({
          store,
          generation,
          partition: index,
          partitions: partitions.length,
          checkpoint: 0,
        })
        await syncDirectory(dirname(partition.location))
      }),
    )
    const ready: StoreIdentity = { ...identity, state: 'ready' }
    await writeIdentity(root, ready)
    return { directory: root, identity: ready, partitions, log, outcomes, isNew: true }
  } catch (error) {
    await log.close()
    throw error
  }
}

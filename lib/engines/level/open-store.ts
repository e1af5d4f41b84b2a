import { isAbsolute, join, resolve } from 'node:path'
import { CorruptionError, EngineError, UsageError } from '../../errors/rome-error.js'
import type { Version } from '../contract.js'
import { applyCommits } from './applier.js'
import { CommitLog } from './commit-log.js'
import type { LoggedCommit } from './commit-record.js'
import { absolutePaths, beginStore, createParts } from './create-store.js'
import { removeDirectory } from './durable-files.js'
import { readIdentity, type StoreIdentity, writeIdentity } from './identity.js'
import type { LevelDatabase } from './level-database.js'
import { engineError } from './level-errors.js'
import { type LevelInternals, type LevelOptions, makeLevel } from './level-options.js'
import { checkLog, commitsAfter } from './log-reader.js'
import { readOwner, removeOwner, writeOwner } from './ownership.js'
import { Partition } from './partition.js'
import { headerContent, logDirectoryOf, type OpenStore } from './store.js'

export type { OpenStore } from './store.js'

/** How often an opener tries again when another process changed the store between its looks. */
const attemptsMax = 5

/** Opens a store, creates it if its directory is empty or missing, and recovers it. */
export async function openStore(
  directory: string,
  options: LevelOptions,
  internals: LevelInternals,
): Promise<OpenStore> {
  const root = resolve(directory)
  try {
    for (let attempt = 1; ; attempt++) {
      const seen = (await readIdentity(root)) ?? (await beginStore(root, options))
      const identity = withOptions(root, seen, options)
      const partitions = identity.partitions.map((path) => makePartition(root, path, options))
      try {
        await lock(root, identity, partitions)
        const current = await readIdentity(root)
        if (JSON.stringify(current) === JSON.stringify(seen)) {
          return await recover(root, identity, seen, partitions, internals)
        }
      } catch (error) {
        await closeAll(partitions)
        const current = await readIdentity(root)
        if (attempt === attemptsMax || JSON.stringify(current) === JSON.stringify(seen)) throw error
        continue
      }
      await closeAll(partitions)
      if (attempt === attemptsMax) throw new Error('the identity of the store keeps changing')
    }
  } catch (error) {
    throw engineError(error, 'opening the store', { directory: root })
  }
}

/** Closes what {@link openStore} opened. */
export async function closeStore(store: OpenStore): Promise<void> {
  await store.log.close()
  await removeOwner(store.directory)
  await closeAll(store.partitions)
}

/** Where a partition of an identity lies. */
export function locate(root: string, path: string): string {
  return isAbsolute(path) ? path : join(root, path)
}

/** A partition at a path of the identity, not open yet. */
export function makePartition(root: string, path: string, { factory = makeLevel }: LevelOptions): Partition {
  return new Partition(locate(root, path), (location) => checkDatabase(factory(location)))
}

/** @throws UsageError `ROME_OPTION_NOT_SUPPORTED` when the database lacks what the engine cannot do without. */
function checkDatabase(database: LevelDatabase): LevelDatabase {
  const { supports } = database
  const missing: string[] = []
  if (supports.explicitSnapshots !== true) missing.push('explicit snapshots')
  if (supports.additionalMethods?.compactRange !== true) missing.push('compactRange')
  if (missing.length === 0) return database
  throw new UsageError('ROME_OPTION_NOT_SUPPORTED', 'The factory makes a database that lacks something; use another.', {
    context: { missing },
  })
}

export async function closeAll(partitions: readonly Partition[]): Promise<void> {
  await Promise.allSettled(partitions.map((partition) => partition.close()))
}

/** The identity under the caller's options: partitions may have been moved, but not become more or fewer. */
function withOptions(root: string, identity: StoreIdentity, options: LevelOptions): StoreIdentity {
  const stored = identity.partitions.length
  const wanted = options.paths?.length ?? options.partitions
  if (wanted !== undefined && wanted !== stored) {
    throw new EngineError(
      'ROME_PARTITIONS_CHANGED',
      'The store has another number of partitions; change it by `rome repartition <directory> --partitions <n>`.',
      { context: { command: `rome repartition ${root} --partitions ${wanted}`, stored, wanted } },
    )
  }
  const paths = absolutePaths(options)
  if (paths === undefined || paths.every((path, index) => path === identity.partitions[index])) return identity
  return { ...identity, partitions: paths }
}

/** Opens the databases, the first of them first: its lock decides who has the store. */
async function lock(root: string, identity: StoreIdentity, partitions: readonly Partition[]): Promise<void> {
  const createIfMissing = identity.state === 'creating'
  const [first, ...others] = partitions
  try {
    await first?.open(createIfMissing)
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'ROME_LOCKED') throw error
    const owner = await readOwner(root)
    throw new EngineError('ROME_LOCKED', 'The store is open elsewhere; close it there first.', {
      context: { directory: root, ...owner },
      cause: error,
    })
  }
  if (!createIfMissing) await Promise.all(others.map((partition) => partition.open(false)))
}

/** Brings a locked store to the state in which commits can be taken. */
async function recover(
  root: string,
  identity: StoreIdentity,
  seen: StoreIdentity,
  partitions: readonly Partition[],
  internals: LevelInternals,
): Promise<OpenStore> {
  await writeOwner(root)
  if (identity.state === 'creating') return await createParts(root, identity, partitions, internals)
  const logDirectory = logDirectoryOf(root)
  const marks = await Promise.all(
    partitions.map((partition, index) =>
      partition.check({
        store: identity.store,
        generation: identity.generation,
        partition: index,
        partitions: partitions.length,
      }),
    ),
  )
  const checked = await checkLog(logDirectory, identity.store)
  const complete = Math.min(...marks.map((mark) => mark.checkpoint))
  const newest = Math.max(...marks.map((mark) => Math.max(mark.checkpoint, mark.applied)))
  if (complete < checked.before || newest > checked.version) {
    throw new CorruptionError('ROME_CORRUPT', 'The commit log is damaged; restore the store from a backup.', {
      context: {
        problem: complete < checked.before ? 'its beginning is missing' : 'its end is missing',
        log: [checked.before, checked.version],
        partitions: [complete, newest],
      },
    })
  }
  if (identity.obsolete.length > 0 || identity !== seen) {
    for (const path of identity.obsolete) await removeDirectory(locate(root, path))
    await writeIdentity(root, { ...identity, obsolete: [] })
  }
  const log = await CommitLog.resume(logDirectory, internals, checked)
  const store: OpenStore = {
    directory: root,
    identity: { ...identity, obsolete: [] },
    partitions,
    log,
    outcomes: checked.outcomes,
    isNew: checked.version === 0,
  }
  try {
    if (complete < checked.version) await replay(store, logDirectory, complete, checked)
  } catch (error) {
    await log.close()
    throw error
  }
  return store
}

/** Applies again all that the partitions may lack, makes that permanent, and empties the log. */
async function replay(
  store: OpenStore,
  logDirectory: string,
  complete: Version,
  checked: Parameters<typeof commitsAfter>[1],
): Promise<void> {
  const { partitions, log } = store
  let chunk: LoggedCommit[] = []
  let writes = 0
  for await (const commit of commitsAfter(logDirectory, checked, complete)) {
    chunk.push(commit)
    writes += commit.writes.length
    if (writes < replayWrites) continue
    await applyCommits(chunk, partitions, commit.version)
    chunk = []
    writes = 0
  }
  await applyCommits(chunk, partitions, log.version)
  await Promise.all(partitions.map((partition) => partition.checkpoint(log.version)))
  await emptyLog(store, log.version)
}

/** Leaves nothing in the log of what the partitions are known to have, but what is kept for feeds. */
export async function emptyLog({ log, identity, outcomes }: OpenStore, checkpoint: Version): Promise<void> {
  if (log.isWorthEmptying) await log.rotate(headerContent(identity, outcomes))
  await log.deleteThrough(checkpoint)
}

/** How many writes are applied at a time when the log is replayed. */
const replayWrites = 2000

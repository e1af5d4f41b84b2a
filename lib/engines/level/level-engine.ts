import { resolve } from 'node:path'
import { CorruptionError, EngineError } from '../../errors/rome-error.js'
import { ChangeFeeds, checkReached } from '../change-feed.js'
import { checkCommit } from '../commit-check.js'
import { ConflictValidator } from '../conflicts.js'
import type {
  ChangesOptions,
  CommitListener,
  CommitOutcome,
  CommitRequest,
  CommittedChanges,
  Engine,
  EngineManifest,
  KeyRange,
  Version,
} from '../contract.js'
import { Lifecycle } from '../lifecycle.js'
import { partitionsOfRange } from '../placement.js'
import { EngineStatistics } from '../statistics.js'
import { Applier } from './applier.js'
import { Base } from './base.js'
import { Committer } from './committer.js'
import { damagedTables } from './damaged-tables.js'
import { readIdentity } from './identity.js'
import { checkLevelOptions, defaultInternals, type LevelInternals, type LevelOptions } from './level-options.js'
import { LevelSnapshot } from './level-snapshot.js'
import { LogFeedReader } from './log-feed-reader.js'
import { closeStore, emptyLog, openStore } from './open-store.js'
import { Overlay } from './overlay.js'
import { headerContent, type OpenStore } from './store.js'

/** What exists while the engine is open. */
interface Running {
  readonly store: OpenStore
  readonly overlay: Overlay
  readonly applier: Applier
  readonly committer: Committer
}

const commitBytesMax = 256 * 1024 * 1024
const commitWritesMax = 1_000_000

/** The engine over LevelDB partitions inside this process. Made by {@link level}. */
export class LevelEngine implements Engine {
  readonly #directory: string
  readonly #options: LevelOptions
  readonly #internals: LevelInternals
  readonly #lifecycle = new Lifecycle()
  readonly #statistics = new EngineStatistics()
  readonly #snapshots = new Set<LevelSnapshot>()
  readonly #feeds = new ChangeFeeds()
  readonly #snapshotOwner = {
    statistics: this.#statistics,
    released: (snapshot: LevelSnapshot) => this.#snapshots.delete(snapshot),
  }
  #manifest: EngineManifest
  #running: Running | undefined
  #listener: CommitListener | undefined

  /** @param internals Thresholds and file operations; only tests give them. */
  constructor(directory: string, options: LevelOptions = {}, internals: Partial<LevelInternals> = {}) {
    checkLevelOptions(directory, options)
    this.#directory = directory
    this.#options = options
    this.#internals = {
      ...defaultInternals,
      ...(options.keepLog && { keepLogBytes: options.keepLog.bytes }),
      ...internals,
    }
    this.#manifest = this.#describe(options.paths?.length ?? options.partitions ?? 1)
  }

  /** The number of partitions is known for certain once the engine is open. */
  get manifest(): EngineManifest {
    return this.#manifest
  }

  open(): Promise<void> {
    return this.#lifecycle.open(async () => {
      if (this.#options.checksTables === true) await requireWholeTables(this.#directory)
      const store = await openStore(this.#directory, this.#options, this.#internals)
      this.#manifest = this.#describe(store.partitions.length)
      this.#running = this.#start(store)
    })
  }

  snapshot(): LevelSnapshot {
    const snapshot = new LevelSnapshot(this.#require().overlay.view(), this.#snapshotOwner)
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async commit(request: CommitRequest): Promise<Version> {
    const { committer } = this.#require()
    return await committer.submit(request, checkCommit(request, this.#manifest))
  }

  async outcome(id: string): Promise<CommitOutcome> {
    const { committer, store } = this.#require()
    await committer.settled(id)
    if (committer.isUnknown(id)) {
      throw new EngineError('ROME_HALTED', 'The store stopped before the outcome was known; open it again and ask.', {
        context: { id },
        cause: committer.halted,
      })
    }
    return store.outcomes.settle(id)
  }

  follow(listener: CommitListener): void {
    this.#listener = listener
  }

  changes(options: ChangesOptions = {}): AsyncIterableIterator<CommittedChanges> {
    const { store, overlay, committer } = this.#require()
    checkReached(options.after, overlay.version)
    const newest = { published: () => overlay.version, sync: () => committer.sync() }
    return this.#feeds.open(new LogFeedReader(store.log, options.after ?? overlay.version, newest), options)
  }

  partitionsOf(range: KeyRange): readonly number[] {
    this.#require()
    return partitionsOfRange(range, this.#manifest.partitions)
  }

  stats(): Readonly<Record<string, number>> {
    return {
      ...this.#statistics,
      liveFeeds: this.#feeds.size,
      syncs: this.#running?.store.log.syncCount ?? 0,
      backlog: this.#running?.applier.backlog ?? 0,
      overlayBytes: this.#running?.overlay.bytes ?? 0,
    }
  }

  close(): Promise<void> {
    return this.#lifecycle.close(async () => {
      const running = this.#running
      if (running === undefined) return
      const { store, overlay, applier, committer } = running
      await this.#feeds.close()
      const wasHalted = committer.halted !== undefined
      try {
        await committer.finish()
        if (committer.halted === undefined) await applier.finish()
        else await applier.stop()
        // A halted store leaves its log as it is: the next open takes from it what the partitions lack.
        if (committer.halted === undefined) await emptyLog(store, applier.checkpoint)
      } finally {
        for (const snapshot of this.#snapshots) snapshot.release()
        overlay.close()
        await closeStore(store)
      }
      // Nothing is lost from the log, but whoever closes a store in peace must hear that it did not end in peace.
      if (!wasHalted && committer.halted !== undefined) throw committer.haltedError()
    })
  }

  #start(store: OpenStore): Running {
    const { log, partitions, outcomes, identity } = store
    const overlay = new Overlay(new Base(log.version, partitions, store.isNew))
    const applier = new Applier({
      partitions,
      log,
      overlay,
      internals: this.#internals,
      onSynced: () => this.#feeds.wake(),
      onFailure: (error) => committer.halt(error),
    })
    const committer = new Committer({
      log,
      overlay,
      applier,
      conflicts: new ConflictValidator(log.version),
      outcomes,
      statistics: this.#statistics,
      defaultDurability: this.#options.durability ?? 'commit',
      segmentBytes: this.#internals.segmentBytes,
      headerOf: () => headerContent(identity, outcomes),
      oldestReader: () => this.#oldestReader(),
      onPublish: (version, writes) => {
        this.#listener?.(version, writes)
        this.#feeds.wake()
      },
    })
    return { store, overlay, applier, committer }
  }

  #oldestReader(): Version | undefined {
    const [oldest] = this.#snapshots
    return oldest?.version
  }

  #describe(partitions: number): EngineManifest {
    return Object.freeze({
      name: 'level',
      atomicScope: 'store',
      partitions,
      exclusive: true,
      durabilities: Object.freeze(
        this.#options.durability === 'os' ? (['os', 'commit'] as const) : (['commit', 'os'] as const),
      ),
      commitBytesMax,
      commitWritesMax,
      watch: true,
    })
  }

  #require(): Running {
    this.#lifecycle.requireOpen()
    return this.#running as Running
  }
}

/**
 * Looks before LevelDB does, which may end the process over a damaged table. A store that is still to be made has none.
 * @throws CorruptionError `ROME_CORRUPT`.
 */
async function requireWholeTables(directory: string): Promise<void> {
  if ((await readIdentity(resolve(directory))) === undefined) return
  const [first, ...others] = await damagedTables(directory)
  if (first === undefined) return
  throw new CorruptionError('ROME_CORRUPT', 'A table file of the store is damaged; restore the store from a backup.', {
    context: { file: first.file, problem: first.problem, otherFiles: others.length },
  })
}

import { UsageError } from '../../errors/rome-error.js'
import { ChangeFeeds, checkReached, type KeepLog, keepLogBytesDefault } from '../change-feed.js'
import { checkCommit, checkMayCommit } from '../commit-check.js'
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
import { createKeyTree, type KeyTree } from '../key-tree.js'
import { Lifecycle } from '../lifecycle.js'
import { Outcomes } from '../outcomes.js'
import { partitionsOfRange } from '../placement.js'
import { EngineStatistics } from '../statistics.js'
import { MemorySnapshot } from './memory-snapshot.js'
import { RecentCommits } from './recent-commits.js'

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** What the manifest says, and where keys would lie; the data is in one tree all the same. 1 when absent. */
  readonly partitions?: number
  /** How much of the newest commits is kept for feeds that begin before now, or are slow; 4 MiB when absent. */
  readonly keepLog?: KeepLog
}

/** The content of a memory engine at one moment. Taking and loading one is O(1). */
export class MemoryDump {
  /** @internal */
  readonly tree: KeyTree<Uint8Array>

  /** @internal */
  constructor(tree: KeyTree<Uint8Array>) {
    this.tree = tree
  }

  /** How many keys it holds. */
  get size(): number {
    return this.tree.size
  }
}

/**
 * An engine that holds everything in one sorted tree in memory, and forgets it when the process ends.
 *
 * It validates and applies a commit at once, so all it promises is easy to see; the other engines are compared with it.
 */
export class MemoryEngine implements Engine {
  readonly manifest: EngineManifest
  readonly #lifecycle = new Lifecycle()
  readonly #statistics = new EngineStatistics()
  readonly #snapshots = new Set<MemorySnapshot>()
  readonly #outcomes = new Outcomes()
  readonly #conflicts = new ConflictValidator(0)
  readonly #recent: RecentCommits
  readonly #feeds = new ChangeFeeds()
  readonly #snapshotOwner = {
    statistics: this.#statistics,
    released: (snapshot: MemorySnapshot) => this.#snapshots.delete(snapshot),
  }
  #tree = createKeyTree<Uint8Array>()
  /** Whether somebody else holds the tree's root, which then must not be changed. */
  #shared = false
  #version: Version = 0
  #listener: CommitListener | undefined

  constructor(options: MemoryOptions = {}) {
    const partitions = options.partitions ?? 1
    if (!Number.isSafeInteger(partitions) || partitions < 1) {
      throw new UsageError('ROME_ARGUMENT', 'Give a number of partitions from 1 upwards.', { context: { partitions } })
    }
    const keepBytes = options.keepLog?.bytes ?? keepLogBytesDefault
    if (!(Number.isSafeInteger(keepBytes) && keepBytes >= 0)) {
      throw new UsageError('ROME_ARGUMENT', 'Give the bytes of commits to keep, 0 or more.', {
        context: { keepLog: options.keepLog },
      })
    }
    this.#recent = new RecentCommits(keepBytes)
    this.manifest = Object.freeze({
      name: 'memory',
      atomicScope: 'store',
      partitions,
      exclusive: true,
      durabilities: Object.freeze(['none'] as const),
      commitBytesMax: 256 * 1024 * 1024,
      commitWritesMax: 1_000_000,
      watch: true,
    })
  }

  open(): Promise<void> {
    return this.#lifecycle.open(() => Promise.resolve())
  }

  snapshot(): MemorySnapshot {
    this.#lifecycle.requireOpen()
    this.#shared = true
    const snapshot = new MemorySnapshot(this.#version, this.#tree, this.#snapshotOwner)
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async commit(request: CommitRequest): Promise<Version> {
    this.#lifecycle.requireOpen()
    const bytes = checkCommit(request, this.manifest)
    checkMayCommit(request, this.#outcomes, this.#version)
    this.#conflicts.validate(request)
    const version = this.#version + 1
    this.#conflicts.add(version, request.writes)
    this.#writableTree()
    for (const { key, value } of request.writes) {
      if (value === undefined) this.#tree.delete(key)
      else this.#tree.set(key, value)
    }
    this.#version = version
    this.#listener?.(version, request.writes)
    this.#outcomes.add(request.id, version)
    this.#recent.add(version, request.writes, bytes)
    this.#feeds.wake()
    const [oldest] = this.#snapshots
    this.#conflicts.forgetBefore(oldest?.version ?? version)
    this.#statistics.commits++
    this.#statistics.groups++
    return version
  }

  async outcome(id: string): Promise<CommitOutcome> {
    this.#lifecycle.requireOpen()
    return this.#outcomes.settle(id)
  }

  follow(listener: CommitListener): void {
    this.#listener = listener
  }

  changes(options: ChangesOptions = {}): AsyncIterableIterator<CommittedChanges> {
    this.#lifecycle.requireOpen()
    checkReached(options.after, this.#version)
    return this.#feeds.open(this.#recent.reader(options.after ?? this.#version), options)
  }

  partitionsOf(range: KeyRange): readonly number[] {
    this.#lifecycle.requireOpen()
    return partitionsOfRange(range, this.manifest.partitions)
  }

  stats(): Readonly<Record<string, number>> {
    return { ...this.#statistics, liveFeeds: this.#feeds.size, syncs: 0, backlog: 0 }
  }

  /** The content as it is now, to be loaded again, here or elsewhere, any number of times. */
  dump(): MemoryDump {
    return new MemoryDump(this.#tree.clone())
  }

  /** Replaces the content, like a commit that conflicts with every transaction under way. Snapshots keep theirs. */
  load(dump: MemoryDump): void {
    this.#tree = dump.tree.clone()
    this.#shared = false
    this.#version++
    this.#conflicts.forgetBefore(this.#version)
    this.#listener?.(this.#version, undefined)
    this.#recent.forget(this.#version)
    this.#feeds.wake()
  }

  close(): Promise<void> {
    return this.#lifecycle.close(async () => {
      await this.#feeds.close()
      for (const snapshot of this.#snapshots) snapshot.release()
    })
  }

  #writableTree(): void {
    if (!this.#shared) return
    this.#tree = this.#tree.clone()
    this.#shared = false
  }
}

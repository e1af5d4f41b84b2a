import type { RomeError } from '../../errors/rome-error.js'
import type { Version, Write } from '../contract.js'
import { partitionOfKey } from '../placement.js'
import { Base } from './base.js'
import type { CommitLog } from './commit-log.js'
import { engineError } from './level-errors.js'
import type { LevelInternals } from './level-options.js'
import type { Overlay } from './overlay.js'
import type { Partition } from './partition.js'
import type { PendingCommit } from './pending-commit.js'

/** The most writes applied at a time, which bounds how long preparing them takes. */
const writesAtATimeMax = 1000

export interface ApplierOptions {
  readonly partitions: readonly Partition[]
  readonly log: CommitLog
  readonly overlay: Overlay
  readonly internals: LevelInternals
  /** More of the log is on stable storage. */
  readonly onSynced: () => void
  /** Called once, when the partitions can no longer follow. */
  readonly onFailure: (error: RomeError) => void
}

/**
 * Brings the partitions up to date behind the commits, takes new bases and makes checkpoints.
 *
 * Nothing is applied before the log has it on stable storage. So after a power cut the partitions never hold a part of
 * a commit that the log has lost.
 */
export class Applier {
  readonly #options: ApplierOptions
  #pending: PendingCommit[] = []
  #pendingBytes = 0
  #bytesSinceCheckpoint = 0
  #applied: Version
  #checkpoint: Version
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #failed = false
  #wakeCommitter: (() => void) | undefined

  constructor(options: ApplierOptions) {
    this.#options = options
    this.#applied = options.log.version
    this.#checkpoint = options.log.version
  }

  /** Bytes that the partitions are behind. */
  get backlog(): number {
    return this.#pendingBytes
  }

  get isFull(): boolean {
    return this.#pendingBytes > this.#options.internals.backlogBytes && !this.#failed
  }

  /** Waits until the backlog is no longer full, or no longer shrinks. */
  async room(): Promise<void> {
    while (this.isFull) {
      await new Promise<void>((resolve) => {
        this.#wakeCommitter = resolve
        this.#start()
      })
    }
  }

  /** Takes a published commit. */
  add(commit: PendingCommit): void {
    this.#pending.push(commit)
    this.#pendingBytes += commit.bytes
    this.#bytesSinceCheckpoint += commit.bytes
    this.#schedule()
  }

  /** The version up to which the log is no longer needed. */
  get checkpoint(): Version {
    return this.#checkpoint
  }

  /** Waits until all is applied that was added, and checkpointed. To be called when nothing is added any more. */
  async finish(): Promise<void> {
    while (this.#pending.length > 0 && !this.#failed) {
      this.#start()
      await this.#running
    }
    await this.stop()
    if (!this.#failed) await this.#guard(() => this.#makeCheckpoint())
  }

  /** Waits for work under way, and begins no more by itself. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#running
  }

  /** Gives up: what is pending stays in the overlay and in the log. */
  halt(): void {
    this.#failed = true
    this.#wake()
  }

  #schedule(): void {
    const { applyBytes, applyDelayMs } = this.#options.internals
    if (this.#pendingBytes >= applyBytes) this.#start()
    else this.#timer ??= setTimeout(() => this.#start(), applyDelayMs).unref()
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#failed || this.#running !== undefined) return
    this.#running = this.#guard(() => this.#run()).finally(() => {
      this.#running = undefined
      if (this.#pending.length > 0 && !this.#failed) this.#schedule()
    })
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.halt()
      this.#options.onFailure(engineError(error, 'bringing the partitions up to date'))
    }
  }

  /** Applies what is pending now; what comes meanwhile only if it is much, because every turn costs a sync. */
  async #run(): Promise<void> {
    const { overlay, internals } = this.#options
    const target = this.#pending.at(-1)?.version ?? this.#applied
    while (!this.#failed && (this.#applied < target || this.#pendingBytes >= internals.applyBytes)) {
      await this.#applySome()
      // What is pending is put into the new overlay again, so that must be the smaller part.
      if (overlay.bytes > internals.overlayBytes && this.#pendingBytes <= overlay.bytes / 2) {
        overlay.rebase(new Base(this.#applied, this.#options.partitions, false), this.#pending)
      }
      if (this.#bytesSinceCheckpoint - this.#pendingBytes > internals.checkpointBytes) await this.#makeCheckpoint()
    }
  }

  async #applySome(): Promise<void> {
    const { log, partitions, onSynced } = this.#options
    let count = 0
    let writes = 0
    let bytes = 0
    let version = this.#applied
    for (const commit of this.#pending) {
      if (count > 0 && writes + commit.writes.length > writesAtATimeMax) break
      count++
      writes += commit.writes.length
      bytes += commit.bytes
      version = commit.version
    }
    if (log.syncedVersion < version) {
      await log.sync()
      onSynced()
    }
    await applyCommits(this.#pending.slice(0, count), partitions, version)
    this.#pending = this.#pending.slice(count)
    this.#pendingBytes -= bytes
    this.#applied = version
    this.#wake()
  }

  async #makeCheckpoint(): Promise<void> {
    const { log, partitions } = this.#options
    const version = this.#applied
    if (version === this.#checkpoint) return
    await Promise.all(partitions.map((partition) => partition.checkpoint(version)))
    await log.deleteThrough(version)
    this.#checkpoint = version
    this.#bytesSinceCheckpoint = this.#pendingBytes
  }

  #wake(): void {
    const wake = this.#wakeCommitter
    this.#wakeCommitter = undefined
    wake?.()
  }
}

/** Applies commits, in order, that end with `version`. */
export async function applyCommits(
  commits: readonly { readonly writes: readonly Write[] }[],
  partitions: readonly Partition[],
  version: Version,
): Promise<void> {
  const shares = partitions.map((): Write[] => [])
  for (const { writes } of commits) {
    for (const write of writes) shares[partitionOfKey(write.key, partitions.length)]?.push(write)
  }
  const applied = partitions.map((partition, index) => {
    const share = shares[index]
    return share === undefined || share.length === 0 ? undefined : partition.apply(share, version)
  })
  await Promise.all(applied)
}

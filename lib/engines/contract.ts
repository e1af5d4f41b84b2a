import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key, KeyRange } from '../codec/key.js'

export type { Key, KeyRange } from '../codec/key.js'

/** The position of a commit in an engine's one order of commits; grows by every commit. */
export type Version = number

/**
 * When a commit is acknowledged: `commit`, after it was synced to stable storage and so survives a power cut;
 * `os`, after the operating system has it and so it survives a killed process; `none`, while it is in memory only.
 */
export type Durability = 'commit' | 'os' | 'none'

/** What an engine promises. Callers branch on this, never on its name. */
export interface EngineManifest {
  /** For messages and plans only. */
  readonly name: string
  /** What one commit can cover atomically. */
  readonly atomicScope: 'store' | 'partition'
  readonly partitions: number
  /** This process is the only writer, so decoded data may be kept. */
  readonly exclusive: boolean
  /** The durabilities a commit may ask for; the first is the engine's default. */
  readonly durabilities: readonly Durability[]
  /** The most bytes of keys and values in one commit. */
  readonly commitBytesMax: number
  /** The most writes in one commit. */
  readonly commitWritesMax: number
  /** Whether {@link Engine.changes} gives out the commits. */
  readonly watch: boolean
}

/**
 * One write: a value to put, or `undefined` to delete the key. The engine keeps the bytes it is given: they must not be
 * changed afterwards.
 */
export interface Write {
  readonly key: Key
  readonly value: Uint8Array | undefined
  /** What the writer notes on the write, 0 to 255, for who follows the changes; 0 when absent. */
  readonly mark?: number
}

/** A commit as {@link Engine.changes} gives it out. */
export interface CommittedChanges {
  readonly version: Version
  /** As they were committed, in ascending order of key. Values must not be changed. */
  readonly writes: readonly Write[]
}

/** Where a feed begins, and what ends it. */
export interface ChangesOptions {
  /** The version after which it begins; the newest when absent. */
  readonly after?: Version | undefined
  /** Ends the feed with an AbortError `ROME_ABORTED`. */
  readonly signal?: AbortSignal | undefined
}

/** What must be true, and what becomes true, together or not at all. */
export interface CommitRequest {
  /** Chosen by the caller, unique (a UUIDv7): by it an unknown outcome is settled. */
  readonly id: string
  /**
   * The version the reads were made at. Their snapshot is released after the commit, not before: an engine may forget
   * which keys were written before the oldest live snapshot, and then refuses with `ROME_SNAPSHOT_TOO_OLD`.
   */
  readonly readVersion: Version
  /** Keys that no later commit may have written. */
  readonly readKeys: readonly Key[]
  /** Ranges in which no later commit may have written, neither put nor deleted. */
  readonly readRanges: readonly KeyRange[]
  /** In ascending order of key, no key twice. */
  readonly writes: readonly Write[]
  /** One of the manifest's; its first when absent. */
  readonly durability?: Durability
  readonly signal?: AbortSignal
}

/** What became of a commit whose answer was lost. Once `aborted` was answered, the commit can no longer happen. */
export type CommitOutcome =
  | { readonly state: 'committed'; readonly version: Version }
  | { readonly state: 'aborted' }
  /** Older than what the engine remembers. */
  | { readonly state: 'forgotten' }

/** Keys and values of one batch, side by side. Values must not be changed. */
export interface Batch<V = Uint8Array> {
  readonly keys: readonly Key[]
  readonly values: readonly V[]
}

/** How a range is read. */
export interface ScanOptions {
  /** From the end of the range to its start. */
  readonly reverse?: boolean
  /** How many entries the caller expects to need: sizes the first batches. Not a limit. */
  readonly expected?: number
  /**
   * How many more entries the caller may take now, asked before each batch: batches should be no larger. Not a limit:
   * he stops by himself.
   */
  readonly most?: () => number
}

/**
 * A cursor over a range. `next` gives a non-empty batch, or `undefined` at the end; it is not called again while it
 * is pending. `close` may be called at any time, more than once, and releases what the cursor holds; `next` then gives
 * `undefined`. After its snapshot was released `next` throws `ROME_CLOSED`, so that nobody takes that for the end.
 */
export interface Scan<V = Uint8Array> {
  next(): MaybePromise<Batch<V> | undefined>
  close(): MaybePromise<void>
}

/** The whole store as it was at one version, over all partitions. */
export interface EngineSnapshot {
  readonly version: Version
  get(key: Key): MaybePromise<Uint8Array | undefined>
  /** In the order of `keys`. */
  getMany(keys: readonly Key[]): MaybePromise<readonly (Uint8Array | undefined)[]>
  /** In ascending order of key bytes, descending with `reverse`. */
  scan(range: KeyRange, options?: ScanOptions): Scan
  /** May be called more than once. Scans of the snapshot are closed by it. */
  release(): void
}

/**
 * Told of every commit in order of version, at the moment at which it becomes the newest: no snapshot shows it earlier,
 * none comes between. `writes` is `undefined` when anything may have changed. It must be quick and must not throw.
 */
export type CommitListener = (version: Version, writes: readonly Write[] | undefined) => void

/**
 * An ordered key-value store with snapshots and conditional commits.
 *
 * An engine moves bytes: it knows no models, rows or indexes. From a key it reads no more than
 * {@link placementPrefix} tells, to choose the partition. Every engine passes the conformance suite of
 * `rome-orm/engines/suite`.
 */
export interface Engine {
  readonly manifest: EngineManifest
  /** @throws EngineError `ROME_LOCKED` when another process has the store, and by what is wrong with it otherwise. */
  open(): Promise<void>
  /** At the newest acknowledged commit. Never blocks writers, nor they it. */
  snapshot(): MaybePromise<EngineSnapshot>
  /**
   * Validates and applies one request, atomically over its keys.
   * @throws ConflictError when a read is no longer true; nothing was applied.
   * @throws CommitUnknownError when the answer was lost: ask {@link Engine.outcome}.
   * @throws EngineError `ROME_COMMIT_TOO_LARGE`, `ROME_DISK_FULL`, `ROME_HALTED`; nothing was applied.
   */
  commit(request: CommitRequest): Promise<Version>
  outcome(id: string): Promise<CommitOutcome>
  /** Tells `listener` of commits from now on. Only engines whose manifest says `exclusive` have it. */
  follow?(listener: CommitListener): void
  /**
   * The commits after a version, in order and without a gap, and those to come as they come. Never one that the store
   * could lose: what is given out is as durable as commits can be here. A feed that nobody reads holds no memory to
   * speak of, and nothing back. It ends with the engine.
   *
   * `next` throws EngineError `ROME_CHANGES_GONE` when what follows is no longer kept, with the version in its context
   * (`oldest`) from which on all is.
   * @throws UsageError `ROME_OPTION_NOT_SUPPORTED` when the manifest does not say `watch`.
   */
  changes(options?: ChangesOptions): AsyncIterableIterator<CommittedChanges>
  /** The partitions that hold keys of the range, in ascending order. */
  partitionsOf(range: KeyRange): readonly number[]
  /**
   * What the engine counted since it was opened, and what is live now (`liveSnapshots`, `liveScans`, `liveFeeds`,
   * `backlog`).
   */
  stats(): Readonly<Record<string, number>>
  /** Waits for commits under way, then releases everything. May be called more than once. */
  close(): Promise<void>
}

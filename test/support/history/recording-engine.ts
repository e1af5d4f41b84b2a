import { AsyncLocalStorage } from 'node:async_hooks'
import type {
  ChangesOptions,
  CommitListener,
  CommitOutcome,
  CommitRequest,
  CommittedChanges,
  Engine,
  EngineSnapshot,
  KeyRange,
  Version,
} from '../../../lib/engines/contract.js'
import type { Transaction } from './history.js'

/** The transaction at work. There is one for all engines, since each that there is slows every promise down. */
const current = new AsyncLocalStorage<Transaction>()

/** Runs a part of a transaction. */
export function within<T>(transaction: Transaction, work: () => Promise<T>): Promise<T> {
  return current.run(transaction, work)
}

/** What of a commit the engine is not told to check. */
export type Unchecked = 'nothing' | 'ranges' | 'everything'

/** Told of each commit that happened, by the transaction that made it. */
export type OnCommit = (transaction: Transaction, version: Version, request: CommitRequest) => void

/**
 * An engine that notes what it does for the transaction at work, and that may keep from the engine behind it what a
 * commit has read: then nothing refuses it.
 */
export class RecordingEngine implements Engine {
  readonly #engine: Engine
  readonly #unchecked: Unchecked
  readonly #onCommit: OnCommit

  constructor(engine: Engine, unchecked: Unchecked, onCommit: OnCommit) {
    this.#engine = engine
    this.#unchecked = unchecked
    this.#onCommit = onCommit
  }

  get manifest() {
    return this.#engine.manifest
  }

  open(): Promise<void> {
    return this.#engine.open()
  }

  async snapshot(): Promise<EngineSnapshot> {
    const snapshot = await this.#engine.snapshot()
    const transaction = current.getStore()
    if (transaction !== undefined) transaction.snapshot = snapshot.version
    return snapshot
  }

  async commit(request: CommitRequest): Promise<Version> {
    const { readKeys, readRanges } = request
    const version = await this.#engine.commit({
      ...request,
      readKeys: this.#unchecked === 'everything' ? [] : readKeys,
      readRanges: this.#unchecked === 'nothing' ? readRanges : [],
    })
    const transaction = current.getStore()
    if (transaction !== undefined) this.#onCommit(transaction, version, request)
    return version
  }

  outcome(id: string): Promise<CommitOutcome> {
    return this.#engine.outcome(id)
  }

  /** So that a cache is kept, too. */
  follow(listener: CommitListener): void {
    this.#engine.follow?.(listener)
  }

  changes(options?: ChangesOptions): AsyncIterableIterator<CommittedChanges> {
    return this.#engine.changes(options)
  }

  partitionsOf(range: KeyRange): readonly number[] {
    return this.#engine.partitionsOf(range)
  }

  stats(): Readonly<Record<string, number>> {
    return this.#engine.stats()
  }

  close(): Promise<void> {
    return this.#engine.close()
  }
}

import type { MaybePromise } from '../async/maybe-promise.js'
import { AbortError, EngineError } from '../errors/rome-error.js'
import type { ChangesOptions, CommittedChanges, Version } from './contract.js'

/** Gives a feed the commits of an engine, in order. */
export interface CommitReader {
  /** Some of the commits after those it gave before; none when there is none yet. */
  read(): MaybePromise<readonly CommittedChanges[]>
  close(): MaybePromise<void>
}

/** How much of its newest commits an engine keeps for feeds. */
export interface KeepLog {
  /** Of keys and values, about. */
  readonly bytes: number
}

export const keepLogBytesDefault = 4 * 1024 * 1024

/** The feeds of an engine that somebody follows. */
export class ChangeFeeds {
  readonly #open = new Set<ChangeFeed>()

  get size(): number {
    return this.#open.size
  }

  open(reader: CommitReader, { signal }: ChangesOptions): ChangeFeed {
    const feed = new ChangeFeed(reader, signal, () => this.#open.delete(feed))
    this.#open.add(feed)
    return feed
  }

  /** There may be commits to give. */
  wake(): void {
    for (const feed of this.#open) feed.wake()
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open, (feed) => feed.return()))
  }
}

/** The commits of an engine as they come. Calls of `next` while one is pending are answered in order. */
class ChangeFeed implements AsyncIterableIterator<CommittedChanges> {
  readonly #reader: CommitReader
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: () => void
  readonly #commits: AsyncGenerator<CommittedChanges, undefined>
  readonly #wakeUp = () => this.wake()
  #isWoken = false
  #hasEnded = false
  #resume: (() => void) | undefined

  constructor(reader: CommitReader, signal: AbortSignal | undefined, onEnd: () => void) {
    this.#reader = reader
    this.#signal = signal
    this.#onEnd = onEnd
    this.#commits = this.#follow()
    signal?.addEventListener('abort', this.#wakeUp)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<CommittedChanges, undefined>> {
    return this.#commits.next()
  }

  /** Ends the feed, also one that waits. */
  async return(): Promise<IteratorResult<CommittedChanges, undefined>> {
    this.#hasEnded = true
    this.wake()
    await this.#commits.return(undefined)
    await this.#release()
    return { done: true, value: undefined }
  }

  wake(): void {
    this.#isWoken = true
    this.#resume?.()
  }

  async *#follow(): AsyncGenerator<CommittedChanges, undefined> {
    try {
      while (!this.#hasEnded) {
        if (this.#signal?.aborted) throw abortedFeed(this.#signal)
        this.#isWoken = false
        const commits = await this.#reader.read()
        for (const commit of commits) {
          if (this.#hasEnded) return undefined
          yield commit
        }
        if (commits.length === 0) await this.#wokenUp()
      }
    } finally {
      await this.#release()
    }
    return undefined
  }

  async #wokenUp(): Promise<void> {
    if (this.#isWoken) return
    await new Promise<void>((resolve) => {
      this.#resume = resolve
    })
    this.#resume = undefined
  }

  async #release(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#wakeUp)
    this.#onEnd()
    await this.#reader.close()
  }
}

/** For a feed whose beginning lies before what is kept. `oldest` is the version after which all is. */
export function changesGone(after: Version, oldest: Version): EngineError {
  return new EngineError(
    'ROME_CHANGES_GONE',
    'The changes after this position are no longer kept: read what is stored, then watch from there.',
    { context: { after, oldest } },
  )
}

/** @throws EngineError `ROME_CHANGES_GONE` for a version that was not reached, as after a backup was restored. */
export function checkReached(after: Version | undefined, newest: Version): void {
  if (after !== undefined && after > newest) throw changesGone(after, newest)
}

function abortedFeed(signal: AbortSignal): AbortError {
  return new AbortError('ROME_ABORTED', 'The signal of this feed fired; nothing more is given out.', {
    cause: signal.reason,
  })
}

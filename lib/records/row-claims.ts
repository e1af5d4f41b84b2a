import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { AbortError, ConflictError, type ErrorContext } from '../errors/rome-error.js'

/** One transaction, as far as claims are concerned. */
export interface Claimant {
  /** The transaction that runs within this one, which waits for it. */
  inner?: Claimant | undefined
}

/** How a claim is made. */
export interface ClaimOptions {
  /** Fails at once where it would have to wait. */
  readonly wait?: boolean | undefined
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
}

interface Waiting {
  readonly claimant: Claimant
  readonly key: Key
  grant(): void
}

interface Claim {
  claimant: Claimant
  /** First come, first served. */
  readonly queue: Waiting[]
}

/**
 * Which transaction has claimed which rows, within this process. A row has one claimant; the others wait in order of
 * arrival, for a bounded time, and never in a circle.
 */
export class RowClaims {
  readonly #timeoutMs: number
  readonly #describe: (key: Key) => ErrorContext
  readonly #claims = new Map<Key, Claim>()
  readonly #keys = new Map<Claimant, Set<Key>>()
  readonly #waiting = new Map<Claimant, Waiting>()
  #isUsed = false
  /** Times that somebody had to wait. */
  waits = 0
  /** Waits that would have closed a circle. */
  deadlocks = 0

  /** @param describe says in the words of the models what a key is. */
  constructor(timeoutMs: number, describe: (key: Key) => ErrorContext) {
    this.#timeoutMs = timeoutMs
    this.#describe = describe
  }

  /** Whether any row was ever claimed by a reader: as long as none was, writers need not ask. */
  get isUsed(): boolean {
    return this.#isUsed
  }

  /** How many rows are claimed. */
  get size(): number {
    return this.#claims.size
  }

  /** From now on writers ask too. */
  use(): void {
    this.#isUsed = true
  }

  /** Claims a row, unless another transaction has. */
  tryClaim(claimant: Claimant, key: Key): boolean {
    const claim = this.#claims.get(key)
    if (claim !== undefined) return claim.claimant === claimant
    this.#claims.set(key, { claimant, queue: [] })
    this.#noteKey(claimant, key)
    return true
  }

  /**
   * Claims a row, after those who came before. Without a promise when it is free.
   * @throws ConflictError `ROME_ROW_CLAIMED` when it takes too long, or may not wait; `ROME_DEADLOCK` when it would
   * wait for itself; AbortError.
   */
  claim(claimant: Claimant, key: Key, { wait = true, signal }: ClaimOptions = {}): MaybePromise<void> {
    if (this.tryClaim(claimant, key)) return undefined
    if (!wait) throw this.#taken(key, 0)
    if (this.#waitsFor(key, claimant)) {
      this.deadlocks++
      throw new ConflictError(
        'ROME_DEADLOCK',
        'transactions wait in a circle for rows that others have claimed: run it again, and claim rows in one order',
        { context: this.#describe(key) },
      )
    }
    if (signal?.aborted) throw aborted(signal)
    return this.#wait(claimant, key, signal)
  }

  /**
   * Claims rows, in the order of their keys, which makes circles rarer.
   * @returns those that were not this transaction's before.
   * @throws as {@link RowClaims.claim}; then the claims are as before.
   */
  async claimAll(claimant: Claimant, keys: Iterable<Key>, options: ClaimOptions): Promise<Key[]> {
    const wanted = [...new Set(keys)].filter((key) => !this.holds(claimant, key)).sort()
    const claimed: Key[] = []
    try {
      for (const key of wanted) {
        const claiming = this.claim(claimant, key, options)
        if (claiming !== undefined) await claiming
        claimed.push(key)
      }
    } catch (error) {
      this.giveUp(claimant, claimed)
      throw error
    }
    return claimed
  }

  holds(claimant: Claimant, key: Key): boolean {
    return this.#claims.get(key)?.claimant === claimant
  }

  /** Gives up some of a transaction's claims. */
  giveUp(claimant: Claimant, keys: Iterable<Key>): void {
    const held = this.#keys.get(claimant)
    for (const key of keys) if (held?.delete(key)) this.#handOn(key)
  }

  /** Ends all claims of a transaction. */
  release(claimant: Claimant): void {
    const held = this.#keys.get(claimant)
    if (held === undefined) return
    this.#keys.delete(claimant)
    for (const key of held) this.#handOn(key)
  }

  #wait(claimant: Claimant, key: Key, signal: AbortSignal | undefined): Promise<void> {
    this.waits++
    const { queue } = this.#claims.get(key) as Claim
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.delete(claimant)
      }
      const giveUp = (error: Error): void => {
        leave()
        queue.splice(queue.indexOf(waiting), 1)
        reject(error)
      }
      const waiting: Waiting = {
        claimant,
        key,
        grant: () => {
          leave()
          resolve()
        },
      }
      const onAbort = (): void => giveUp(aborted(signal as AbortSignal))
      const timer = setTimeout(() => giveUp(this.#taken(key, this.#timeoutMs)), this.#timeoutMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      queue.push(waiting)
      this.#waiting.set(claimant, waiting)
    })
  }

  /** Whether the claimant of a row waits, through whatever chain, for this one. */
  #waitsFor(key: Key, claimant: Claimant): boolean {
    const seen = new Set<Claimant>()
    let holder = this.#claims.get(key)?.claimant
    while (holder !== undefined && !seen.has(holder)) {
      if (holder === claimant) return true
      seen.add(holder)
      const waiting = this.#waiting.get(holder)
      holder = waiting === undefined ? holder.inner : this.#claims.get(waiting.key)?.claimant
    }
    return false
  }

  #handOn(key: Key): void {
    const claim = this.#claims.get(key) as Claim
    const next = claim.queue.shift()
    if (next === undefined) {
      this.#claims.delete(key)
      return
    }
    claim.claimant = next.claimant
    this.#noteKey(next.claimant, key)
    next.grant()
  }

  #noteKey(claimant: Claimant, key: Key): void {
    const held = this.#keys.get(claimant)
    if (held === undefined) this.#keys.set(claimant, new Set([key]))
    else held.add(key)
  }

  #taken(key: Key, waitedMs: number): ConflictError {
    return new ConflictError(
      'ROME_ROW_CLAIMED',
      'another transaction has claimed this row: run it again, and keep transactions that claim rows short',
      { context: { ...this.#describe(key), waitedMs } },
    )
  }
}

function aborted(signal: AbortSignal): AbortError {
  return new AbortError('ROME_ABORTED', 'the signal fired while this waited for a row that another has claimed', {
    cause: signal.reason,
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { MaybePromise } from '../async/maybe-promise.js'
import { checkOptions, isFunction, isObject, isSignal, type OptionRules } from '../errors/checked-options.js'
import { RomeError } from '../errors/rome-error.js'
import { abortError, throwIfAborted } from './abort-signal.js'

/** Which try is under way. */
export interface Attempt {
  /** 1 at the first. */
  readonly attempt: number
}

/** What is told of a try that is about to be made again. */
export interface Retry extends Attempt {
  /** Why the last try failed. */
  readonly error: RomeError
  /** How long it waits before the next, in milliseconds. */
  readonly delayMs: number
}

/** How often and when something is tried again. */
export interface RetryOptions {
  /** How many more tries after the first; 8 by default. */
  readonly retries?: number
  /** The longest wait before the first retry, doubled with each further one, and its limit; 5 and 1000 by default. */
  readonly backoff?: { readonly firstMs?: number; readonly maxMs?: number }
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
  /** Called before each wait. */
  readonly onRetry?: (retry: Retry) => void
}

const isTime = (value: unknown): boolean => value === undefined || (typeof value === 'number' && value >= 0)

export const retryOptionRules: OptionRules<RetryOptions> = {
  retries: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  backoff: (value) => isObject(value) && isTime(value.firstMs) && isTime(value.maxMs),
  signal: isSignal,
  onRetry: isFunction,
}

/**
 * Runs a function until it does not fail by a conflict: again after every error with `retryable: true`, and after no
 * other, above all not after a `CommitUnknownError`, since that commit may have happened.
 *
 * The waits are random between zero and a bound that doubles (full jitter), so that those who collided do not collide
 * again. The function runs several times: keep effects on the world outside the store out of it. The last error is
 * thrown as it is.
 *
 * `rome.transact()` is this around a session; use it alone when the function opens its sessions by itself.
 *
 * @throws UsageError `ROME_ARGUMENT`, AbortError `ROME_ABORTED`, and what the function throws.
 *
 * @example
 * ```ts
 * import { retryOnConflict, type Rome } from 'rome-orm'
 *
 * async function work(rome: Rome): Promise<void> {
 *   await retryOnConflict(async ({ attempt }) => {
 *     await using session = rome.session()
 *     if (attempt > 1) console.log('once more')
 *     await session.commit()
 *   }, { retries: 3 })
 * }
 * ```
 */
export async function retryOnConflict<T>(
  work: (attempt: Attempt) => MaybePromise<T>,
  options: RetryOptions = {},
): Promise<T> {
  checkOptions('retryOnConflict', options, retryOptionRules)
  const { retries = 8, backoff: { firstMs = 5, maxMs = 1000 } = {}, signal, onRetry } = options
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal)
    try {
      return await work({ attempt })
    } catch (error) {
      if (!(error instanceof RomeError && error.retryable) || attempt > retries) throw error
      const delayMs = Math.random() * Math.min(maxMs, firstMs * 2 ** (attempt - 1))
      onRetry?.({ error, attempt: attempt + 1, delayMs })
      await wait(delayMs, signal)
    }
  }
}

async function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delayMs, undefined, signal && { signal })
  } catch (error) {
    throw signal?.aborted ? abortError(signal) : error
  }
}

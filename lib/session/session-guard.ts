import type { MaybePromise } from '../async/maybe-promise.js'
import { UsageError } from '../errors/rome-error.js'

/**
 * Lets one operation of a session run at a time, and none after it was closed.
 *
 * Operations may not queue silently: two of them would see each other's half-done work, and which comes first would
 * depend on timing.
 */
export class SessionGuard {
  #isBusy = false
  #isClosed = false
  /** The event whose hook runs within the operation under way. */
  #hook: string | undefined
  #waiting: (() => void)[] = []

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether what is asked for is asked by a hook. */
  get isInHook(): boolean {
    return this.#hook !== undefined
  }

  /** @throws UsageError `ROME_CLOSED`. */
  checkOpen(): void {
    if (this.#isClosed) throw new UsageError('ROME_CLOSED', 'this session is closed: open another with rome.session()')
  }

  /** @throws UsageError `ROME_CLOSED`, `ROME_SESSION_BUSY`. */
  check(): void {
    this.checkOpen()
    if (this.#isBusy) {
      throw new UsageError(
        'ROME_SESSION_BUSY',
        'await the first operation before you start the next: a session serves one task, open one session per task',
      )
    }
  }

  /** Begins an operation. @throws UsageError `ROME_CLOSED`, `ROME_SESSION_BUSY`. */
  enter(): void {
    this.check()
    this.#isBusy = true
  }

  /** Begins an operation that no hook may ask for. @throws as {@link SessionGuard.enter}; UsageError `ROME_IN_HOOK`. */
  enterAlone(): void {
    this.refuseInHook()
    this.enter()
  }

  /** @throws UsageError `ROME_IN_HOOK`. */
  refuseInHook(): void {
    if (this.#hook === undefined) return
    throw new UsageError(
      'ROME_IN_HOOK',
      'a hook may read, add, change and delete in its session, and no more: flush and end transactions outside of it',
      { context: { event: this.#hook } },
    )
  }

  /** Lets a hook use the session within the operation under way, for one thing at a time. */
  async lend(event: string, hook: () => MaybePromise<unknown>): Promise<void> {
    const wasBusy = this.#isBusy
    this.#hook = event
    this.#isBusy = false
    try {
      await hook()
    } finally {
      // What the hook did not await must not run beside the operation.
      while (this.#isBusy) await this.#whenLeft()
      this.#isBusy = wasBusy
      this.#hook = undefined
    }
  }

  leave(): void {
    this.#isBusy = false
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** No operation begins any more; one that runs goes on to its end. */
  close(): void {
    this.#isClosed = true
  }

  /** Whether no operation runs. */
  get isIdle(): boolean {
    return !this.#isBusy && !this.isInHook
  }

  /** When no operation runs. */
  async whenIdle(): Promise<void> {
    while (!this.isIdle) await this.#whenLeft()
  }

  #whenLeft(): Promise<void> {
    return new Promise((resume) => this.#waiting.push(resume))
  }
}

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
  #waiting: (() => void)[] = []

  get isClosed(): boolean {
    return this.#isClosed
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

  /** When no operation runs. */
  async whenIdle(): Promise<void> {
    while (this.#isBusy) await new Promise<void>((resume) => this.#waiting.push(resume))
  }
}

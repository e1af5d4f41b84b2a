import { UsageError } from '../errors/rome-error.js'

type State = 'new' | 'opening' | 'open' | 'closing' | 'closed'

/** The one way of an engine: it is opened once, used, and closed once. */
export class Lifecycle {
  #state: State = 'new'
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** Runs `open` at the first call; later calls share its result. An engine whose opening failed may try again. */
  open(open: () => Promise<void>): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return Promise.reject(closedError())
    if (this.#opening === undefined) {
      this.#state = 'opening'
      this.#opening = open().then(
        () => {
          if (this.#state === 'opening') this.#state = 'open'
        },
        (error: unknown) => {
          this.#opening = undefined
          if (this.#state === 'opening') this.#state = 'new'
          throw error
        },
      )
    }
    return this.#opening
  }

  /** Runs `close` at the first call, after an opening under way; later calls share its result. */
  close(close: () => Promise<void>): Promise<void> {
    if (this.#closing === undefined) {
      const opening = this.#opening
      const wasOpen = this.#state === 'open'
      this.#state = 'closing'
      this.#closing = (async () => {
        try {
          const opened = wasOpen || (opening !== undefined && (await opening.then(isTrue, isFalse)))
          if (opened) await close()
        } finally {
          this.#state = 'closed'
        }
      })()
    }
    return this.#closing
  }

  /** @throws UsageError `ROME_NOT_OPEN`, `ROME_CLOSED` */
  requireOpen(): void {
    if (this.#state === 'open') return
    if (this.#state === 'closing' || this.#state === 'closed') throw closedError()
    throw new UsageError('ROME_NOT_OPEN', 'The engine is not open; await engine.open() first.')
  }
}

const isTrue = () => true
const isFalse = () => false

function closedError(): UsageError {
  return new UsageError('ROME_CLOSED', 'The engine was closed; create and open a new one.')
}

/** For what is asked of a snapshot that was released, or of a scan of it. */
export function releasedError(): UsageError {
  return new UsageError('ROME_CLOSED', 'The snapshot was released; take a new one.')
}

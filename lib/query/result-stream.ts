import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import { checkOptions } from '../errors/checked-options.js'
import { UsageError } from '../errors/rome-error.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { SpanAttributes } from '../records/tracer.js'
import { type QueryDescription, rootOf } from './description.js'
import { modelsRead } from './models-read.js'
import { execute } from './operators/execute.js'
import type { Operator } from './operators/operator.js'
import type { OutputPart } from './plan/output.js'
import type { OpenStream, QuerySession } from './query-session.js'
import { refuseForUpdate } from './rows-for-update.js'
import { QueryRun, reportIfSlow, resultsOf, type TerminalOptions, terminalOptionRules } from './run-query.js'

/** A query under way in its transaction. */
interface Running {
  readonly transaction: RecordTransaction
  readonly operator: Operator
  readonly run: QueryRun
  readonly parts: readonly OutputPart[]
}

/**
 * Results one by one, in constant memory. Between two of them the session may be used; what it writes meanwhile does
 * not show in the stream. Leaving a `for await` loop, `return()` and `await using` release what the stream holds.
 */
export class ResultStream<Result> implements AsyncIterableIterator<Result>, AsyncDisposable, OpenStream {
  readonly #session: QuerySession
  readonly #description: QueryDescription
  readonly #options: TerminalOptions
  #running: Running | undefined
  #results: unknown[] = []
  #position = 0
  #hasEnded = false
  #isReleased = false
  /** The time that reading took, without that of whoever takes the results. */
  #elapsedMs = 0
  #closed: (() => void) | undefined
  #endSpan: ((noted: SpanAttributes, error?: unknown) => void) | undefined

  /** @internal */
  constructor(session: QuerySession, description: QueryDescription, options: TerminalOptions) {
    checkOptions('stream', options, terminalOptionRules)
    refuseForUpdate(description, 'stream')
    this.#session = session
    this.#description = description
    this.#options = options
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Result, undefined>> {
    // What a closed session took away is read again, which it refuses.
    while (this.#position >= this.#results.length && !this.#hasEnded) await this.#readBatch()
    if (this.#position >= this.#results.length) return { done: true, value: undefined }
    return { done: false, value: this.#results[this.#position++] as Result }
  }

  async return(): Promise<IteratorResult<Result, undefined>> {
    await this.#end()
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }

  /** @internal Called when the session is closed. */
  release(): MaybePromise<void> {
    this.#isReleased = true
    this.#closed?.()
    this.#results = []
    this.#session.openStreams.delete(this)
    return this.#running?.operator.close()
  }

  async #readBatch(): Promise<void> {
    const isFirst = this.#running === undefined
    if (isFirst) this.#opened()
    const startedAt = performance.now()
    try {
      await this.#session.run((transaction) => this.#pull(transaction), {
        signal: this.#options.signal,
        flush: isFirst,
        reads: () => modelsRead(this.#session, this.#description),
      })
    } catch (error) {
      this.#elapsedMs += performance.now() - startedAt
      await this.#end(error)
      throw error
    }
    this.#elapsedMs += performance.now() - startedAt
    if (this.#results.length === 0 && !this.#isReleased) await this.#end()
  }

  #pull(transaction: RecordTransaction): MaybePromise<void> {
    return andThen(this.#running ?? this.#begin(transaction), (running) => {
      if (this.#running === undefined) this.#session.openStreams.add(this)
      this.#running = running
      if (running.transaction !== transaction) {
        throw new UsageError(
          'ROME_TRANSACTION_STATE',
          'the transaction this stream began in has ended: read it to its end first, or begin another stream',
        )
      }
      return andThen(running.operator.next(), (rows) => {
        const results = resultsOf(running.run, this.#session, this.#description, running.parts, rows ?? [])
        return andThen(results, (made) => {
          this.#results = made
          this.#position = 0
        })
      })
    })
  }

  #begin(transaction: RecordTransaction): MaybePromise<Running> {
    const run = new QueryRun(this.#session, transaction, this.#options)
    return andThen(run.plan(this.#description), ({ plan, parts }) => ({
      transaction,
      operator: execute(plan, run.execution),
      run,
      parts,
    }))
  }

  #opened(): void {
    const { counts, observer, resources } = this.#session
    counts.queries++
    this.#closed = resources?.opened('stream')
    const model = rootOf(this.#description).schema.name
    this.#endSpan = observer?.begin({ operation: 'stream', model, isRequest: true })
  }

  async #end(error?: unknown): Promise<void> {
    const isFirst = !this.#hasEnded
    this.#hasEnded = true
    await this.release()
    if (!isFirst) return
    const run = this.#running?.run
    const { keys = 0, bytes = 0 } = run?.execution.meter ?? {}
    this.#endSpan?.({ 'rome.keys_read': keys, 'rome.bytes_read': bytes }, error)
    if (run !== undefined) reportIfSlow(this.#session, this.#description, run, this.#elapsedMs, error)
  }
}

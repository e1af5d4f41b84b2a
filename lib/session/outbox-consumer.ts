import type { MaybePromise } from '../async/maybe-promise.js'
import type { Engine, Version } from '../engines/contract.js'
import { checkOptions, isSignal, type OptionRules } from '../errors/checked-options.js'
import { EngineError } from '../errors/rome-error.js'
import { byPrefix, rowsOfCommit } from '../records/committed-rows.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import type { RecordStore } from '../records/record-store.js'
import { RowOrigin } from '../records/row-origins.js'
import type { Table } from '../records/table.js'
import { fields } from '../schema/fields.js'
import { schemaOf } from '../schema/schema-of.js'
import { throwIfAborted } from './abort-signal.js'
import { type ChangeFeed, openFeed } from './change-feed.js'
import { openPosition, sealPosition } from './change-position.js'
import { OutboxMessage } from './outbox-message.js'
import type { RomeSession } from './session.js'

/** Which messages `rome.consume` gives out, and what ends it. */
export interface ConsumeOptions {
  /** Messages of these topics only. */
  readonly topics?: readonly string[] | undefined
  /** Ends it with an AbortError `ROME_ABORTED`. */
  readonly signal?: AbortSignal | undefined
}

/** A message that is delivered. */
export interface Delivery extends Readonly<OutboxMessage> {
  /**
   * Says that the message was dealt with: it is not delivered again. In a commit of its own, or by that of a session
   * that is given, so that what was done for the message and the word of it are one. Once more it does nothing.
   */
  acknowledge(session?: RomeSession): Promise<void>
}

/** What a consumer needs of its Rome. */
export interface OutboxHost {
  readonly store: RecordStore
  session(): RomeSession
  transact<T>(work: (session: RomeSession) => MaybePromise<T>): Promise<T>
}

const optionRules: OptionRules<ConsumeOptions> = {
  topics: (value) => Array.isArray(value) && value.every((topic) => typeof topic === 'string'),
  signal: isSignal,
}

/**
 * The messages that wait, in the order of the commits that published them, and those to come. Each comes once to a
 * consumer, and again to the next one until it is acknowledged. It does not end by itself: leave the `for await` loop,
 * `return()`, the signal, or `rome.close()`.
 */
export class OutboxConsumer implements AsyncIterableIterator<Delivery>, AsyncDisposable {
  readonly #host: OutboxHost
  readonly #options: ConsumeOptions
  readonly #deliveries: AsyncGenerator<Delivery, undefined>
  /** Delivered, and maybe not acknowledged: a consumer that fell behind finds them again. */
  readonly #delivered = new Set<string>()
  #feed: ChangeFeed<OutboxMessage> | undefined
  #hasEnded = false

  /** @internal */
  constructor(host: OutboxHost, options: ConsumeOptions) {
    checkOptions('rome.consume', options, optionRules)
    host.store.table(schemaOf(OutboxMessage))
    this.#host = host
    this.#options = options
    this.#deliveries = this.#deliver()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next message, as soon as there is one. @throws AbortError `ROME_ABORTED`, EngineError, CorruptionError. */
  next(): Promise<IteratorResult<Delivery, undefined>> {
    return this.#deliveries.next()
  }

  /** Ends it, also while it waits. */
  async return(): Promise<IteratorResult<Delivery, undefined>> {
    this.#hasEnded = true
    await this.#feed?.return()
    return this.#deliveries.return(undefined)
  }

  /** Ends it at the end of `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async *#deliver(): AsyncGenerator<Delivery, undefined> {
    while (!this.#hasEnded) {
      try {
        const { older, after } = await this.#waiting()
        for (const id of older) yield* this.#delivery(id)
        yield* this.#follow(after)
        return undefined
      } catch (error) {
        // The log went on faster than this: what still waits is in the table.
        if (!isGone(error)) throw error
      }
    }
    return undefined
  }

  /**
   * The ids of messages that wait and are older than what the log tells of, and the position from which it does. Those
   * of the log come in the order of their commits; of older ones the order of publishing is all that is known.
   */
  async #waiting(): Promise<{ older: readonly string[]; after: string }> {
    const { engine, secret } = this.#host.store
    await using session = this.#host.session()
    const { version } = openPosition(secret, await session.position())
    const { id } = fields(OutboxMessage)
    const waiting = await session.query(id).orderBy(id.asc()).all()
    const kept = waiting.length === 0 ? version : await keptSince(engine, version)
    const inLog = await this.#publishedBetween(kept, version)
    return { older: waiting.filter((each) => !inLog.has(each)), after: sealPosition(secret, { version: kept }) }
  }

  /** The ids of messages published by the commits after one up to another, all of which the log has. */
  async #publishedBetween(after: Version, last: Version): Promise<ReadonlySet<string>> {
    const published = new Set<string>()
    if (after >= last) return published
    const { store } = this.#host
    const table: Table = store.table(schemaOf<object>(OutboxMessage))
    const tables = byPrefix([table])
    for await (const commit of store.engine.changes({ after, signal: this.#options.signal })) {
      for (const index of rowsOfCommit(tables, commit, 0)) {
        const { key, mark } = commit.writes[index]
        if (mark === RowOrigin.absent) published.add(primaryKeyByColumn(table, key).id as string)
      }
      if (commit.version >= last) break
    }
    return published
  }

  async *#follow(after: string): AsyncGenerator<Delivery, void> {
    if (this.#hasEnded) return
    const { signal } = this.#options
    const feed = openFeed<OutboxMessage>(this.#host.store, [OutboxMessage], { after, signal })
    this.#feed = feed
    try {
      for await (const change of feed) {
        if (change.kind === 'insert' && !this.#hasEnded) yield* this.#delivery(change.values.id)
      }
    } finally {
      await feed.return()
    }
  }

  /** The message, if it still waits and is asked for. */
  async *#delivery(id: string): AsyncGenerator<Delivery, void> {
    throwIfAborted(this.#options.signal)
    if (this.#delivered.has(id)) return
    const message = await this.#read(id)
    if (message === undefined || this.#options.topics?.includes(message.topic) === false) return
    this.#delivered.add(id)
    const { topic, payload, publishedAt } = message
    yield { id, topic, payload, publishedAt, acknowledge: (session) => this.#acknowledge(id, session) }
  }

  async #read(id: string): Promise<OutboxMessage | undefined> {
    await using session = this.#host.session()
    return session.get(OutboxMessage, id)
  }

  async #acknowledge(id: string, session?: RomeSession): Promise<void> {
    if (session !== undefined) await erase(session, id)
    else await this.#host.transact((own) => erase(own, id))
    this.#delivered.delete(id)
  }
}

async function erase(session: RomeSession, id: string): Promise<void> {
  const message = await session.get(OutboxMessage, id)
  if (message !== undefined) session.hardDelete(message)
}

/** The version after which the log has all commits; it has been reached by one at least. */
async function keptSince(engine: Engine, newest: Version): Promise<Version> {
  if (newest === 0) return 0
  const feed = engine.changes({ after: 0 })
  try {
    await feed.next()
    return 0
  } catch (error) {
    if (isGone(error)) return error.context.oldest as Version
    throw error
  } finally {
    await feed.return?.()
  }
}

function isGone(error: unknown): error is EngineError {
  return error instanceof EngineError && error.code === 'ROME_CHANGES_GONE'
}

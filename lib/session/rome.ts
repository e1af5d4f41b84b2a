import { tmpdir } from 'node:os'
import type { MaybePromise } from '../async/maybe-promise.js'
import type { CommitOutcome, Engine } from '../engines/contract.js'
import { checkOptions, isBoolean, isFunction, isObject, isOneOf, type OptionRules } from '../errors/checked-options.js'
import { UsageError } from '../errors/rome-error.js'
import { checkBudget, type QueryBudget } from '../query/operators/budget.js'
import { type SortMemory, sortMemoryBytesDefault } from '../query/operators/sort-memory.js'
import { PlanMemo } from '../query/plan/plan-memo.js'
import type { FullScanPolicy } from '../query/query-session.js'
import { analyzeStore } from '../records/analyze.js'
import { type Logger, type LogLevel, loggerAt, logLevels } from '../records/logger.js'
import { Observer } from '../records/observer.js'
import { type OpenResource, OpenResources } from '../records/open-resources.js'
import type { OnProgress } from '../records/progress.js'
import { RecordStore } from '../records/record-store.js'
import type { Isolation } from '../records/record-transaction.js'
import type { ResidentStatistics } from '../records/resident/resident-set.js'
import type { Tracer } from '../records/tracer.js'
import { type VerifyOptions, type VerifyReport, verifyStore } from '../records/verify.js'
import type { EntitySchema, ModelClass } from '../schema/entity-schema.js'
import { globalModels, requireDistinctNames } from '../schema/registry.js'
import { schemaOf } from '../schema/schema-of.js'
import { sealRelations } from '../schema/seal-relations.js'
import { type ChangeFeed, openFeed, type WatchOptions, watched } from './change-feed.js'
import type { EntityEvent, EntityHook, SessionEvent, SessionHook } from './hook-events.js'
import { Hooks } from './hooks.js'
import { type ConsumeOptions, OutboxConsumer } from './outbox-consumer.js'
import { type Attempt, type RetryOptions, retryOnConflict, retryOptionRules } from './retry.js'
import { RomeSession } from './session.js'
import type { SessionCounts, SessionHost } from './session-host.js'
import {
  type ChangeTracking,
  isChangeTracking,
  isIsolation,
  type SessionOptions,
  sessionOptionRules,
} from './transaction-options.js'

/** How a store is opened. What concerns storage is said to the engine. */
export interface RomeOptions {
  /** What keeps the data: `level('./path')`, `memory()`. Closed with the Rome. */
  readonly engine: Engine
  /** The models; every `@globalScope` class when absent. */
  readonly models?: readonly ModelClass[] | undefined
  /** What a commit must prove, unless the session or the transaction says otherwise; `serializable` by default. */
  readonly isolation?: Isolation | undefined
  /** How sessions find what was changed in their entities, unless they say otherwise; `compared` by default. */
  readonly changes?: ChangeTracking | undefined
  /** What happens to a query that reads a whole table to find a part of it; `warn` by default. */
  readonly fullScans?: FullScanPolicy | undefined
  /** What a query may cost that says nothing itself; without a limit by default. */
  readonly budget?: QueryBudget | undefined
  /** The longest that a transaction waits for a row that another has claimed by `forUpdate`; 5000 by default. */
  readonly lockTimeoutMs?: number | undefined
  /** Queries that take longer are reported to the logger; none by default. */
  readonly slowQueryMs?: number | undefined
  /** About how much memory a sort takes before it goes to disk, in bytes; 64 MiB by default. */
  readonly sortMemoryBytes?: number | undefined
  /** An existing directory for the files of large sorts, which go with their query; the system's by default. */
  readonly temporaryDirectory?: string | undefined
  /** Where Rome reports to, `console` for example; by default warnings are warnings of the process. */
  readonly logger?: Logger | undefined
  /** The least that is logged; `warn` by default. */
  readonly logLevel?: LogLevel | undefined
  /** Makes spans of what is done: a tracer of `@opentelemetry/api`. None by default. */
  readonly tracer?: Tracer | undefined
  /** What costs too much but for tests. Nothing by default. */
  readonly debug?: DebugOptions | undefined
  /** The time that `@createdAt`, `@updatedAt` and `@deletedAt` columns get; the system's by default. */
  readonly clock?: (() => Date) | undefined
  /**
   * How much memory rows and index entries may take that are kept to be read again; 64 MiB by default, none with 0
   * bytes. Only engines that this process alone writes to have it.
   */
  readonly cache?: CacheOptions | undefined
  /** Called while new indexes of stored rows are built. */
  readonly onProgress?: OnProgress | undefined
}

/** How much is kept in memory. */
export interface CacheOptions {
  readonly bytes: number
}

/** What finds mistakes of a program, at a cost. */
export interface DebugOptions {
  /**
   * Notes for each session, stream, snapshot and scan who opened it: `rome.openResources()` lists them, and
   * `rome.close()` fails with `ROME_LEAK` when there are any. Costs a stack trace for each.
   */
  readonly leaks?: boolean | undefined
  /**
   * Commits of sessions with `changes: 'touched'` compare every entity, and fail with `ROME_NOT_TOUCHED` when one was
   * changed that was not touched. Costs what such sessions save.
   */
  readonly touches?: boolean | undefined
}

/** How `rome.analyze` runs. */
export interface AnalyzeOptions {
  readonly onProgress?: OnProgress | undefined
}

/** How `rome.transact` runs. */
export interface TransactOptions extends SessionOptions, RetryOptions {}

/** What goes on in a Rome, and how much did since it was opened. */
export interface RomeStatistics {
  /** Sessions that are open. */
  readonly sessions: number
  /** Queries that were run, changes by query among them. */
  readonly queries: number
  /** Those of them that took longer than `slowQueryMs`. */
  readonly slowQueries: number
  /** Commits with writes. */
  readonly commits: number
  /** Transactions that were rolled back, be it because they failed. */
  readonly rollbacks: number
  /** Commits that failed because another came between. */
  readonly conflicts: number
  /** Tries of `transact` after its first. */
  readonly retries: number
  /** What is kept in memory; nothing is where the cache is off. */
  readonly cache: ResidentStatistics | undefined
  /** Rows that are claimed by `forUpdate`, or by a commit under way. */
  readonly claims: number
  /** Times that a transaction had to wait for a claimed row. */
  readonly claimWaits: number
  /** Waits that would have closed a circle. */
  readonly deadlocks: number
  /** What the engine counts: see its page. */
  readonly engine: Readonly<Record<string, number>>
}

/** Node fires timers that are to run longer at once. */
const timeoutMsMax = 2 ** 31 - 1

const optionRules: OptionRules<RomeOptions> = {
  engine: (value) => isObject(value) && isObject(value.manifest),
  models: Array.isArray,
  isolation: isIsolation,
  changes: isChangeTracking,
  fullScans: isOneOf('allow', 'warn', 'refuse'),
  budget: isObject,
  lockTimeoutMs: (value) => typeof value === 'number' && value >= 0 && value <= timeoutMsMax,
  slowQueryMs: (value) => typeof value === 'number' && value >= 0,
  sortMemoryBytes: (value) => typeof value === 'number' && value > 0,
  temporaryDirectory: (value) => typeof value === 'string' && value !== '',
  logger: (value) => isObject(value) && isFunction(value.warn),
  logLevel: isOneOf(...logLevels),
  debug: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, on]) => (name === 'leaks' || name === 'touches') && isBoolean(on)),
  tracer: (value) => isObject(value) && isFunction(value.startActiveSpan) && isFunction(value.startSpan),
  clock: isFunction,
  cache: (value) => isObject(value) && typeof value.bytes === 'number' && value.bytes >= 0,
  onProgress: isFunction,
}

const cacheBytesDefault = 64 * 1024 * 1024

const analyzeRules: OptionRules<AnalyzeOptions> = {
  onProgress: isFunction,
}

const verifyRules: OptionRules<VerifyOptions> = {
  onProgress: isFunction,
  signal: (value) => value instanceof AbortSignal,
}

const processWarnings: Logger = {
  warn: (message, context) => process.emitWarning(message, { type: 'RomeWarning', detail: JSON.stringify(context) }),
}

/**
 * An open store and its models. Sessions are made of it.
 *
 * @example
 * ```ts
 * import { column, create, entity, primaryKey, Rome, t } from 'rome-orm'
 * import { level } from 'rome-orm/engines/level'
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.string()) title!: string
 * }
 *
 * const rome = await Rome.open({ engine: level('./library'), models: [Book] })
 * await rome.transact(session => session.add(create(Book, { title: 'Emma' })))
 * await rome.close()
 * ```
 */
export class Rome implements SessionHost, AsyncDisposable {
  /** @internal */
  readonly store: RecordStore
  /** @internal */
  readonly isolation: Isolation
  /** @internal */
  readonly changes: ChangeTracking
  /** @internal */
  readonly looksForUntouched: boolean
  /** @internal */
  readonly fullScans: FullScanPolicy
  /** @internal */
  readonly logger: Logger
  /** @internal */
  readonly observer: Observer | undefined
  /** @internal */
  readonly resources: OpenResources | undefined
  /** @internal */
  readonly budget: QueryBudget | undefined
  /** @internal */
  readonly slowQueryMs: number | undefined
  /** @internal */
  readonly sortMemory: SortMemory
  /** @internal */
  readonly plans = new PlanMemo()
  /** @internal */
  readonly clock: () => Date
  /** @internal */
  readonly counts: SessionCounts = { queries: 0, slowQueries: 0, commits: 0, rollbacks: 0, conflicts: 0 }
  /** @internal */
  readonly scopeNames: ReadonlySet<string>
  /** @internal */
  readonly hooks = new Hooks()
  readonly #sessions = new Set<AsyncDisposable>()
  #retries = 0
  #closing: Promise<void> | undefined

  private constructor(
    store: RecordStore,
    schemas: readonly EntitySchema[],
    { logger, observer, resources }: Pick<Rome, 'logger' | 'observer' | 'resources'>,
    options: RomeOptions,
  ) {
    this.store = store
    const scopes = schemas.flatMap((schema) => schema.scopes).filter((scope) => scope.isDefault)
    this.scopeNames = new Set(scopes.map((scope) => scope.name))
    this.isolation = options.isolation ?? 'serializable'
    this.changes = options.changes ?? 'compared'
    this.looksForUntouched = options.debug?.touches ?? false
    this.fullScans = options.fullScans ?? 'warn'
    this.logger = logger
    this.observer = observer
    this.resources = resources
    if (options.budget !== undefined) checkBudget(options.budget)
    this.budget = options.budget
    this.slowQueryMs = options.slowQueryMs
    this.sortMemory = {
      bytes: options.sortMemoryBytes ?? sortMemoryBytesDefault,
      directory: options.temporaryDirectory ?? tmpdir(),
    }
    this.clock = options.clock ?? (() => new Date())
  }

  /**
   * Opens the engine, brings its catalogue to what the models need, and builds new indexes of rows that are there.
   * When it fails the engine is closed again.
   *
   * @throws UsageError `ROME_ARGUMENT`; SchemaError `ROME_SCHEMA_DUPLICATE` for two models of one stored name,
   * `ROME_SCHEMA_UNKNOWN_MODEL`, `ROME_SCHEMA_INVALID`, `ROME_SCHEMA_CHANGED`; EngineError `ROME_LOCKED` and others;
   * CorruptionError.
   *
   * @example
   * ```ts
   * import { Rome } from 'rome-orm'
   * import { memory } from 'rome-orm/engines/memory'
   * const rome = await Rome.open({ engine: memory(), fullScans: 'refuse' })
   * await rome.close()
   * ```
   */
  static async open(options: RomeOptions): Promise<Rome> {
    checkOptions('Rome.open', options, optionRules)
    if (options.engine === undefined) {
      throw new UsageError('ROME_ARGUMENT', 'Rome.open() needs an engine: level(path) or memory()')
    }
    const models = [...new Set(options.models ?? globalModels())]
    requireDistinctNames(models)
    const schemas = sealRelations(models.map((model) => schemaOf(model)))
    const {
      engine,
      lockTimeoutMs,
      onProgress,
      tracer,
      logLevel = 'warn',
      cache = { bytes: cacheBytesDefault },
    } = options
    const logger = loggerAt(options.logger ?? processWarnings, logLevel)
    const isObserved = tracer !== undefined || logger.debug !== undefined
    const observer = isObserved ? new Observer(tracer, logger.debug, engine.manifest.name) : undefined
    const resources = options.debug?.leaks ? new OpenResources() : undefined
    const storeOptions = { lockTimeoutMs, onProgress, cacheBytes: cache.bytes, observer: tracer && observer, resources }
    const store = await RecordStore.open(engine, schemas, storeOptions)
    logger.info?.('a store was opened', { engine: engine.manifest.name, models: schemas.map(({ name }) => name) })
    return new Rome(store, schemas, { logger, observer, resources }, options)
  }

  /**
   * A new session. Cost: no read.
   *
   * @throws UsageError `ROME_CLOSED`, `ROME_ARGUMENT`, `ROME_SCOPE_UNKNOWN`.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   * async function work(rome: Rome): Promise<void> {
   *   await using session = rome.session({ isolation: 'snapshot' })
   *   await session.commit()
   * }
   * ```
   */
  session(options: SessionOptions = {}): RomeSession {
    return new RomeSession(this, options)
  }

  /**
   * Runs a function in a session of its own and commits; after a conflict once more from its start, in a fresh session.
   * The function runs several times: keep effects on the world outside the store out of it.
   *
   * @throws what the function throws, unchanged, and as `session.commit`; after the last try its error; AbortError
   * `ROME_ABORTED`; UsageError `ROME_ARGUMENT`, `ROME_CLOSED`.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type Rome } from 'rome-orm'
   *
   * @entity('counters')
   * class Counter {
   *   @primaryKey(t.string()) name!: string
   *   @column(t.integer()) value!: number
   * }
   *
   * const next = (rome: Rome, name: string) => rome.transact(async session => {
   *   const counter = await session.getOrThrow(Counter, name)
   *   return ++counter.value
   * }, { retries: 20 })
   * ```
   */
  async transact<T>(
    work: (session: RomeSession, attempt: Attempt) => MaybePromise<T>,
    options: TransactOptions = {},
  ): Promise<T> {
    checkOptions('rome.transact', options, { ...sessionOptionRules, ...retryOptionRules })
    const { isolation, durability, scopes, readOnly, changes, ...retrying } = options
    const onRetry: RetryOptions['onRetry'] = (retry) => {
      this.#retries++
      const { attempt, delayMs, error } = retry
      this.logger.info?.('a transaction is tried again', { attempt, delayMs, code: error.code })
      options.onRetry?.(retry)
    }
    const attemptOnce = async (attempt: Attempt): Promise<T> => {
      const session = this.session({ scopes, readOnly, changes })
      try {
        return await session.begin({ isolation, durability, signal: options.signal }, () => work(session, attempt))
      } finally {
        await session.close()
      }
    }
    const run = (): Promise<T> => retryOnConflict(attemptOnce, { ...retrying, onRetry })
    return this.observer === undefined ? run() : this.observer.observe({ operation: 'transact' }, run)
  }

  /**
   * Calls a function at an event of every session, also of those that are open already, in the order of registration.
   * Gives a function that stops it. An entity's event may name the model it is about. What a hook may do is told at
   * {@link RomeSession.on}.
   *
   * @throws UsageError `ROME_ARGUMENT`, `ROME_CLOSED`; SchemaError `ROME_SCHEMA_UNKNOWN_MODEL`.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   * const countCommits = (rome: Rome, count: () => void) => rome.on('afterCommit', count)
   * ```
   */
  on<Event extends EntityEvent, T extends object>(
    event: Event,
    model: ModelClass<T>,
    hook: EntityHook<Event, T, RomeSession>,
  ): () => void
  on<Event extends EntityEvent>(event: Event, hook: EntityHook<Event, object, RomeSession>): () => void
  on<Event extends SessionEvent>(event: Event, hook: SessionHook<Event, RomeSession>): () => void
  on(event: EntityEvent | SessionEvent, ...rest: [unknown] | [ModelClass, unknown]): () => void {
    this.#checkOpen()
    const [model, hook] = rest.length === 2 ? rest : [undefined, ...rest]
    return this.hooks.add(event, model && this.store.table(schemaOf(model)).schema, hook)
  }

  /**
   * Committed changes of a model, of several or of all, as they come: those after a position, or from now on. Each
   * comes at least once, in the order of the commits; keep the position of the last that was dealt with to go on
   * after it, also in another process or after a crash. Changes by query and by foreign keys are among them.
   *
   * To have what is stored and all that comes after, without a gap: `session.position()`, read in that session, watch
   * from there. Cost: reads the log, not the tables; nothing while nobody reads the feed.
   *
   * @throws UsageError `ROME_ARGUMENT`, `ROME_POSITION`, `ROME_CLOSED`, `ROME_OPTION_NOT_SUPPORTED`; SchemaError
   * `ROME_SCHEMA_UNKNOWN_MODEL`; EngineError `ROME_CHANGES_GONE`, at the latest by `next`.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type Rome } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) title!: string
   * }
   *
   * async function follow(rome: Rome, after: string, keep: (position: string) => Promise<void>): Promise<void> {
   *   for await (const change of rome.watch(Book, { after, signal: AbortSignal.timeout(60_000) })) {
   *     console.log(change.kind, change.key, change.values?.title)
   *     await keep(change.position)
   *   }
   * }
   * ```
   */
  watch<T extends object>(model: ModelClass<T>, options?: WatchOptions): ChangeFeed<T>
  watch<const Models extends readonly ModelClass[]>(
    models: Models,
    options?: WatchOptions,
  ): ChangeFeed<InstanceType<Models[number]>>
  watch(options?: WatchOptions): ChangeFeed<object>
  watch(first?: ModelClass | readonly ModelClass[] | WatchOptions, second: WatchOptions = {}): ChangeFeed<object> {
    this.#checkOpen()
    return openFeed(this.store, ...watched(first, second))
  }

  /**
   * Delivers the messages of `session.publish` that wait, in the order of their commits, and those to come. A message
   * comes again to the next consumer until it is acknowledged, also after a crash. One consumer for a topic at a time:
   * two get the same messages. Cost: when it begins, the ids of all that wait and, if any do, the log that is kept;
   * then a read for each message.
   *
   * @throws UsageError `ROME_ARGUMENT`, `ROME_CLOSED`; SchemaError `ROME_SCHEMA_UNKNOWN_MODEL` without
   * {@link OutboxMessage} among the models.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   *
   * async function sendMails(rome: Rome, send: (mail: unknown) => Promise<void>, signal: AbortSignal): Promise<void> {
   *   for await (const message of rome.consume({ topics: ['mail'], signal })) {
   *     await send(message.payload)
   *     await message.acknowledge()
   *   }
   * }
   * ```
   */
  consume(options: ConsumeOptions = {}): OutboxConsumer {
    this.#checkOpen()
    return new OutboxConsumer(this, options)
  }

  /**
   * What became of a commit whose answer was lost. Once it says `aborted` the commit can no longer happen.
   *
   * @throws EngineError when the store still does not answer.
   *
   * @example
   * ```ts
   * import { CommitUnknownError, type Rome, type RomeSession } from 'rome-orm'
   *
   * async function isCommitted(rome: Rome, session: RomeSession): Promise<boolean> {
   *   try {
   *     await session.commit()
   *     return true
   *   } catch (error) {
   *     if (!(error instanceof CommitUnknownError)) throw error
   *     return (await rome.outcome(String(error.context.commitId))).state === 'committed'
   *   }
   * }
   * ```
   */
  async outcome(commitId: string): Promise<CommitOutcome> {
    this.#checkOpen()
    if (typeof commitId !== 'string') {
      throw new UsageError('ROME_ARGUMENT', 'give the commitId of the context of a CommitUnknownError')
    }
    return this.store.engine.outcome(commitId)
  }

  /**
   * What goes on, for logs and monitoring. Cost: no read.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   * const report = (rome: Rome) => console.log(rome.stats().conflicts)
   * ```
   */
  stats(): RomeStatistics {
    const { claims, engine, resident } = this.store
    return {
      sessions: this.#sessions.size,
      ...this.counts,
      retries: this.#retries,
      claims: claims?.size ?? 0,
      claimWaits: claims?.waits ?? 0,
      deadlocks: claims?.deadlocks ?? 0,
      cache: resident?.statistics(),
      engine: engine.stats(),
    }
  }

  /**
   * Reads one snapshot of the store and checks that every row of its models can be read, that it has exactly the
   * entries its indexes want, that its foreign keys lead to rows, and that every entry is of a stored row. Others go on
   * reading and writing meanwhile. It repairs nothing. Cost: reads all rows and entries, each row again for each of its
   * entries and for each row that refers to it; memory for a few thousand rows.
   *
   * @throws UsageError `ROME_ARGUMENT`, `ROME_CLOSED`; AbortError `ROME_ABORTED`; EngineError.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   *
   * async function check(rome: Rome): Promise<void> {
   *   const report = await rome.verify({ onProgress: ({ task, name, done }) => console.log(task, name, done) })
   *   for (const { what, model, index, values } of report.problems) console.log(what, model, index, values)
   *   if (report.problemCount > 0) throw new Error('the store is damaged: restore it from a backup')
   * }
   * ```
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#checkOpen()
    checkOptions('rome.verify', options, verifyRules)
    return verifyStore(this.store, options)
  }

  /**
   * Looks through every index, so that plans are chosen by what is stored: how many rows and entries there are, how
   * many different values, and how they are spread. Worth it after much was written; numbers of rows are kept by
   * themselves. Cost: every key is read once; nobody waits.
   *
   * @throws UsageError `ROME_CLOSED`, `ROME_ARGUMENT`.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   * const refresh = (rome: Rome) => rome.analyze()
   * ```
   */
  async analyze(options: AnalyzeOptions = {}): Promise<void> {
    this.#checkOpen()
    checkOptions('rome.analyze', options, analyzeRules)
    await analyzeStore(this.store, options.onProgress)
  }

  /**
   * What is open, and which lines of the program opened it: for tests that look for leaks. Cost: no read.
   *
   * @throws UsageError `ROME_ARGUMENT` unless the Rome was opened with `debug: { leaks: true }`.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   * const linesOf = (rome: Rome) => rome.openResources().map(({ kind, openedAt }) => `${kind}: ${openedAt[0]}`)
   * ```
   */
  openResources(): OpenResource[] {
    if (this.resources !== undefined) return this.resources.list()
    throw new UsageError(
      'ROME_ARGUMENT',
      'nobody noted what was opened: open with Rome.open({ debug: { leaks: true } })',
    )
  }

  /**
   * Closes the sessions, which rolls back what they did not commit, then the engine. Waits for operations under way.
   * May be called more than once.
   *
   * @throws UsageError `ROME_LEAK`, when all is closed, if with `debug: { leaks: true }` anything else was still open.
   *
   * @example
   * ```ts
   * import type { Rome } from 'rome-orm'
   * const stop = (rome: Rome) => rome.close()
   * ```
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** {@link Rome.close | Closes} at the end of `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal */
  opened(session: AsyncDisposable): void {
    this.#checkOpen()
    this.#sessions.add(session)
  }

  /** @internal */
  closed(session: AsyncDisposable): void {
    this.#sessions.delete(session)
  }

  async #close(): Promise<void> {
    const leaks = this.resources?.list() ?? []
    await Promise.all(Array.from(this.#sessions, (session) => session[Symbol.asyncDispose]()))
    await this.store.close()
    this.logger.info?.('a store was closed', { engine: this.store.engine.manifest.name })
    if (leaks.length === 0) return
    throw new UsageError('ROME_LEAK', 'this was open when Rome was closed: close it before, best by await using', {
      context: { resources: leaks },
    })
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return
    throw new UsageError('ROME_CLOSED', 'this Rome is closed: open another with Rome.open()')
  }
}

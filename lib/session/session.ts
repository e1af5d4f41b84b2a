import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { checkOptions, isBoolean, isSignal, type OptionRules } from '../errors/checked-options.js'
import { ConflictError, QueryError, SchemaError, UsageError } from '../errors/rome-error.js'
import { loadSides, referredKey, wholeRelation } from '../query/load-related.js'
import { modelsOfRelation } from '../query/models-read.js'
import type { QueryBudget } from '../query/operators/budget.js'
import type { SortMemory } from '../query/operators/sort-memory.js'
import type { PlanMemo } from '../query/plan/plan-memo.js'
import { newQuery, type Query } from '../query/query.js'
import type {
  FullScanPolicy,
  OpenStream,
  QueryCounts,
  QuerySession,
  ResultEntities,
  RunOptions,
} from '../query/query-session.js'
import { QueryRun } from '../query/run-query.js'
import type { ResultsOf, RootOf, Selectable } from '../query/selection.js'
import { type SessionScopes, sessionScopes } from '../query/session-scopes.js'
import type { Logger } from '../records/logger.js'
import type { Observed, Observer } from '../records/observer.js'
import type { OpenResources } from '../records/open-resources.js'
import type { RecordStore } from '../records/record-store.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import type { RowChange } from '../records/row-change.js'
import type { Table } from '../records/table.js'
import type { LoadOptions } from '../schema/collection.js'
import { create } from '../schema/create.js'
import type { ModelClass } from '../schema/entity-schema.js'
import { type PrimaryKey, primaryKeyValues } from '../schema/primary-key.js'
import type { EntityState } from '../schema/related/companion.js'
import type { RelationSide } from '../schema/related/relation-side.js'
import { schemaOf } from '../schema/schema-of.js'
import type { JsonValue, RowValue } from '../values/column-type.js'
import { throwIfAborted } from './abort-signal.js'
import {
  type BulkDeleteOptions,
  type BulkOptions,
  type BulkTarget,
  type BulkUpdateOptions,
  bulkDeleteRules,
  bulkRules,
  bulkUpdateRules,
  deleteRowsByKey,
  insertRows,
  updateRowsByKey,
} from './bulk-writes.js'
import { sealPosition } from './change-position.js'
import { type EntityRecord, recordOf } from './entity-record.js'
import { type ColumnValues, newOf } from './given-values.js'
import type { EntityEvent, EntityHook, SessionEvent, SessionHook } from './hook-events.js'
import { type GetOptions, type IsSeen, readByKey, readByKeys } from './key-reads.js'
import { type MergeParts, mergeInto } from './merge.js'
import { OutboxMessage } from './outbox-message.js'
import type { Items } from './portions.js'
import { RepeatedLoads } from './repeated-loads.js'
import { rowsInScope } from './scoped-reads.js'
import { SessionGuard } from './session-guard.js'
import { SessionHooks } from './session-hooks.js'
import type { SessionHost } from './session-host.js'
import { SessionSavepoint, SessionTransaction } from './session-transaction.js'
import {
  type BeginOptions,
  beginOptionRules,
  type SessionOptions,
  sessionOptionRules,
  type TransactionOptions,
  transactionOptionRules,
} from './transaction-options.js'
import { TransactionStack } from './transaction-stack.js'
import { UnitOfWork } from './unit-of-work.js'
import { UnmanagedEntities } from './unmanaged-entities.js'
import { type UpsertOptions, upsertRows, upsertRules } from './upsert.js'

export type { GetOptions } from './key-reads.js'

const loadOptionRules: OptionRules<LoadOptions> = { withDeleted: isBoolean, refresh: isBoolean, signal: isSignal }

/** What `session.begin` runs as one transaction, in the session it is given: a fresh one for a `new` transaction. */
export type TransactionWork<T> = (transaction: SessionTransaction, session: RomeSession) => MaybePromise<T>

/**
 * One task's view of the store: an identity map, so that a row is one entity; a unit of work, which finds what was
 * changed and writes it in one atomic commit; and a transaction, which begins by itself at the first read or flush and
 * reads one snapshot until commit, rollback or close.
 *
 * A session is cheap and short. It serves one task at a time: an operation that starts before the last one was awaited
 * is refused with `ROME_SESSION_BUSY`. Every operation of a closed session is refused with `ROME_CLOSED`.
 *
 * @example
 * ```ts
 * import { column, create, entity, primaryKey, Rome, RomeSession, t } from 'rome-orm'
 * import { memory } from 'rome-orm/engines/memory'
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.string()) title!: string
 * }
 *
 * const rome = await Rome.open({ engine: memory(), models: [Book] })
 * const session = new RomeSession(rome)
 * const book = session.add(create(Book, { title: 'Emma' }))
 * await session.commit()
 * book.title = 'Persuasion'
 * await session.commit()
 * await session.close()
 * ```
 */
export class RomeSession implements QuerySession, AsyncDisposable {
  readonly #host: SessionHost
  readonly #options: SessionOptions
  readonly #guard = new SessionGuard()
  readonly #unit: UnitOfWork
  readonly #hooks: SessionHooks
  readonly #transactions: TransactionStack
  #repeatedLoads: RepeatedLoads | undefined
  /** @internal */
  readonly scopes: SessionScopes | undefined
  #closing: Promise<void> | undefined
  readonly #endSpan: (() => void) | undefined
  readonly #closed: (() => void) | undefined

  /**
   * The same as `rome.session(options)`. Cost: no read.
   * @throws UsageError `ROME_CLOSED`, `ROME_ARGUMENT`.
   */
  constructor(rome: SessionHost, options: SessionOptions = {}) {
    checkOptions('rome.session', options, sessionOptionRules)
    this.#host = rome
    this.#options = options
    this.scopes = sessionScopes(rome.scopeNames, options.scopes)
    this.#unit = new UnitOfWork({
      // What is done to the entities of a session that only reads is no change.
      comparesAll: options.readOnly !== true && (options.changes ?? rome.changes) === 'compared',
      refusesWrites: () => this.#transactions.refusesWrites,
      requireIdle: () => this.#guard.check(),
      tableOf: (schema) => rome.store.table(schema) as Table,
      loadSide: (side, how, caller) => this.#loadSide(side, how, caller),
    })
    this.#hooks = new SessionHooks(rome.hooks, { session: this, guard: this.#guard, logger: rome.logger })
    this.#transactions = new TransactionStack(rome, this.#unit, this, options, this.#hooks)
    rome.opened(this)
    this.#endSpan = rome.observer?.begin({ operation: 'session' })
    this.#closed = rome.resources?.opened('session')
  }

  /**
   * Makes a new entity pending: it is inserted by the next flush, which gives it key, defaults, times and version. A
   * detached entity becomes persistent again, one marked for deletion is kept. Gives the entity back. Cost: no read.
   *
   * @throws UsageError `ROME_ENTITY_STATE` when the entity is in another session, or another one has its key here;
   * SchemaError `ROME_SCHEMA_UNKNOWN_MODEL`.
   *
   * @example
   * ```ts
   * import { create, type ModelClass, type RomeSession } from 'rome-orm'
   *
   * async function insert<T extends object>(session: RomeSession, model: ModelClass<T>): Promise<T> {
   *   const entity = session.add(create(model, {}))
   *   await session.commit()
   *   return entity
   * }
   * ```
   */
  add<T extends object>(entity: T): T {
    this.#checkWritable('add')
    this.#tableOfEntity(entity)
    this.#unit.add(entity)
    return entity
  }

  /**
   * {@link RomeSession.add | Adds} several entities, in their order.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const insertAll = async (session: RomeSession, entities: Iterable<object>) => {
   *   session.addAll(entities)
   *   await session.commit()
   * }
   * ```
   */
  addAll(entities: Iterable<object>): void {
    for (const entity of entities) this.add(entity)
  }

  /**
   * Tells a session with `changes: 'touched'` that entities of it were changed, or are about to be: they are compared
   * with their rows until the transaction ends, others are not. Where all are compared it does nothing, so that what
   * changes entities may say it in any session. Cost: no read.
   *
   * What is added, deleted, merged, upserted or related, and what was written in this transaction, needs no touch.
   *
   * @throws UsageError `ROME_ENTITY_STATE` when one of them is not in this session, `ROME_READ_ONLY`; then none was
   * touched.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type Rome } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.integer()) copies!: number
   * }
   *
   * const sellOut = (rome: Rome) => rome.transact(async session => {
   *   for (const book of await session.query(Book).all()) {
   *     if (book.copies < 1000) continue
   *     book.copies = 0
   *     session.touch(book)
   *   }
   * }, { changes: 'touched' })
   * ```
   */
  touch(...entities: readonly object[]): void {
    this.#checkWritable('touch')
    const records = entities.map((entity) => {
      this.#tableOfEntity(entity)
      return this.#unit.recordOf(entity)
    })
    for (const record of records) this.#unit.touch(record)
  }

  /**
   * The entity with a primary key; `undefined` when there is none, or it is soft-deleted or out of scope. One that
   * the transaction met already is given out without a read. Cost: at most one read by key.
   *
   * @throws UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT`; ValidationError when the key is not of its column's type.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('members')
   * class Member {
   *   @primaryKey(t.uuid()) imageId!: string
   *   @primaryKey(t.string()) project!: string
   *   @column(t.boolean()) canShare!: boolean
   * }
   *
   * const mayShare = async (session: RomeSession, imageId: string) =>
   *   (await session.get(Member, { imageId, project: 'demo' }))?.canShare ?? false
   * ```
   */
  get<T extends object>(model: ModelClass<T>, key: PrimaryKey, options: GetOptions = {}): Promise<T | undefined> {
    return this.#observed('get', model, () => {
      const table = this.#tableOf(model)
      const values = primaryKeyValues(table.schema, key)
      return andThen(this.#inScope(table, [values], options.withoutScope), (isSeen) =>
        readByKey(this.#unit, this.#transactions, table, table.keyOfPrimaryKey(values), options, isSeen),
      )
    })
  }

  /**
   * As {@link RomeSession.get}, for a row that has to be there.
   *
   * @throws QueryError `ROME_NO_RESULT` when there is none.
   *
   * @example
   * ```ts
   * import type { ModelClass, RomeSession } from 'rome-orm'
   * const load = <T extends object>(session: RomeSession, model: ModelClass<T>, id: string) =>
   *   session.getOrThrow(model, id)
   * ```
   */
  async getOrThrow<T extends object>(model: ModelClass<T>, key: PrimaryKey, options: GetOptions = {}): Promise<T> {
    const entity = await this.get(model, key, options)
    if (entity !== undefined) return entity
    throw new QueryError('ROME_NO_RESULT', 'no row has this primary key: use get() where it may be missing', {
      context: { model: schemaOf(model).name, key },
    })
  }

  /**
   * The entities with these primary keys, in their order, `undefined` where {@link RomeSession.get} would give it.
   * Cost: one read of all the keys that the transaction did not meet yet.
   *
   * @example
   * ```ts
   * import type { ModelClass, RomeSession } from 'rome-orm'
   * const loadFound = async <T extends object>(session: RomeSession, model: ModelClass<T>, ids: string[]) =>
   *   (await session.getMany(model, ids)).filter(entity => entity !== undefined)
   * ```
   */
  getMany<T extends object>(
    model: ModelClass<T>,
    keys: readonly PrimaryKey[],
    options: GetOptions = {},
  ): Promise<(T | undefined)[]> {
    return this.#observed('get', model, () => {
      const table = this.#tableOf(model)
      const values = keys.map((key) => primaryKeyValues(table.schema, key))
      const rowKeys = values.map((key) => table.keyOfPrimaryKey(key))
      return andThen(this.#inScope(table, values, options.withoutScope), (isSeen) =>
        readByKeys(this.#unit, this.#transactions, table, rowKeys, options, isSeen),
      )
    })
  }

  /**
   * Marks a stored entity for deletion by the next flush: a model with `@deletedAt` is soft-deleted, another erased.
   * A pending entity only leaves the session. Until the commit the entity's state is `deleted`. Cost: no read.
   *
   * @throws UsageError `ROME_ENTITY_STATE` when the entity is not in this session.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const remove = async (session: RomeSession, entity: object) => {
   *   session.delete(entity)
   *   await session.commit()
   * }
   * ```
   */
  delete(entity: object): void {
    this.#checkWritable('delete')
    this.#unit.delete(entity, this.#tableOfEntity(entity).schema.deletedAt === undefined ? 'hard' : 'soft')
  }

  /**
   * Marks a stored entity to be erased by the next flush, also when its model could be soft-deleted. Cost: no read.
   *
   * @throws UsageError `ROME_ENTITY_STATE` when the entity is not in this session.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const erase = async (session: RomeSession, entity: object) => {
   *   session.hardDelete(entity)
   *   await session.commit()
   * }
   * ```
   */
  hardDelete(entity: object): void {
    this.#checkWritable('hardDelete')
    this.#unit.delete(entity, 'hard')
  }

  /**
   * Copies an entity from elsewhere onto the session's entity of its key, which is read when the transaction has not
   * met it, and made pending when there is no row; gives that one back. The entity that is given stays what it is:
   * detached, of another session, or transient. One of this session is given back as it is.
   *
   * Of an entity that was read only what was changed since is copied, so that what others wrote meanwhile stays. Of a
   * transient one, and of values, all that is set counts. Where a version is known it must be the stored one. What the
   * entity is related to follows, where the relation cascades. Nothing is written before a flush. Cost: one read for
   * each model and level of what is related.
   *
   * @throws ConflictError `ROME_STALE_VERSION` when the row has another version, or a versioned one is gone; UsageError
   * `ROME_ENTITY_STATE` when the session deletes the entity, or its primary key was changed; then nothing was copied.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, version, type RomeSession } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) title!: string
   *   @version() version!: number
   * }
   *
   * async function save(session: RomeSession, form: { id: string; title: string; version: number }): Promise<Book> {
   *   const book = await session.merge(Book, form)
   *   await session.commit()
   *   return book
   * }
   * ```
   */
  merge<T extends object>(entity: T): Promise<T>
  merge<T extends object>(model: ModelClass<T>, values: ColumnValues<NoInfer<T>>): Promise<T>
  async merge<T extends object>(given: T | ModelClass<T>, ...values: [ColumnValues<T>?]): Promise<T> {
    this.#checkWritable('merge')
    const source = typeof given === 'function' ? newOf(given, values[0]) : given
    this.#tableOfEntity(source)
    return this.#operate(async () => {
      if (this.#unit.pending.size > 0) await this.#transactions.flush()
      const transaction = await this.#transactions.current()
      const inScope: MergeParts['inScope'] = (table, keys) => this.#inScope(table, keys)
      return await mergeInto({ unit: this.#unit, transaction, session: this, inScope }, source)
    })
  }

  /**
   * Lays values over the row that they name, or inserts it; several rows as an array, with one read for all. Rows are
   * named by their primary key, or by `on`, the columns of a unique index. `expect` says what must be so: the row is
   * `present`, is `absent`, or `either`. It is a flush: everything that is unwritten is written, with hooks and checks.
   *
   * A soft-deleted row is not present, unless the values say `deletedAt`. A `version` among the values is the one that
   * the row must have. A primary key never changes.
   *
   * @returns the entity, or the entities in the order of the values.
   * @throws QueryError `ROME_NO_RESULT` for a row that is expected and missing; ConstraintError
   * `ROME_PRIMARY_KEY_EXISTS`, `ROME_UNIQUE` for one that is there and expected not to be; ConflictError
   * `ROME_STALE_VERSION`; UsageError `ROME_ARGUMENT`, `ROME_UNDEFINED`; and as {@link RomeSession.flush}: then no row
   * of the values was written, and entities are as they were.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, unique, type RomeSession } from 'rome-orm'
   *
   * @entity('settings')
   * @unique('user', 'name')
   * class Setting {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) user!: string
   *   @column(t.string()) name!: string
   *   @column(t.string()) value!: string
   * }
   *
   * const set = (session: RomeSession, user: string, name: string, value: string): Promise<Setting> =>
   *   session.upsert(Setting, { user, name, value }, { on: ['user', 'name'] })
   * ```
   */
  upsert<T extends object>(
    model: ModelClass<T>,
    values: readonly ColumnValues<NoInfer<T>>[],
    options?: UpsertOptions<NoInfer<T>>,
  ): Promise<T[]>
  upsert<T extends object>(
    model: ModelClass<T>,
    values: ColumnValues<NoInfer<T>>,
    options?: UpsertOptions<NoInfer<T>>,
  ): Promise<T>
  async upsert<T extends object>(
    model: ModelClass<T>,
    values: ColumnValues<T> | readonly ColumnValues<T>[],
    options: UpsertOptions<T> = {},
  ): Promise<T | T[]> {
    this.#checkWritable('upsert')
    checkOptions('session.upsert', options, upsertRules)
    const table = this.#tableOf(model) as unknown as Table
    const given = Array.isArray(values) ? values : [values]
    const entities = await this.run(
      (transaction) =>
        upsertRows(
          {
            unit: this.#unit,
            transaction,
            table,
            flush: () => this.#transactions.flush(),
            inScope: (keys) => this.#inScope(table, keys),
          },
          given,
          options,
        ),
      { signal: options.signal },
    )
    // They are of the table's model.
    return (Array.isArray(values) ? entities : entities[0]) as T | T[]
  }

  /**
   * Inserts rows beside the unit of work: no entities are made. Defaults, times, checks, unique values and foreign keys
   * are those of any insert. Rows come as an array, an iterable or an async iterable, and are taken in portions of
   * 1000, with one read each; what is written stays in memory until the commit. Unwritten changes are flushed first.
   * While it runs the session is busy: rows that come of a query come of another session's.
   *
   * @returns how many rows were inserted. @throws ValidationError, ConstraintError `ROME_PRIMARY_KEY_EXISTS`,
   * `ROME_UNIQUE`, `ROME_FOREIGN_KEY`, `ROME_CHECK`; AbortError; UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT`: then no
   * row was.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('readings')
   * class Reading {
   *   @primaryKey(t.datetime()) at!: Date
   *   @column(t.float()) value!: number
   * }
   *
   * async function load(session: RomeSession, readings: AsyncIterable<{ at: Date; value: number }>): Promise<number> {
   *   const count = await session.bulkInsert(Reading, readings)
   *   await session.commit()
   *   return count
   * }
   * ```
   */
  bulkInsert<T extends object>(
    model: ModelClass<T>,
    rows: Items<ColumnValues<NoInfer<T>>>,
    options: BulkOptions = {},
  ): Promise<number> {
    return this.#bulk('session.bulkInsert', model, options, bulkRules, (target) => insertRows(target, rows, options))
  }

  /**
   * Lays values over the rows that they name by their primary key, beside the unit of work. `@version` and `@updatedAt`
   * follow where a row changes; a `version` among the values is the one that the row must have. Entities that the
   * session holds are refreshed. Otherwise as {@link RomeSession.bulkInsert}; within a portion rows may hand unique
   * values on to each other.
   *
   * @returns how many rows were given. @throws QueryError `ROME_NO_RESULT` for a row that is not there, or is
   * soft-deleted unless `withDeleted` is said; ConflictError `ROME_STALE_VERSION`; and as `bulkInsert`: then no row was
   * changed.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('stocks')
   * class Stock {
   *   @primaryKey(t.string()) article!: string
   *   @column(t.integer()) count!: number
   * }
   *
   * const countAgain = (session: RomeSession) =>
   *   session.bulkUpdate(Stock, [{ article: 'nail', count: 7000 }, { article: 'screw', count: 900 }])
   * ```
   */
  bulkUpdate<T extends object>(
    model: ModelClass<T>,
    rows: Items<ColumnValues<NoInfer<T>>>,
    options: BulkUpdateOptions = {},
  ): Promise<number> {
    return this.#bulk('session.bulkUpdate', model, options, bulkUpdateRules, (target) =>
      updateRowsByKey(target, rows, options),
    )
  }

  /**
   * Deletes the rows with these primary keys beside the unit of work, as {@link RomeSession.delete} would: a model with
   * `@deletedAt` is soft-deleted unless `hard` is said. Rows that refer to erased ones follow as their relations
   * declare, and so do entities that the session holds. Otherwise as {@link RomeSession.bulkInsert}.
   *
   * @returns how many rows there were. @throws ConstraintError `ROME_FOREIGN_KEY`; and as `bulkInsert`: then no row was
   * deleted.
   *
   * @example
   * ```ts
   * import type { ModelClass, RomeSession } from 'rome-orm'
   * const forget = (session: RomeSession, model: ModelClass, ids: string[]) =>
   *   session.bulkDelete(model, ids, { hard: true })
   * ```
   */
  bulkDelete(model: ModelClass, keys: Items<PrimaryKey>, options: BulkDeleteOptions = {}): Promise<number> {
    return this.#bulk('session.bulkDelete', model, options, bulkDeleteRules, (target) =>
      deleteRowsByKey(target, keys, options),
    )
  }

  /**
   * A query of models and columns. One selected thing gives bare values, several give tuples. Nothing is read before a
   * terminal of the query. Cost: no read.
   *
   * @throws UsageError, QueryError when the selection names no model; SchemaError `ROME_SCHEMA_UNKNOWN_MODEL`.
   *
   * @example
   * ```ts
   * import { column, entity, fields, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) title!: string
   * }
   *
   * const titles = (session: RomeSession): Promise<string[]> => session.query(fields(Book).title).all()
   * ```
   */
  query<const S extends readonly [Selectable, ...Selectable[]]>(...selection: S): Query<ResultsOf<S>, RootOf<S>> {
    this.#guard.checkOpen()
    return newQuery(this, selection)
  }

  /**
   * Writes what changed into the transaction's own buffer, which nobody else sees. Commits do it by themselves, and
   * queries that could see what changed. When it fails nothing has changed: repair the entity and go on, or roll back.
   * Cost: one comparison per entity that is compared; one read for all that inserts and unique values take, and one per
   * model for entities that were last met in an earlier transaction.
   *
   * @throws ValidationError, ConstraintError; ConflictError `ROME_STALE_VERSION`, after which, outside of `begin`, the
   * session is rolled back; UsageError `ROME_ENTITY_STATE` for a changed primary key.
   *
   * @example
   * ```ts
   * import { column, create, entity, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) title!: string
   * }
   *
   * async function idOfNew(session: RomeSession): Promise<string> {
   *   const book = session.add(create(Book, { title: 'Emma' }))
   *   await session.flush()
   *   return book.id
   * }
   * ```
   */
  flush(): Promise<void> {
    return this.#operateAlone(() => this.#transactions.flush())
  }

  /**
   * Writes what changed and commits it atomically, over all partitions. Entities stay, keep their values, and are
   * refreshed by the next read that meets them; erased ones become detached.
   *
   * When the flush fails by a value or a constraint the transaction goes on: repair the entity and commit again, or
   * roll back. When the commit fails the session is rolled back, as by {@link RomeSession.rollback}, and usable.
   *
   * @throws ConflictError when another commit came between: run the transaction again; CommitUnknownError
   * `ROME_COMMIT_UNKNOWN` when the answer was lost: ask `rome.outcome()`; AbortError `ROME_ABORTED`; EngineError;
   * ValidationError, ConstraintError; UsageError `ROME_TRANSACTION_STATE` within `begin`.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const save = (session: RomeSession) => session.commit({ signal: AbortSignal.timeout(1000) })
   * ```
   */
  commit(options: TransactionOptions = {}): Promise<void> {
    return this.#operateAlone(() => {
      checkOptions('session.commit', options, transactionOptionRules)
      return this.#transactions.commit(options)
    })
  }

  /**
   * Makes entities, identity map and pending list what they were at the end of the last transaction. Entities that were
   * not in the session then leave it, those added as transient, those loaded as detached: they keep what the user did
   * to them and lose what Rome wrote into them.
   *
   * @throws UsageError `ROME_TRANSACTION_STATE` within `begin`.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const undo = (session: RomeSession) => session.rollback()
   * ```
   */
  rollback(): Promise<void> {
    return this.#operateAlone(() => this.#transactions.rollback())
  }

  /**
   * Runs a function as one transaction: commits when it returns, rolls back when it throws, and throws what it threw.
   * Within another `begin`, or after a savepoint, it is a savepoint itself, unless `propagation` says otherwise. Rolled
   * back, entities, identity map and pending list are exactly what they were at the call, unwritten changes included.
   *
   * What the session read before without a commit is part of the transaction. What it wrote before is committed with
   * it, and lost with it only when the commit itself fails.
   *
   * Without a function it gives out the transaction, to be committed by `tx.commit()`; left by `await using` without
   * that, it is rolled back.
   *
   * @throws as {@link RomeSession.commit}; UsageError `ROME_TRANSACTION_STATE` for options of a nested transaction, for
   * one that is `never` within another, for one of which a part has failed that had joined it, and when transactions do
   * not end last-in first-out, which rolls all of them back; `ROME_READ_ONLY` for what was changed in one that is
   * `readOnly`; `ROME_ARGUMENT` for a `new` one without a function.
   *
   * @example
   * ```ts
   * import { column, create, entity, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) title!: string
   * }
   *
   * const addBook = (session: RomeSession, title: string): Promise<Book> =>
   *   session.begin({ isolation: 'snapshot' }, () => session.add(create(Book, { title })))
   * ```
   */
  begin(options?: BeginOptions): Promise<SessionTransaction>
  begin<T>(work: TransactionWork<T>): Promise<T>
  begin<T>(options: BeginOptions, work: TransactionWork<T>): Promise<T>
  async begin<T>(
    first: BeginOptions | TransactionWork<T> = {},
    second?: TransactionWork<T>,
  ): Promise<T | SessionTransaction> {
    const [options, work] = typeof first === 'function' ? [{}, first] : [first, second]
    checkOptions('session.begin', options, beginOptionRules)
    if (options.propagation === 'new') return this.#beginNew(options, work)
    const { observer } = this.#host
    if (work === undefined) return this.#open('begin', options)
    const run = async (): Promise<T> => (await this.#open('begin', options)).run((running) => work(running, this))
    return observer === undefined ? run() : observer.observe({ operation: 'transaction' }, run)
  }

  /**
   * Marks a point to go back to within the transaction. Cost: one comparison per entity that is compared, a copy of
   * those with unwritten changes.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   *
   * async function tryOut(session: RomeSession, change: () => Promise<boolean>): Promise<void> {
   *   const savepoint = await session.savepoint()
   *   if (await change()) await savepoint.release()
   *   else await savepoint.rollback()
   * }
   * ```
   */
  async savepoint(): Promise<SessionSavepoint> {
    return new SessionSavepoint(await this.#open('savepoint', {}))
  }

  /**
   * Makes an entity what its row is in this transaction, and forgets what was changed in it. Cost: one read by key.
   *
   * @throws QueryError `ROME_NO_RESULT` when the row is gone, after which the entity is as {@link RomeSession.expire}
   * makes it; UsageError `ROME_ENTITY_STATE` when the entity is not persistent in this session.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const reload = (session: RomeSession, entity: object) => session.refresh(entity)
   * ```
   */
  refresh(entity: object): Promise<void> {
    return this.#operate(async () => {
      const record = this.#persistentRecord(entity)
      const { key, row, table } = record
      const primaryKey = table.primaryKeyOf(row as Row)
      // A scope may ask for related rows, which flushes: what is to be forgotten must not be written.
      this.#unit.expire(record)
      const isSeen = await this.#inScope(table, [primaryKey])
      const transaction = await this.#transactions.current()
      const current = await transaction.get(table, key as Key)
      if (current === undefined || isSeen?.(current) === false) {
        throw new QueryError('ROME_NO_RESULT', 'the row of this entity was deleted: expunge the entity', {
          context: { model: table.schema.name, key: primaryKey },
        })
      }
      this.#unit.refresh(record, current)
    })
  }

  /**
   * Forgets what was changed in a persistent entity and what it is related to, and has the next `get`, query or
   * `load()` that meets it read its row: not the access to a property. Cost: no read.
   *
   * @throws UsageError `ROME_ENTITY_STATE` when the entity is not persistent in this session.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) title!: string
   * }
   *
   * async function discard(session: RomeSession, book: Book): Promise<void> {
   *   session.expire(book)
   *   await session.get(Book, book.id)
   * }
   * ```
   */
  expire(entity: object): void {
    this.#guard.check()
    this.#unit.expire(this.#persistentRecord(entity))
  }

  /**
   * {@link RomeSession.expire | Expires} every persistent entity of the session. Pending entities and those marked for
   * deletion stay as they are. Cost: one comparison per entity and column.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const discardChanges = (session: RomeSession) => session.expireAll()
   * ```
   */
  expireAll(): void {
    this.#guard.check()
    this.#unit.expireAll()
  }

  /**
   * Takes an entity out of the session, with what was not written of it: a pending one is transient again, another
   * detached. What was flushed of it stays part of the transaction. Cost: no read.
   *
   * @throws UsageError `ROME_ENTITY_STATE` when the entity is not in this session.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const move = (from: RomeSession, to: RomeSession, entity: object) => {
   *   from.expunge(entity)
   *   to.add(entity)
   * }
   * ```
   */
  expunge(entity: object): void {
    this.#guard.check()
    this.#unit.expunge(entity)
  }

  /**
   * Calls a function at an event of this session, after those that `rome.on` added for all. Gives a function that stops
   * it. An entity's event may name the model it is about.
   *
   * A `before…` hook may change what is about to be written, and an error of it fails the operation and leaves
   * everything as it was. Hooks may read, add, change and delete in their session.
   *
   * @throws UsageError `ROME_ARGUMENT`, `ROME_CLOSED`; SchemaError `ROME_SCHEMA_UNKNOWN_MODEL`.
   *
   * @example
   * ```ts
   * import { column, entity, primaryKey, t, type RomeSession } from 'rome-orm'
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.string()) title!: string
   * }
   *
   * const trimTitles = (session: RomeSession) =>
   *   session.on('beforeInsert', Book, book => { book.title = book.title.trim() })
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
    this.#guard.checkOpen()
    const [model, hook] = rest.length === 2 ? rest : [undefined, ...rest]
    return this.#hooks.own.add(event, model && this.#tableOf(model).schema, hook)
  }

  /**
   * Adds a message to the outbox: it is stored by the commit that stores the rest, or not at all, and delivered by
   * `rome.consume` until it is acknowledged. The payload is JSON. Needs {@link OutboxMessage} among the models. Cost: a
   * row.
   *
   * @throws SchemaError `ROME_SCHEMA_UNKNOWN_MODEL`; UsageError `ROME_UNDEFINED`; the flush refuses what is no JSON.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   *
   * async function order(session: RomeSession, order: object, address: string): Promise<void> {
   *   session.add(order)
   *   session.publish('mail', { to: address, text: 'on its way' })
   *   await session.commit()
   * }
   * ```
   */
  publish(topic: string, payload: JsonValue): OutboxMessage {
    return this.add(create(OutboxMessage, { topic, payload }))
  }

  /**
   * The position in the order of changes of what this transaction reads, for `rome.watch`: what was committed before is
   * seen by the session, and what comes after by the feed. Begins a transaction if there is none. Cost: no read.
   *
   * @example
   * ```ts
   * import type { ModelClass, Rome } from 'rome-orm'
   *
   * async function copyAndFollow<T extends object>(rome: Rome, model: ModelClass<T>, put: (row: object) => void) {
   *   await using session = rome.session()
   *   const after = await session.position()
   *   for (const entity of await session.query(model).all()) put(entity)
   *   return rome.watch(model, { after })
   * }
   * ```
   */
  position(): Promise<string> {
    return this.#operate(() =>
      andThen(this.#transactions.current(), ({ readVersion }) =>
        sealPosition(this.#host.store.secret, { version: readVersion }),
      ),
    )
  }

  /**
   * The state of an entity; `transient` for one that never was in a session.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const isStored = (session: RomeSession, entity: object) => session.stateOf(entity) === 'persistent'
   * ```
   */
  stateOf(entity: object): EntityState {
    return recordOf(entity)?.state ?? 'transient'
  }

  /**
   * Whether a stored entity of this session has changes that the next flush would write. Cost: one comparison per
   * column.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const needsSaving = (session: RomeSession, entity: object) => session.isModified(entity)
   * ```
   */
  isModified(entity: object): boolean {
    const record = recordOf(entity)
    return record !== undefined && record.owner === this.#unit && this.#unit.isModified(record)
  }

  /** The entities that were added and not flushed, in their order. */
  get pending(): object[] {
    return Array.from(this.#unit.pending, (record) => record.entity)
  }

  /** The stored entities that the next flush would update. Cost: one comparison per column and compared entity. */
  get modified(): object[] {
    return this.#unit.modified().map((record) => record.entity)
  }

  /** The entities that are marked for deletion by the next flush. */
  get deleted(): object[] {
    return Array.from(this.#unit.deletions.keys(), (record) => record.entity)
  }

  get isClosed(): boolean {
    return this.#guard.isClosed
  }

  /**
   * Rolls back what was not committed, and lets all entities go: they become detached, those added since the last
   * commit transient. They keep what the user did to them and lose what Rome wrote that was not committed. Waits for an
   * operation under way. May be called more than once.
   *
   * @example
   * ```ts
   * import type { RomeSession } from 'rome-orm'
   * const done = (session: RomeSession) => session.close()
   * ```
   */
  async close(): Promise<void> {
    // It would wait for the hook that asks for it.
    this.#guard.refuseInHook()
    await this[Symbol.asyncDispose]()
  }

  /** {@link RomeSession.close | Closes} the session at the end of `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** @internal */
  readonly openStreams = new Set<OpenStream>()

  /** @internal */
  get store(): RecordStore {
    return this.#host.store
  }

  /** @internal */
  get fullScans(): FullScanPolicy {
    return this.#host.fullScans
  }

  /** @internal */
  get logger(): Logger {
    return this.#host.logger
  }

  /** @internal */
  get observer(): Observer | undefined {
    return this.#host.observer
  }

  /** @internal */
  get resources(): OpenResources | undefined {
    return this.#host.resources
  }

  /** @internal */
  get counts(): QueryCounts {
    return this.#host.counts
  }

  /** @internal */
  get budget(): QueryBudget | undefined {
    return this.#host.budget
  }

  /** @internal */
  get slowQueryMs(): number | undefined {
    return this.#host.slowQueryMs
  }

  /** @internal */
  get sortMemory(): SortMemory {
    return this.#host.sortMemory
  }

  /** @internal */
  get plans(): PlanMemo {
    return this.#host.plans
  }

  /** @internal */
  get clock(): () => Date {
    return this.#host.clock
  }

  /** @internal */
  run<T>(work: (transaction: RecordTransaction) => MaybePromise<T>, options: RunOptions = {}): Promise<T> {
    return this.#operate(() => {
      if (options.writes === true) this.#unit.requireWritable('query')
      throwIfAborted(options.signal)
      const flushed = options.flush === false ? undefined : this.#transactions.flush(options.reads)
      return andThen(flushed, () => andThen(this.#transactions.current(), work))
    })
  }

  /** @internal */
  materialise<T extends object>(table: Table<T>, row: Row): T {
    return this.#unit.materialise(table, row)
  }

  /** @internal */
  findSettled(key: Key): object | undefined {
    return this.#unit.findSettled(key)
  }

  /** @internal */
  isLoadedNow(side: RelationSide): boolean {
    return this.#unit.relations.isLoadedNow(side)
  }

  /** @internal */
  fill(side: RelationSide, related: readonly object[], isPartial?: boolean): void {
    this.#unit.relations.fill(side, related, isPartial)
  }

  /** @internal */
  unmanaged(isShared: boolean): ResultEntities {
    return new UnmanagedEntities(this.#host.store, isShared)
  }

  /** @internal */
  follow(table: Table, changes: readonly RowChange[]): void {
    this.#unit.follow(table, changes)
  }

  /** Which rows of a model the session sees; `undefined` for all. */
  #inScope(
    table: Table,
    keys: readonly (readonly RowValue[])[],
    withoutScope?: readonly string[],
  ): MaybePromise<IsSeen | undefined> {
    if (this.scopes === undefined && withoutScope === undefined) return undefined
    return rowsInScope(this, this.#transactions, table, keys, withoutScope)
  }

  /** A reference to what the session knows needs no read. */
  #settle(side: RelationSide): boolean {
    const { isOwner, kind, target } = side.definition
    if (!isOwner || kind === 'manyToMany' || this.scopes?.hides(target)) return false
    const key = referredKey(this.#host.store.table(target), side)
    const entity = key === undefined ? undefined : this.#unit.findSettled(key)
    if (entity === undefined) return false
    this.#unit.relations.fill(side, [entity])
    return true
  }

  async #loadSide(side: RelationSide, options: LoadOptions, caller: CallableFunction): Promise<void> {
    checkOptions('load', options, loadOptionRules)
    this.#guard.check()
    const { withDeleted = false, refresh = false, signal } = options
    if (!withDeleted && !refresh && (this.#unit.relations.isLoadedNow(side) || this.#settle(side))) return
    this.#repeatedLoads ??= new RepeatedLoads(this.logger)
    this.#repeatedLoads.count(side, caller, this.#unit.transactionNumber)
    await this.run(
      (transaction) => {
        const read = {
          session: this,
          run: new QueryRun(this, transaction, { signal }),
          scope: withDeleted ? ('all' as const) : ('live' as const),
          scopes: this.scopes,
          withoutScopes: [],
          refresh,
        }
        return loadSides(read, [side], wholeRelation(side.definition))
      },
      { signal, reads: () => modelsOfRelation(this, side.definition) },
    )
  }

  /**
   * Runs one operation. The `await` also of what is there already keeps the session busy until the caller goes on, so
   * that concurrent use is refused on every engine, and not only on those that have to wait.
   */
  async #operate<T>(work: () => MaybePromise<T>): Promise<T> {
    this.#guard.enter()
    try {
      return await work()
    } catch (error) {
      if (error instanceof ConflictError && !this.#guard.isInHook) await this.#transactions.conflicted()
      throw error
    } finally {
      this.#guard.leave()
    }
  }

  /** Runs a write beside the unit of work, after what the unit has to write. */
  async #bulk<Options extends BulkOptions>(
    call: string,
    model: ModelClass,
    options: Options,
    rules: OptionRules<Options>,
    work: (target: BulkTarget) => Promise<number>,
  ): Promise<number> {
    checkOptions(call, options, rules)
    this.#checkWritable(call)
    const table = this.#tableOf(model)
    const write = (): Promise<number> =>
      this.run(
        (transaction) =>
          work({
            transaction,
            unit: this.#unit,
            table,
            now: this.clock(),
            scopes: this.scopes,
            inScope: (keys) => this.#inScope(table, keys),
          }),
        { signal: options.signal },
      )
    const { observer } = this.#host
    if (observer === undefined) return write()
    return observer.observe({ operation: call, model: table.schema.name, isRequest: true }, async (note) => {
      const rows = await write()
      note({ 'rome.rows': rows })
      return rows
    })
  }

  /** As {@link RomeSession.#operate}, for what asks the store about a model. */
  #observed<T>(operation: string, model: ModelClass, work: () => MaybePromise<T>): Promise<T> {
    const { observer } = this.#host
    if (observer === undefined) return this.#operate(work)
    const observed: Observed = { operation, model: schemaOf(model).name, isRequest: true }
    return observer.observe(observed, () => this.#operate(work)) as Promise<T>
  }

  /** As {@link RomeSession.#operate}, for what a hook may not ask for. */
  #operateAlone<T>(work: () => MaybePromise<T>): Promise<T> {
    return this.#operate(() => {
      this.#guard.refuseInHook()
      return work()
    })
  }

  /** A transaction of its own needs entities of its own, and so another session. */
  async #beginNew<T>({ readOnly, ...options }: BeginOptions, work: TransactionWork<T> | undefined): Promise<T> {
    this.#guard.check()
    if (work === undefined) {
      throw new UsageError('ROME_ARGUMENT', 'give a new transaction a function: its session ends with it')
    }
    await using session = new RomeSession(this.#host, readOnly ? { ...this.#options, readOnly } : this.#options)
    session.#transactions.outer = this.#transactions
    return await session.begin({ ...options, propagation: undefined }, work)
  }

  #open(kind: 'begin' | 'savepoint', options: BeginOptions): Promise<SessionTransaction> {
    return this.#operateAlone(() =>
      andThen(
        this.#transactions.open(kind, options),
        (frame) => new SessionTransaction(this.#guard, this.#transactions, frame),
      ),
    )
  }

  async #close(): Promise<void> {
    this.#guard.close()
    if (!this.#guard.isIdle) await this.#guard.whenIdle()
    try {
      for (const stream of this.openStreams) await stream.release()
    } finally {
      const closed = this.#transactions.close()
      if (closed instanceof Promise) await closed
      this.#host.closed(this)
    }
    this.#endSpan?.()
    this.#closed?.()
  }

  #checkWritable(call: string): void {
    this.#guard.check()
    this.#unit.requireWritable(call)
  }

  #persistentRecord(entity: object): EntityRecord {
    const record = this.#unit.recordOf(entity)
    if (record.state === 'persistent') return record
    throw new UsageError('ROME_ENTITY_STATE', 'only a persistent entity has a row to refresh from', {
      context: { model: record.table.schema.name, state: record.state },
    })
  }

  #tableOf<T extends object>(model: ModelClass<T>): Table<T> {
    return this.#host.store.table(schemaOf(model))
  }

  #tableOfEntity(entity: object): Table {
    const prototype: unknown = typeof entity === 'object' && entity !== null ? Object.getPrototypeOf(entity) : null
    if (prototype === Object.prototype || prototype === null) {
      throw new SchemaError('ROME_SCHEMA_UNKNOWN_MODEL', 'make entities with create(Model, { … }): this is no entity', {
        context: { given: entity === null ? 'null' : typeof entity },
      })
    }
    return this.#tableOf(entity.constructor as ModelClass)
  }
}

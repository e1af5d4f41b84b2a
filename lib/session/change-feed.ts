import type { KeyObject } from 'node:crypto'
import type { CommittedChanges } from '../engines/contract.js'
import { checkOptions, isObject, isSignal, type OptionRules } from '../errors/checked-options.js'
import { EngineError, UsageError } from '../errors/rome-error.js'
import {
  byPrefix,
  type CommittedKind,
  type CommittedRow,
  committedRow,
  rowsOfCommit,
  type TablesByPrefix,
} from '../records/committed-rows.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import type { RecordStore } from '../records/record-store.js'
import type { ModelClass } from '../schema/entity-schema.js'
import type { ColumnName } from '../schema/field-types.js'
import type { PrimaryKey } from '../schema/primary-key.js'
import { schemaOf } from '../schema/schema-of.js'
import { type ChangePosition, openPosition, sealPosition } from './change-position.js'

/** Where `rome.watch` begins, and what ends it. */
export interface WatchOptions {
  /** The position after which it begins: of a change, a feed, or `session.position()`. The newest when absent. */
  readonly after?: string | undefined
  /** Ends the feed with an AbortError `ROME_ABORTED`. */
  readonly signal?: AbortSignal | undefined
}

/** What every change says. */
export interface ChangedRow<T> {
  readonly model: ModelClass<T & object>
  /** As `session.get` takes it. */
  readonly key: PrimaryKey
  /** For `rome.watch`, to go on after this change. */
  readonly position: string
}

/** The values of the columns of a row, by their properties. */
export type RowValues<T> = Readonly<Pick<T, ColumnName<T>>>

/** A row was inserted, changed, or came back from soft deletion. */
export interface StoredChange<T> extends ChangedRow<T> {
  readonly kind: 'insert' | 'update' | 'restore'
  readonly values: RowValues<T>
}

/** A row got a time of deletion: usual queries see it no longer. */
export interface SoftDeletedChange<T> extends ChangedRow<T> {
  readonly kind: 'delete'
  readonly deletion: 'soft'
  readonly values: RowValues<T>
}

/** A row was erased. What it held is gone. */
export interface ErasedChange<T> extends ChangedRow<T> {
  readonly kind: 'delete'
  readonly deletion: 'hard'
  readonly values: undefined
}

/** A committed change of a row of the model `T`, or of one of several. */
export type Change<T> = T extends object ? StoredChange<T> | SoftDeletedChange<T> | ErasedChange<T> : never

const optionRules: OptionRules<WatchOptions> = {
  after: (value) => typeof value === 'string',
  signal: isSignal,
}

const said: Readonly<Record<CommittedKind, object>> = {
  insert: { kind: 'insert' },
  update: { kind: 'update' },
  restore: { kind: 'restore' },
  softDelete: { kind: 'delete', deletion: 'soft' },
  erase: { kind: 'delete', deletion: 'hard' },
}

/**
 * Committed changes, in the order of the commits, those of one commit in the order of their keys. It never ends by
 * itself: leave the `for await` loop, `return()`, the signal, or `rome.close()`. A feed that nobody reads holds nothing
 * back and takes no memory to speak of.
 */
export class ChangeFeed<T> implements AsyncIterableIterator<Change<T>>, AsyncDisposable {
  readonly #secret: KeyObject
  readonly #tables: TablesByPrefix
  readonly #commits: AsyncIterableIterator<CommittedChanges>
  readonly #changes: AsyncGenerator<Change<T>, undefined>
  #position: ChangePosition | undefined

  /** @internal */
  constructor(
    secret: KeyObject,
    tables: TablesByPrefix,
    commits: AsyncIterableIterator<CommittedChanges>,
    after: ChangePosition | undefined,
  ) {
    this.#secret = secret
    this.#tables = tables
    this.#commits = commits
    this.#position = after
    this.#changes = this.#follow(after)
  }

  /**
   * After all that was given out, and after what came since and was not asked for: better to keep than the position of
   * the last change, when there seldom is one. `undefined` as long as the feed was given none and has met no commit.
   */
  get position(): string | undefined {
    return this.#position && sealPosition(this.#secret, this.#position)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /**
   * The next change, as soon as there is one.
   * @throws EngineError `ROME_CHANGES_GONE`, AbortError `ROME_ABORTED`, CorruptionError.
   */
  next(): Promise<IteratorResult<Change<T>, undefined>> {
    return this.#changes.next()
  }

  /** Ends the feed, also while it waits. */
  async return(): Promise<IteratorResult<Change<T>, undefined>> {
    await this.#commits.return?.()
    return this.#changes.return(undefined)
  }

  /** Ends the feed at the end of `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async *#follow(after: ChangePosition | undefined): AsyncGenerator<Change<T>, undefined> {
    try {
      for await (const commit of this.#commits) {
        const { version, writes } = commit
        const from = version === after?.version ? (after.index ?? 0) : 0
        const indexes = rowsOfCommit(this.#tables, commit, from)
        for (const [at, index] of indexes.entries()) {
          const isLast = at === indexes.length - 1
          const position = isLast ? { version } : { version, index: index + 1 }
          this.#position = position
          yield changeOf<T>(committedRow(this.#tables, writes[index]), this.#secret, position)
        }
        this.#position = { version }
      }
    } catch (error) {
      throw withPosition(this.#secret, error)
    }
    return undefined
  }
}

/** Tells apart what `rome.watch` is given. */
export function watched(first: unknown, second: WatchOptions): [readonly ModelClass[] | undefined, WatchOptions] {
  if (Array.isArray(first)) return [first as readonly ModelClass[], second]
  if (typeof first === 'function') return [[first as ModelClass], second]
  return [undefined, isObject(first) ? first : second]
}

/** Opens the feed of `rome.watch`. */
export function openFeed<T>(
  store: RecordStore,
  models: readonly ModelClass[] | undefined,
  options: WatchOptions,
): ChangeFeed<T> {
  checkOptions('rome.watch', options, optionRules)
  const { engine, secret } = store
  if (!engine.manifest.watch) {
    throw new UsageError(
      'ROME_OPTION_NOT_SUPPORTED',
      'this engine gives out no changes: use one whose manifest says it',
      {
        context: { engine: engine.manifest.name },
      },
    )
  }
  const tables = byPrefix(models?.map((model) => store.table(schemaOf(model))) ?? store.tables)
  const after = options.after === undefined ? undefined : openPosition(secret, options.after)
  try {
    const commits = engine.changes({
      signal: options.signal,
      // Some of a commit is yet to come: so the engine gives it again.
      ...(after && { after: after.index === undefined ? after.version : after.version - 1 }),
    })
    return new ChangeFeed<T>(secret, tables, commits, after)
  } catch (error) {
    throw withPosition(secret, error)
  }
}

function changeOf<T>({ table, key, kind, row }: CommittedRow, secret: KeyObject, position: ChangePosition): Change<T> {
  const { columns, model, primaryKey } = table.schema
  const keys = primaryKeyByColumn(table, key)
  const values =
    row &&
    Object.fromEntries(
      columns.map(({ name, position, type }) => {
        const value = row[position]
        return [name, value === null ? null : type.fromRow(value)]
      }),
    )
  const change = {
    ...said[kind],
    model,
    key: primaryKey.length === 1 ? Object.values(keys)[0] : keys,
    values,
    get position() {
      return sealPosition(secret, position)
    },
  }
  return change as unknown as Change<T>
}

/** Says from where one can go on. */
function withPosition(secret: KeyObject, error: unknown): unknown {
  if (!(error instanceof EngineError && error.code === 'ROME_CHANGES_GONE')) return error
  return new EngineError(
    error.code,
    'the changes after this position are no longer kept: read what is stored, then watch from session.position()',
    { context: { position: sealPosition(secret, { version: error.context.oldest as number }) }, cause: error },
  )
}

import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import type { Logger } from '../records/logger.js'
import type { Observer } from '../records/observer.js'
import type { OpenResources } from '../records/open-resources.js'
import type { RecordStore } from '../records/record-store.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import type { RowChange } from '../records/row-change.js'
import type { Table } from '../records/table.js'
import type { RelationSide } from '../schema/related/relation-side.js'
import type { ModelsRead } from './models-read.js'
import type { QueryBudget } from './operators/budget.js'
import type { SortMemory } from './operators/sort-memory.js'
import type { PlanMemo } from './plan/plan-memo.js'
import type { SessionScopes } from './session-scopes.js'

/** What to do with a query that reads a whole table to find a part of it. */
export type FullScanPolicy = 'allow' | 'warn' | 'refuse'

/** What happened in all sessions of a Rome since it was opened, as far as queries are concerned. */
export interface QueryCounts {
  queries: number
  slowQueries: number
}

/** How a piece of work is run in a session. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether pending changes are written into the transaction first; `true` by default. */
  readonly flush?: boolean | undefined
  /** Whether it changes rows, which a read-only session refuses. */
  readonly writes?: boolean | undefined
  /** Tells which models' changes have to be written before, when the session has entities; all without it. */
  readonly reads?: (() => ModelsRead) | undefined
}

/** Where the entities of a result come from, and what they are related to. */
export interface ResultEntities {
  readonly store: RecordStore
  /**
   * The one entity of a row: the one the session has, refreshed at its first meeting in this transaction, or a new
   * one.
   */
  materialise<T extends object>(table: Table<T>, row: Row): T
  /** The entity with a key, if it is known to be there, and what it is, without a read. */
  findSettled(key: Key): object | undefined
  /** Whether all that a side is related to is known in the transaction under way. */
  isLoadedNow(side: RelationSide): boolean
  /** Tells a side what it is related to; only some of it when `isPartial`. */
  fill(side: RelationSide, related: readonly object[], isPartial?: boolean): void
}

/** A stream that was begun and not ended. */
export interface OpenStream {
  /** Lets go of what it holds. Reading on meets a closed session. */
  release(): MaybePromise<void>
}

/** What a query needs of the session it runs in. */
export interface QuerySession extends ResultEntities {
  readonly fullScans: FullScanPolicy
  readonly logger: Logger
  /** Told of all that is done; `undefined` where nobody wants to know. */
  readonly observer: Observer | undefined
  readonly counts: QueryCounts
  /** Told of what is opened and closed; `undefined` where nobody looks for leaks. */
  readonly resources: OpenResources | undefined
  /** What a query may cost that says nothing itself. */
  readonly budget: QueryBudget | undefined
  /** Queries that take longer are reported to the logger. */
  readonly slowQueryMs: number | undefined
  readonly sortMemory: SortMemory
  /** Plans of queries that were asked before. */
  readonly plans: PlanMemo
  /** What of its models the session sees by default; `undefined` where no model has a default scope. */
  readonly scopes: SessionScopes | undefined
  /** The time that `@updatedAt` and `@deletedAt` columns get. */
  readonly clock: () => Date
  /**
   * Refuses concurrent use and closed sessions, begins a transaction when there is none, writes pending changes into
   * its buffer, and runs `work`.
   */
  run<T>(work: (transaction: RecordTransaction) => MaybePromise<T>, options?: RunOptions): Promise<T>
  /** Streams under way: they are released when the session is closed. */
  readonly openStreams: Set<OpenStream>
  /** Where entities come from that the session does not follow; `isShared` when a row is one entity among them. */
  unmanaged(isShared: boolean): ResultEntities
  /** Entities of the session take over rows that were written beside the unit of work. */
  follow(table: Table, changes: readonly RowChange[]): void
}

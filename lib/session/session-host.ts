import type { QueryBudget } from '../query/operators/budget.js'
import type { SortMemory } from '../query/operators/sort-memory.js'
import type { PlanMemo } from '../query/plan/plan-memo.js'
import type { FullScanPolicy, QueryCounts } from '../query/query-session.js'
import type { Logger } from '../records/logger.js'
import type { Observer } from '../records/observer.js'
import type { OpenResources } from '../records/open-resources.js'
import type { RecordStore } from '../records/record-store.js'
import type { Isolation } from '../records/record-transaction.js'
import type { Hooks } from './hooks.js'
import type { ChangeTracking } from './transaction-options.js'

/** What happened in all sessions of a Rome since it was opened. */
export interface SessionCounts extends QueryCounts {
  commits: number
  rollbacks: number
  conflicts: number
}

/** What a session needs of its Rome. */
export interface SessionHost {
  readonly store: RecordStore
  readonly isolation: Isolation
  readonly changes: ChangeTracking
  /** Whether commits look for changes of entities that were not touched. */
  readonly looksForUntouched: boolean
  readonly fullScans: FullScanPolicy
  readonly logger: Logger
  /** Told of all that is done; `undefined` where nobody wants to know. */
  readonly observer: Observer | undefined
  /** Told of what is opened and closed; `undefined` where nobody looks for leaks. */
  readonly resources: OpenResources | undefined
  readonly budget: QueryBudget | undefined
  readonly slowQueryMs: number | undefined
  readonly sortMemory: SortMemory
  /** Plans of queries that were asked before, in any session. */
  readonly plans: PlanMemo
  readonly clock: () => Date
  /** The names of all default scopes of the models. */
  readonly scopeNames: ReadonlySet<string>
  readonly counts: SessionCounts
  /** Those that every session calls. */
  readonly hooks: Hooks
  /** Takes a session into those that are closed with their Rome. @throws UsageError `ROME_CLOSED`. */
  opened(session: AsyncDisposable): void
  closed(session: AsyncDisposable): void
}

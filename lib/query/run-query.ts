import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import { checkOptions, isObject, isSignal, type OptionRules } from '../errors/checked-options.js'
import { RomeError } from '../errors/rome-error.js'
import { describeExpression } from '../expressions/describe.js'
import type { Note } from '../records/observer.js'
import { ReadMeter } from '../records/read-meter.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import { applyScopes } from './apply-scopes.js'
import { type QueryDescription, rootOf } from './description.js'
import { checkFullScan } from './full-scan.js'
import { loadIncludes } from './load-related.js'
import { modelsRead } from './models-read.js'
import { Budget, checkBudget, type QueryBudget } from './operators/budget.js'
import { countRanges } from './operators/counted-groups.js'
import { execute } from './operators/execute.js'
import { collect, type Execution, forEachBatch } from './operators/operator.js'
import { checkRowsInMemory } from './operators/row-budget.js'
import { resultMaker } from './output-rows.js'
import type { OutputPart } from './plan/output.js'
import { PlanTemplates } from './plan/plan-templates.js'
import type { PlanOptions, QueryPlan } from './plan/query-plan.js'
import { shapeOf } from './plan/query-shape.js'
import type { QuerySession, RunOptions } from './query-session.js'
import { refuseForUpdate, rowsForUpdate } from './rows-for-update.js'
import { resolveSubqueries } from './subqueries.js'

/** What every terminal takes. */
export interface TerminalOptions {
  /** Ends the query with `ROME_ABORTED`; what it holds is released. */
  readonly signal?: AbortSignal | undefined
  /** Ends the query with `ROME_BUDGET` when it costs more; that of `Rome.open()` when absent. */
  readonly budget?: QueryBudget | undefined
}

/** What those are, for the terminals that take more. */
export const terminalOptionRules: OptionRules<TerminalOptions> = {
  signal: isSignal,
  budget: isObject,
}

/** What is told of a run, and what the run is called. */
export interface QueryObservers extends Pick<Execution, 'counts' | 'onExamined'> {
  readonly operation?: string
}

/** One run of a query in a transaction: plans it, its subqueries first, and carries it out. */
export class QueryRun {
  readonly execution: Execution
  readonly #session: QuerySession

  constructor(
    session: QuerySession,
    transaction: RecordTransaction,
    options: TerminalOptions,
    observers: QueryObservers = {},
  ) {
    this.#session = session
    const limits = options.budget ?? session.budget
    const isReported = session.observer !== undefined || session.slowQueryMs !== undefined
    const meter = new ReadMeter(undefined, isReported || limits !== undefined || observers.counts !== undefined)
    if (options.budget !== undefined) checkBudget(options.budget)
    const budget = limits && new Budget(limits, meter)
    this.execution = {
      transaction,
      signal: options.signal,
      meter,
      budget,
      sortMemory: session.sortMemory,
      counts: observers.counts,
      onExamined: observers.onExamined,
      answer: (description) => this.#answer(description),
    }
  }

  /** The plan of a query, checked against the session's policy on full scans. */
  plan(description: QueryDescription, options?: PlanOptions): MaybePromise<QueryPlan> {
    return andThen(this.planUnchecked(description, options), (planned) => {
      checkFullScan(this.#session, planned.plan)
      return planned
    })
  }

  /** The plan of a query, whatever it reads. It may have been made for other constants of the same kinds. */
  planUnchecked(description: QueryDescription, options: PlanOptions = {}): MaybePromise<QueryPlan> {
    const { store, plans } = this.#session
    const scoped = this.#scoped(description)
    const { binding } = scoped
    if (binding?.plans instanceof PlanTemplates) return binding.plans.plan(store, scoped, binding, options)
    const shape = shapeOf(scoped, options)
    // What has a shape asks no other rows.
    if (shape !== undefined) return plans.plan(store, scoped, shape, options)
    return andThen(resolveSubqueries(scoped, this.execution.answer), (resolved) =>
      plans.plan(store, resolved, resolved === scoped ? undefined : shapeOf(resolved, options), options),
    )
  }

  /** All output rows of a planned query. */
  rows(planned: QueryPlan): MaybePromise<Row[]> {
    return collect(execute(planned.plan, this.execution))
  }

  #scoped(description: QueryDescription): QueryDescription {
    const { scopes } = this.#session
    return scopes === undefined ? description : applyScopes(scopes, description).description
  }

  #answer(description: QueryDescription): MaybePromise<Row[]> {
    return andThen(this.plan(description), ({ plan }) =>
      collect(execute(plan, this.execution), (rows) => checkRowsInMemory(rows, 'subquery')),
    )
  }
}

/** The results that output rows are, with the relations of their entities that the query includes. */
export function resultsOf(
  run: QueryRun,
  session: QuerySession,
  description: QueryDescription,
  parts: readonly OutputPart[],
  rows: readonly Row[],
): MaybePromise<unknown[]> {
  const { includes, scope, selection, withoutScopes } = description
  const source = description.isUnmanaged ? session.unmanaged(includes.length > 0) : session
  const results = rows.map(resultMaker(source, parts))
  if (includes.length === 0 || results.length === 0) return results
  const { schema } = rootOf(description)
  const places = selection.flatMap((part, at) => (part.kind === 'entity' && part.source.schema === schema ? [at] : []))
  const entities = results.flatMap((result) =>
    parts.length === 1 ? [result] : places.map((place) => (result as readonly unknown[])[place]),
  )
  const present = entities.filter((entity): entity is object => entity !== null)
  return andThen(
    loadIncludes(
      {
        session: source,
        run,
        scope: scope === 'live' ? 'live' : 'all',
        scopes: session.scopes,
        withoutScopes,
      },
      present,
      includes,
    ),
    () => results,
  )
}

/** Runs a query in a session, and says so when it was slow. */
export function runQuery<T>(
  session: QuerySession,
  description: QueryDescription,
  options: TerminalOptions & RunOptions,
  work: (run: QueryRun) => MaybePromise<T>,
  observers: QueryObservers = {},
): Promise<T> {
  session.counts.queries++
  const { observer } = session
  if (observer === undefined) return runObserved(session, description, options, work, observers)
  const { operation = 'select' } = observers
  const observed = { operation, model: rootOf(description).schema.name, isRequest: true }
  return observer.observe(observed, (note) =>
    runObserved(session, description, options, work, observers, note),
  ) as Promise<T>
}

function runObserved<T>(
  session: QuerySession,
  description: QueryDescription,
  options: TerminalOptions & RunOptions,
  work: (run: QueryRun) => MaybePromise<T>,
  observers: QueryObservers,
  note?: Note,
): Promise<T> {
  // What is written may take along rows of any model that refers to it.
  const reads = () => (options.writes === true ? undefined : modelsRead(session, description))
  const runIn = (transaction: RecordTransaction) => {
    const run = new QueryRun(session, transaction, options, observers)
    if (session.slowQueryMs === undefined && note === undefined) return work(run)
    const startedAt = performance.now()
    const report = (error?: unknown): void =>
      reportIfSlow(session, description, run, performance.now() - startedAt, error)
    return orReport(
      () =>
        andThen(work(run), (result) => {
          if (note !== undefined) noteResult(note, run, result)
          report()
          return result
        }),
      report,
    )
  }
  const { signal, flush, writes } = options
  return session.run(runIn, { signal, flush, writes, reads })
}

/** Calls `report` with the error when the work fails. */
function orReport<T>(work: () => MaybePromise<T>, report: (error: unknown) => void): MaybePromise<T> {
  const fail = (error: unknown): never => {
    report(error)
    throw error
  }
  try {
    const result = work()
    return result instanceof Promise ? result.catch(fail) : result
  } catch (error) {
    return fail(error)
  }
}

/** What a span of a query says of its end. */
function noteResult(note: Note, run: QueryRun, result: unknown): void {
  const { keys, bytes } = run.execution.meter
  note({ 'rome.keys_read': keys, 'rome.bytes_read': bytes })
  if (Array.isArray(result)) note({ 'db.response.returned_rows': result.length })
  else if (typeof result === 'number') note({ 'rome.rows': result })
}

/** Tells the logger of a query that took long, also when it failed in the end. */
export function reportIfSlow(
  session: QuerySession,
  description: QueryDescription,
  run: QueryRun,
  elapsedMs: number,
  error?: unknown,
): void {
  if (session.slowQueryMs === undefined || elapsedMs < session.slowQueryMs) return
  session.counts.slowQueries++
  const { keys, bytes } = run.execution.meter
  session.logger.warn('a query was slow: look at its explain()', {
    model: rootOf(description).schema.name,
    filter: description.filters.map((node) => describeExpression(node)).join(' and '),
    timeMs: Math.round(elapsedMs),
    keys,
    bytes,
    ...(error === undefined ? {} : { error: error instanceof RomeError ? error.code : String(error) }),
  })
}

/** All results of a query. */
export function readAll(
  session: QuerySession,
  description: QueryDescription,
  options: TerminalOptions,
): Promise<unknown[]> {
  checkOptions('query', options, terminalOptionRules)
  const { forUpdate } = description
  const { signal, budget } = options
  // A claim is the beginning of a write.
  return runQuery(session, description, { signal, budget, writes: forUpdate !== undefined }, (run) =>
    forUpdate === undefined
      ? andThen(run.plan(description), (planned) =>
          andThen(run.rows(planned), (rows) => resultsOf(run, session, description, planned.parts, rows)),
        )
      : andThen(rowsForUpdate(run, description, forUpdate), ({ parts, rows }) =>
          resultsOf(run, session, description, parts, rows),
        ),
  )
}

/** How many results a query has. Where an index tells, no row is read. */
export function countRows(
  session: QuerySession,
  description: QueryDescription,
  options: TerminalOptions,
): Promise<number> {
  checkOptions('query', options, terminalOptionRules)
  refuseForUpdate(description, 'count')
  const count = (run: QueryRun): MaybePromise<number> =>
    andThen(run.plan(description, { isCount: true }), ({ plan }) => {
      const known = countRanges(plan, run.execution)
      if (known !== undefined) return known
      let count = 0
      const counted = forEachBatch(execute(plan, run.execution), (rows) => {
        count += rows.length
      })
      return andThen(counted, () => count)
    })
  return runQuery(session, description, options, count, { operation: 'count' })
}

import { andThen, type MaybePromise, repeat } from '../../async/maybe-promise.js'
import { AbortError } from '../../errors/rome-error.js'
import type { ReadMeter } from '../../records/read-meter.js'
import type { RecordTransaction } from '../../records/record-transaction.js'
import type { Row } from '../../records/row.js'
import type { Layout } from '../plan/layout.js'
import type { PlanNode } from '../plan/plan-node.js'
import type { Answer } from '../subqueries.js'
import type { Budget } from './budget.js'
import type { SortMemory, SpillCount } from './sort-memory.js'

/**
 * A step of a running query. `next` gives a non-empty batch of rows, or `undefined` at the end; it answers without a
 * promise as long as its source is in memory. It is not called again while it is pending. `close` may be called at any
 * time, more than once, and closes the steps below.
 */
export interface Operator {
  next(): MaybePromise<readonly Row[] | undefined>
  close(): MaybePromise<void>
}

/** A batch, or the end. */
export type Rows = readonly Row[] | undefined

/** What all steps of one execution share. */
export interface Execution {
  readonly transaction: RecordTransaction
  readonly signal: AbortSignal | undefined
  /** Answers a subquery within this execution. */
  readonly answer: Answer
  /** Everything that is read. */
  readonly meter: ReadMeter
  /** Ends the execution when more is read, or it takes longer, than allowed. */
  readonly budget: Budget | undefined
  readonly sortMemory: SortMemory
  /** Counts each step by itself, where `explain` wants to know. */
  readonly counts?: Map<PlanNode, StepCount> | undefined
  /** Told the last row that a filter has looked at, so that a page can go on from there. */
  readonly onExamined?: ((row: Row, layout: Layout) => void) | undefined
}

/** What one step of an execution gave out, and read for it. */
export interface StepCount {
  rows: number
  readonly read: ReadMeter
  /** What a sort put on disk. */
  spilled?: SpillCount
}

/** Called before every read. @throws AbortError `ROME_ABORTED`; QueryError `ROME_BUDGET`. */
export function checkExecution({ signal, budget }: Execution): void {
  if (signal?.aborted) {
    throw new AbortError('ROME_ABORTED', 'the query was aborted by its signal: nothing more is read', {
      cause: signal.reason,
    })
  }
  budget?.check()
}

/** What a step of a pull gives when it has neither rows nor come to the end. */
export const again: unique symbol = Symbol('again')

/** Calls `step` until it gives rows or the end. A loop, since thousands of steps may have nothing to give. */
export function pull(step: () => MaybePromise<Rows | typeof again>): MaybePromise<Rows> {
  for (;;) {
    const rows = step()
    if (rows instanceof Promise) return pullLater(rows, step)
    if (rows !== again) return rows
  }
}

async function pullLater(
  first: Promise<Rows | typeof again>,
  step: () => MaybePromise<Rows | typeof again>,
): Promise<Rows> {
  for (let rows = await first; ; rows = await step()) if (rows !== again) return rows
}

/** Calls `visit` with every batch until it returns `false`; closes the operator then, at the end, and on error. */
export function forEachBatch(operator: Operator, visit: (rows: readonly Row[]) => unknown): MaybePromise<void> {
  const step = (): MaybePromise<boolean> =>
    andThen(operator.next(), (rows) => rows !== undefined && visit(rows) !== false)
  let done: MaybePromise<void>
  try {
    done = repeat(step)
  } catch (error) {
    return andThen(operator.close(), () => {
      throw error
    })
  }
  if (done instanceof Promise) return done.finally(() => operator.close())
  return operator.close()
}

/** All rows. `check` is told how many there are, batch by batch. */
export function collect(operator: Operator, check?: (rows: number) => void): MaybePromise<Row[]> {
  const all: Row[] = []
  return andThen(
    forEachBatch(operator, (rows) => {
      for (const row of rows) all.push(row)
      check?.(all.length)
    }),
    () => all,
  )
}

import { QueryError, UsageError } from '../../errors/rome-error.js'
import type { ReadMeter } from '../../records/read-meter.js'

/** The most that one query may cost. */
export interface QueryBudget {
  /** Keys asked for or scanned: never more than these. What tells that there is one more may be read and dropped. */
  readonly keys?: number
  /** Bytes of keys and values read, looked at before each batch of at most a thousand entries. */
  readonly bytes?: number
  /** Milliseconds from its start. */
  readonly timeMs?: number
}

/** Why a query was ended before its end. */
export type BudgetReason = keyof QueryBudget

/** What a query may still cost. */
export class Budget {
  readonly #limits: QueryBudget
  readonly #meter: ReadMeter
  readonly #startedAt = performance.now()
  #keysLeft: number

  constructor(limits: QueryBudget, meter: ReadMeter) {
    this.#limits = limits
    this.#meter = meter
    this.#keysLeft = Math.floor(limits.keys ?? Number.POSITIVE_INFINITY)
  }

  /** Whether keys are limited. */
  get hasKeys(): boolean {
    return this.#limits.keys !== undefined
  }

  /** How many more keys may be read. */
  get keysLeft(): number {
    return this.#keysLeft
  }

  /** Takes keys from the budget before they are read. @throws QueryError `ROME_BUDGET` when fewer are left. */
  takeKeys(count: number): void {
    if (count > this.#keysLeft) throw this.exceeded('keys')
    this.#keysLeft -= count
  }

  /** Called before every read. @throws QueryError `ROME_BUDGET`, with the reason in its context. */
  check(): void {
    const { bytes, timeMs } = this.#limits
    if (bytes !== undefined && this.#meter.bytes >= bytes) throw this.exceeded('bytes')
    if (timeMs !== undefined && this.#elapsedMs >= timeMs) throw this.exceeded('timeMs')
  }

  /** What ends the query. */
  exceeded(reason: BudgetReason): QueryError {
    return new QueryError(
      'ROME_BUDGET',
      'the query costs more than its budget: filter more, add an index, or read it by pages',
      {
        context: {
          reason,
          limit: this.#limits[reason],
          keys: this.#meter.keys,
          bytes: this.#meter.bytes,
          timeMs: Math.round(this.#elapsedMs),
        },
      },
    )
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAt
  }
}

/** @throws UsageError `ROME_ARGUMENT` for limits that are no positive numbers, and for others than there are. */
export function checkBudget(limits: QueryBudget): void {
  for (const [name, limit] of Object.entries(limits)) {
    const isKnown = name === 'keys' || name === 'bytes' || name === 'timeMs'
    if (isKnown && (limit === undefined || (typeof limit === 'number' && limit > 0))) continue
    throw new UsageError('ROME_ARGUMENT', 'a budget has keys, bytes and timeMs, each a positive number', {
      context: { name, limit },
    })
  }
}

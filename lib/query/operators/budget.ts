import { QueryError, UsageError } from '../../errors/rome-error.js'
import type { ReadMeter } from '../../records/read-meter.js'

/** The most that one query may cost. */
export interface QueryBudget {
  /** Keys asked for or scanned. */
  readonly keys?: number
  /** Bytes of keys and values read. */
  readonly bytes?: number
  /** Milliseconds from its start. */
  readonly timeMs?: number
}

/** Why a query was ended before its end. */
export type BudgetReason = keyof QueryBudget

/** Compares what a query has cost with what it may. */
export class Budget {
  readonly #limits: QueryBudget
  readonly #meter: ReadMeter
  readonly #startedAt = performance.now()

  constructor(limits: QueryBudget, meter: ReadMeter) {
    this.#limits = limits
    this.#meter = meter
  }

  /** @throws QueryError `ROME_BUDGET`, with the reason in its context. */
  check(): void {
    const reason = this.#exceeded()
    if (reason === undefined) return
    throw new QueryError(
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

  #exceeded(): BudgetReason | undefined {
    const { keys, bytes, timeMs } = this.#limits
    if (keys !== undefined && this.#meter.keys >= keys) return 'keys'
    if (bytes !== undefined && this.#meter.bytes >= bytes) return 'bytes'
    return timeMs !== undefined && this.#elapsedMs >= timeMs ? 'timeMs' : undefined
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

import type { QueryDescription } from '../description.js'
import { KeptPlans } from './kept-plans.js'
import { planQuery } from './planner.js'
import type { PlanningStore } from './planning-store.js'
import type { PlanOptions, QueryPlan } from './query-plan.js'
import type { QueryShape } from './query-shape.js'

/** Of at least so many shapes of queries, those asked last, and at most twice as many. */
const shapesMax = 250

/**
 * Plans of the queries that a Rome is asked again and again with other constants. A plan is kept from the second time
 * on, since to keep one costs more than to make it.
 */
export class PlanMemo {
  #recent = new Map<string, KeptPlans>()
  /** Those before, of which the ones that are asked again become recent. */
  #older = new Map<string, KeptPlans>()

  /** The plan of a query, which is kept if it has a shape. */
  plan(
    store: PlanningStore,
    description: QueryDescription,
    shape: QueryShape | undefined,
    options: PlanOptions,
  ): QueryPlan {
    if (shape === undefined) return planQuery(store, description, options)
    const { key, constants } = shape
    const kept = this.#recent.get(key) ?? this.#older.get(key)
    if (kept === undefined) {
      this.#remember(key, new KeptPlans())
      return planQuery(store, description, options)
    }
    if (!this.#recent.has(key)) this.#remember(key, kept)
    const planned = kept.find(constants, options)
    if (planned !== undefined) return planned
    // Values that need a plan of their own each time had better not drive the others out.
    return kept.isFull ? planQuery(store, description, options) : kept.make(store, description, constants, options)
  }

  /** Forgets all plans. */
  clear(): void {
    this.#recent.clear()
    this.#older.clear()
  }

  #remember(key: string, kept: KeptPlans): void {
    if (this.#recent.size >= shapesMax) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, kept)
  }
}

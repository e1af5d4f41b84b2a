import type { QueryDescription } from '../description.js'
import { PlanTemplate } from './plan-template.js'
import type { PlanningStore } from './planning-store.js'
import type { PlanOptions, QueryPlan } from './query-plan.js'
import type { Constant } from './query-shape.js'

/** So many plans are kept of one query, for constants of different kinds. */
const plansMax = 8

/** The plans of queries that differ in their constants only. */
export class KeptPlans {
  #templates: readonly PlanTemplate[] = []

  get isFull(): boolean {
    return this.#templates.length >= plansMax
  }

  /** A plan that is kept, with these constants; `undefined` when none serves. */
  find(constants: readonly Constant[], options: PlanOptions): QueryPlan | undefined {
    for (const template of this.#templates) {
      if (template.isStale) {
        this.#templates = this.#templates.filter(({ isStale }) => !isStale)
        return this.find(constants, options)
      }
      const planned = template.bind(constants, options)
      if (planned !== undefined) return planned
    }
    return undefined
  }

  /** Plans the query, and keeps the plan; the oldest goes, if there are too many. */
  make(
    store: PlanningStore,
    description: QueryDescription,
    constants: readonly Constant[],
    options: PlanOptions,
  ): QueryPlan {
    const template = new PlanTemplate(store, description, options, constants)
    this.#templates = [template, ...this.#templates].slice(0, plansMax)
    return template.planned
  }
}

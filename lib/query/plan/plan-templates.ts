import { fingerprintOf } from '../../expressions/fingerprint.js'
import type { Binding, OrderPart, QueryDescription } from '../description.js'
import { KeptPlans } from './kept-plans.js'
import type { PlanningStore } from './planning-store.js'
import type { PlanOptions, QueryPlan } from './query-plan.js'

/** So many uses of a prepared query keep their plans: each terminal may be one, each size of a page. */
const usesMax = 32

/** The plans of a prepared query. */
export class PlanTemplates {
  readonly #byUse = new Map<string, KeptPlans>()
  #made = 0

  /** How many plans were made. */
  get made(): number {
    return this.#made
  }

  /** A plan that is kept, with the constants of this binding, or else a new one. */
  plan(store: PlanningStore, description: QueryDescription, binding: Binding, options: PlanOptions): QueryPlan {
    const use = useOf(description, binding, options)
    const kept = this.#byUse.get(use) ?? new KeptPlans()
    const planned = kept.find(binding.constants, options)
    if (planned !== undefined) return planned
    const made = kept.make(store, description, binding.constants, options)
    this.#made++
    this.#byUse.set(use, kept)
    if (this.#byUse.size > usesMax) this.#byUse.delete(this.#byUse.keys().next().value as string)
    return made
  }
}

/** Tells uses of one prepared query apart: what a terminal wants of it beside its constants. */
function useOf(
  description: QueryDescription,
  binding: Binding,
  { isCount, placeValues = 0, seek }: PlanOptions,
): string {
  const { limit, offset, scope, selection, orderBy } = description
  const isOwnSelection = selection === binding.selection || placeValues > 0
  const order = orderBy === binding.orderBy ? '' : orderBy.map(describeOrderPart).join()
  const rows = `${limit} ${offset} ${scope} ${isOwnSelection} ${order}`
  return `${rows} ${isCount} ${placeValues} ${seek !== undefined} ${seek?.includesEqual === true} ${binding.scopes}`
}

function describeOrderPart({ node, isDescending, nulls }: OrderPart): string {
  return `${fingerprintOf(node)} ${isDescending} ${nulls}`
}

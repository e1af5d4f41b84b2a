import type { OutputPart } from './output.js'
import type { PlanNode, Seek } from './plan-node.js'

/** What the caller wants beside what the description says. */
export interface PlanOptions {
  /** Rows after this place in the query's order only. */
  readonly seek?: Seek | undefined
  /** Only the number of rows is wanted. */
  readonly isCount?: boolean
  /** How many of the selected parts, the last ones, only mark the places of rows in a page. */
  readonly placeValues?: number
}

/** How a query is answered, and what its rows are made of. */
export interface QueryPlan {
  readonly plan: PlanNode
  readonly parts: readonly OutputPart[]
}

import type { RecordStore } from '../../records/record-store.js'
import type { PlanTrace } from './plan-trace.js'

/** What planning needs to know of a store. */
export interface PlanningStore extends Pick<RecordStore, 'table' | 'statistics'> {
  /** Notes what of a query's constants the plan depends on, where the plan is to serve for others too. */
  readonly trace?: PlanTrace
}

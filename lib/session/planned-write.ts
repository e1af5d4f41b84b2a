import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { EntityRecord } from './entity-record.js'

/** A row that a flush writes: inserted without `previous`, erased without `next`, left alone when they are the same. */
export interface PlannedWrite {
  /** The entity of the row; the rows between two of a many-to-many relation have none. */
  readonly record: EntityRecord | undefined
  readonly table: Table
  readonly previous: Row | undefined
  readonly next: Row | undefined
  /** Positions of `next` that the entity's properties lack and get once it is written: defaults, times, the version. */
  readonly assigned: readonly number[]
}

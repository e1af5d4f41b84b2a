import type { Row } from './row.js'
import type { Table } from './table.js'

/** What a stored row was and became. */
export interface RowChange {
  readonly previous: Row
  /** `undefined` when the row was erased. */
  readonly next: Row | undefined
}

/** Changes of rows by their tables, those of one row in their order. */
export type ChangesByTable = ReadonlyMap<Table, readonly RowChange[]>

import type { TableIndex } from '../../records/table-index.js'

/** What a way to rows goes by. */
export type AccessChoice = TableIndex | 'primary key'

/** Remembers what was chosen for a query of one shape, so that later runs with other values need not choose again. */
export class PlanMemo {
  choice: AccessChoice | undefined
}

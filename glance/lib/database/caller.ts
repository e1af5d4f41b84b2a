/** On whose behalf a function is called. */
export interface Caller {
  /** Sees and may change everything. */
  readonly isAdmin: boolean
  /** The tenant (project); null for none. */
  readonly owner: string | null
  /** Sees deleted rows too; false when absent. An admin does in any case, where a function speaks of it. */
  readonly showDeleted?: boolean
}

/** Whether a look-up finds deleted rows for this caller. */
export function canSeeDeleted(caller: Caller): boolean {
  return caller.isAdmin || caller.showDeleted === true
}

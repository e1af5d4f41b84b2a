import type { Isolation } from '../../../lib/records/record-transaction.js'
import type { EntityState } from '../../../lib/schema/related/companion.js'
import { copyRow, copyValues, newValues, type Row, type Values } from './doc.js'

/** All that is known of an entity. */
export interface Known {
  values: Values
  state: EntityState
  /** The number of the session that has it. */
  owner: number | undefined
  /** Marked for deletion and not flushed. */
  mark: 'soft' | 'hard' | undefined
  /** The row that it is compared with. */
  base: Row | undefined
  /** Its row was read or written in the transaction under way of its session. */
  met: boolean
  /** Its session was told of changes in this transaction. */
  told: boolean
  /** Whether it was read, and not created. */
  readonly isLoaded: boolean
  /**
   * What stands for the base when that was written since the last commit: the row that is stored, and what a write
   * beside the unit of work made of the entity.
   */
  uncommitted: { readonly stored: Row | undefined; readonly given: Row | undefined } | undefined
  /** What it was before the insert that gave it its generated values. */
  beforeInsert: Values | undefined
}

/** An entity that was just created. */
export function newKnown(id: string): Known {
  return {
    values: newValues(id),
    state: 'transient',
    owner: undefined,
    mark: undefined,
    base: undefined,
    met: false,
    told: false,
    isLoaded: false,
    uncommitted: undefined,
    beforeInsert: undefined,
  }
}

/** An entity that was just read. */
export function loadedKnown(row: Row): Known {
  return { ...newKnown(row.id), values: copyRow(row), state: 'detached', base: copyRow(row), isLoaded: true }
}

export function copyKnown(known: Known): Known {
  const { values, base, beforeInsert } = known
  return {
    ...known,
    values: copyValues(values),
    base: base && copyRow(base),
    beforeInsert: beforeInsert && copyValues(beforeInsert),
  }
}

/** What is committed, and all entities, of whatever session. */
export class StoreModel {
  readonly isolation: Isolation
  /** As many commits there were. */
  version = 0
  rows: ReadonlyMap<string, Row> = new Map()
  /** The keys that each commit wrote. */
  readonly #commits: ReadonlySet<string>[] = []
  /** Which session has claimed a row. */
  readonly claims = new Map<string, number>()
  readonly entities: Known[] = []

  constructor(isolation: Isolation) {
    this.isolation = isolation
  }

  commit(writes: ReadonlyMap<string, Row | null>): void {
    const rows = new Map(this.rows)
    for (const [key, row] of writes) {
      if (row === null) rows.delete(key)
      else rows.set(key, row)
    }
    this.rows = rows
    this.#commits.push(new Set(writes.keys()))
    this.version++
  }

  /** Whether one of some keys, or any at all, was written after a version. */
  isChangedSince(version: number, keys: ReadonlySet<string> | 'any'): boolean {
    return this.#commits.slice(version).some((written) => keys === 'any' || [...written].some((key) => keys.has(key)))
  }
}

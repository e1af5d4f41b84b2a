import type { Key } from '../codec/key.js'
import type { Row } from '../records/row.js'
import type { EntityState } from '../schema/related/companion.js'
import type { RelationSide } from '../schema/related/relation-side.js'
import type { EntityOwner, EntityRecord, GeneratedValue, Uncommitted } from './entity-record.js'
import type { RelationChanges } from './relation-changes.js'

/** How a deletion is written: as a time in the row, or by erasing the row. */
export type Deletion = 'soft' | 'hard'

/** What a record was when the checkpoint was made. */
export interface SavedRecord {
  readonly owner: EntityOwner | undefined
  readonly state: EntityState
  readonly key: Key | undefined
  readonly row: Row | undefined
  readonly metIn: number
  readonly cameAt: number
  readonly isNew: boolean
  readonly generated: readonly GeneratedValue[] | undefined
  readonly uncommitted: Uncommitted | undefined
  /** It was the identity map's entity of its key. */
  readonly isMapped: boolean
}

const noDeletions: ReadonlyMap<EntityRecord, Deletion> = new Map()
const noProperties: ReadonlyMap<EntityRecord, readonly unknown[]> = new Map()

/**
 * A point in a session's memory to go back to.
 *
 * It costs what changes, not what is known: a record is saved when it first changes after the point, entities loaded
 * later are told by their {@link EntityRecord.cameAt}, and the properties of an unmodified entity are in its row. Only
 * entities with unwritten changes have their properties copied, when the checkpoint is made.
 */
export class MemoryCheckpoint {
  readonly saved = new Map<EntityRecord, SavedRecord>()
  /** What brings back what entities were related to. */
  readonly sides = new Map<RelationSide, () => void>()
  readonly moment: number
  readonly pending: readonly EntityRecord[]
  readonly deletions: ReadonlyMap<EntityRecord, Deletion>
  readonly properties: ReadonlyMap<EntityRecord, readonly unknown[]>
  /** `undefined` when there were none. */
  readonly changes: RelationChanges | undefined
  /** `undefined` where all are compared, and when there were none. */
  readonly touched: ReadonlySet<EntityRecord> | undefined

  constructor(
    moment: number,
    pending: readonly EntityRecord[] = [],
    deletions: ReadonlyMap<EntityRecord, Deletion> = noDeletions,
    properties: ReadonlyMap<EntityRecord, readonly unknown[]> = noProperties,
    changes?: RelationChanges,
    touched?: ReadonlySet<EntityRecord>,
  ) {
    this.moment = moment
    this.pending = pending
    this.deletions = deletions
    this.properties = properties
    this.changes = changes
    this.touched = touched
  }

  /** Nothing has changed since. */
  get isEmpty(): boolean {
    return this.saved.size === 0 && this.sides.size === 0
  }

  save(record: EntityRecord, isMapped: boolean): void {
    if (this.saved.has(record)) return
    const { owner, state, key, row, metIn, cameAt, isNew, generated, uncommitted } = record
    this.saved.set(record, { owner, state, key, row, metIn, cameAt, isNew, generated, uncommitted, isMapped })
  }

  /** What came after the point leaves with all that it is related to. */
  saveSide(record: EntityRecord, side: RelationSide): void {
    if (record.cameAt < this.moment && !this.sides.has(side)) this.sides.set(side, side.save())
  }

  /** Takes over what a later checkpoint saved: a record not saved here did not change between the two. */
  absorb(later: MemoryCheckpoint): void {
    for (const [record, saved] of later.saved) {
      if (!this.saved.has(record)) this.saved.set(record, saved)
    }
    for (const [side, undo] of later.sides) {
      if (!this.sides.has(side)) this.sides.set(side, undo)
    }
  }
}

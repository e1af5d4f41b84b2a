import type { Key } from '../codec/key.js'
import type { Row } from '../records/row.js'
import type { EntityRecord, EntityState, GeneratedValue } from './entity-record.js'

/** How a deletion is written: as a time in the row, or by erasing the row. */
export type Deletion = 'soft' | 'hard'

/** What a record was when the checkpoint was made. */
export interface SavedRecord {
  readonly owner: object | undefined
  readonly state: EntityState
  readonly key: Key | undefined
  readonly row: Row | undefined
  readonly metIn: number
  readonly cameAt: number
  readonly generated: readonly GeneratedValue[] | undefined
  /** It was the identity map's entity of its key. */
  readonly isMapped: boolean
}

/**
 * A point in a session's memory to go back to.
 *
 * It costs what changes, not what is known: a record is saved when it first changes after the point, entities loaded
 * later are told by their {@link EntityRecord.cameAt}, and the properties of an unmodified entity are in its row. Only
 * entities with unwritten changes have their properties copied, when the checkpoint is made.
 */
export class MemoryCheckpoint {
  readonly saved = new Map<EntityRecord, SavedRecord>()
  readonly moment: number
  readonly pending: readonly EntityRecord[]
  readonly deletions: ReadonlyMap<EntityRecord, Deletion>
  readonly properties: ReadonlyMap<EntityRecord, readonly unknown[]>

  constructor(
    moment: number,
    pending: readonly EntityRecord[] = [],
    deletions: ReadonlyMap<EntityRecord, Deletion> = new Map(),
    properties: ReadonlyMap<EntityRecord, readonly unknown[]> = new Map(),
  ) {
    this.moment = moment
    this.pending = pending
    this.deletions = deletions
    this.properties = properties
  }

  save(record: EntityRecord, isMapped: boolean): void {
    if (this.saved.has(record)) return
    const { owner, state, key, row, metIn, cameAt, generated } = record
    this.saved.set(record, { owner, state, key, row, metIn, cameAt, generated, isMapped })
  }

  /** Takes over what a later checkpoint saved: a record not saved here did not change between the two. */
  absorb(later: MemoryCheckpoint): void {
    for (const [record, saved] of later.saved) {
      if (!this.saved.has(record)) this.saved.set(record, saved)
    }
  }
}

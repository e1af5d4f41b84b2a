import type { Key } from '../codec/key.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'

/**
 * Where an entity stands towards a session: `transient`, unknown to any; `pending`, added and not yet written;
 * `persistent`, a stored row of the session; `deleted`, marked or erased by the transaction under way; `detached`, a
 * row that no session follows any more.
 */
export type EntityState = 'transient' | 'pending' | 'persistent' | 'deleted' | 'detached'

/** A property that was written by Rome and not by the user, and what it was before. */
export interface GeneratedValue {
  readonly property: string
  readonly before: unknown
}

/** Which moment and transaction never come: an entity that no session has met. */
export const never = -1

/** All that is known of an entity beside its properties. There is one per entity, for as long as the entity lives. */
export class EntityRecord {
  readonly entity: object
  table: Table
  /** The unit of work that follows the entity; no other may meanwhile. */
  owner: object | undefined = undefined
  state: EntityState = 'transient'
  key: Key | undefined = undefined
  /** The row that the entity's properties are compared with: as it was last read or written. */
  row: Row | undefined = undefined
  /** The number of the session's transaction in which `row` was read or written. */
  metIn: number = never
  /** When it came into the session: what came after a checkpoint leaves with it. */
  cameAt: number = never
  /** Taken back when the entity's insert is. */
  generated: readonly GeneratedValue[] | undefined = undefined

  constructor(entity: object, table: Table) {
    this.entity = entity
    this.table = table
    new RecordBearer(entity, this)
  }
}

/** The record of an entity; `undefined` for one that never was in a session. */
export function recordOf(entity: object): EntityRecord | undefined {
  return RecordBearer.recordOf(entity)
}

/** A base constructor that returns its argument gives the fields of the class under it to that object. */
class Bearer {
  constructor(entity: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the private field must land on the entity itself.
    return entity
  }
}

/**
 * Hangs the record on the entity as a private field, which nobody sees: neither loops, nor JSON, nor deep equality.
 * Measured on 200 000 entities it takes 0.15 µs to write and 0.01 µs to read, a `WeakMap` 1–2 µs and 0.09 µs.
 */
class RecordBearer extends Bearer {
  readonly #record: EntityRecord

  constructor(entity: object, record: EntityRecord) {
    super(entity)
    this.#record = record
  }

  static recordOf(entity: object): EntityRecord | undefined {
    return #record in entity ? entity.#record : undefined
  }
}

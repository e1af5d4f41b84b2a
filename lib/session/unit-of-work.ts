import type { Key } from '../codec/key.js'
import { UsageError } from '../errors/rome-error.js'
import type { Row } from '../records/row.js'
import type { RowChange } from '../records/row-change.js'
import type { Table } from '../records/table.js'
import { assignRow, newEntity } from '../schema/row-mapping.js'
import {
  assignPositions,
  assignProperties,
  copyProperties,
  givenKey,
  isModified,
  takeBack,
} from './entity-properties.js'
import { EntityRecord, never, recordOf } from './entity-record.js'
import { type Deletion, MemoryCheckpoint } from './memory-checkpoint.js'
import type { PlannedWrite } from './planned-write.js'

/**
 * The memory of a session: the identity map (one entity per key), what was added and marked for deletion, and the
 * checkpoints all of it can go back to. It neither reads nor writes the store.
 */
export class UnitOfWork {
  /** The identity map. Keys of different tables differ, so one map serves all. */
  readonly #byKey = new Map<Key, EntityRecord>()
  readonly #pending = new Set<EntityRecord>()
  readonly #deletions = new Map<EntityRecord, Deletion>()
  /** Grows with every checkpoint. */
  #moment = 0
  /** The first is the end of the last transaction, when every entity was as its row. */
  #checkpoints: [MemoryCheckpoint, ...MemoryCheckpoint[]] = [new MemoryCheckpoint(0)]
  /** Tells rows that were read in the transaction under way from those of earlier ones. */
  #transactionNumber = 0

  /** In the order in which they were added. */
  get pending(): ReadonlySet<EntityRecord> {
    return this.#pending
  }

  /** Marked and not yet written. */
  get deletions(): ReadonlyMap<EntityRecord, Deletion> {
    return this.#deletions
  }

  /** The record in the identity map. */
  find(key: Key): EntityRecord | undefined {
    return this.#byKey.get(key)
  }

  /** Whether the entity's row was read or written in the transaction under way. */
  isMet(record: EntityRecord): boolean {
    return record.metIn === this.#transactionNumber
  }

  /** Stored entities with unwritten changes. Cost: one comparison per entity and column. */
  modified(): EntityRecord[] {
    const modified: EntityRecord[] = []
    for (const record of this.#byKey.values()) {
      if (!this.#deletions.has(record) && isModified(record)) modified.push(record)
    }
    return modified
  }

  /** Whether there are any. */
  hasModified(): boolean {
    for (const record of this.#byKey.values()) {
      if (!this.#deletions.has(record) && isModified(record)) return true
    }
    return false
  }

  /**
   * Refuses a second entity of a key. An erased entity gives way, and one marked to be erased to a new row.
   * @throws UsageError `ROME_ENTITY_STATE`.
   */
  checkKey(record: EntityRecord, key: Key, isNew: boolean): void {
    const holder = this.#byKey.get(key)
    if (holder === undefined || holder === record) return
    const isErased = holder.state === 'deleted' && holder.row === undefined
    if (isErased || (isNew && this.#deletions.get(holder) === 'hard')) return
    throw stateError('the session has another entity with this key: change that one, or expunge it first', holder)
  }

  /** Puts an entity under the session's care. @throws UsageError `ROME_ENTITY_STATE`. */
  add(entity: object, table: Table): void {
    const record = recordOf(entity) ?? new EntityRecord(entity, table)
    if (record.owner === this) {
      this.#keep(record)
      return
    }
    if (record.owner !== undefined) {
      throw stateError('this entity belongs to another session: expunge it there, or load it in this one', record)
    }
    // A row of another store says nothing about this one.
    if (record.table !== table) Object.assign(record, { table, state: 'transient', row: undefined, key: undefined })
    this.#checkGivenKey(record)
    this.#touch(record)
    record.owner = this
    record.cameAt = this.#moment
    record.metIn = never
    if (record.row === undefined) this.#makePending(record)
    else {
      record.state = 'persistent'
      record.key = table.keyOf(record.row)
      this.#map(record, record.key)
    }
  }

  /** Marks a stored entity; a pending one just leaves. @throws UsageError `ROME_ENTITY_STATE`. */
  delete(entity: object, deletion: Deletion): void {
    const record = this.recordOf(entity)
    if (record.state === 'pending') {
      this.#leave(record, 'transient')
      return
    }
    const isWritten = record.state === 'deleted' && !this.#deletions.has(record)
    if (isWritten && (deletion === 'soft' || record.row === undefined)) return
    this.#touch(record)
    record.state = 'deleted'
    if (this.#deletions.get(record) !== 'hard') this.#deletions.set(record, deletion)
  }

  /**
   * Takes an entity out of the session; what was not written of it is forgotten.
   * @throws UsageError `ROME_ENTITY_STATE`.
   */
  expunge(entity: object): void {
    const record = this.recordOf(entity)
    this.#leave(record, record.state === 'pending' ? 'transient' : 'detached')
  }

  /** The record of an entity of this session. @throws UsageError `ROME_ENTITY_STATE`. */
  recordOf(entity: object): EntityRecord {
    const record = recordOf(entity)
    if (record?.owner === this) return record
    throw new UsageError(
      'ROME_ENTITY_STATE',
      'this entity is not in this session: add it, or load it with get or a query',
      {
        context: { state: record?.state ?? 'transient', model: entity.constructor.name },
      },
    )
  }

  /** The one entity of a row that was just read. */
  materialise<T extends object>(table: Table<T>, row: Row, key: Key = table.keyOf(row)): T {
    const known = this.#byKey.get(key)
    if (known === undefined) {
      const entity = newEntity(table.schema, row)
      const record = new EntityRecord(entity, table as unknown as Table)
      record.owner = this
      record.state = 'persistent'
      record.cameAt = this.#moment
      this.#setRow(record, key, row)
      this.#byKey.set(key, record)
      return entity
    }
    if (!this.isMet(known) && known.state === 'persistent' && !isModified(known)) this.refresh(known, row)
    return known.entity as T
  }

  /** Makes an entity what its row is, and forgets what was changed in it. */
  refresh(record: EntityRecord, row: Row): void {
    this.#touch(record)
    if (record.row !== row || isModified(record)) assignRow(record.table.schema, record.entity, row)
    this.#setRow(record, record.key as Key, row)
  }

  /** Entities follow rows that were written beside the unit of work; `next` is `undefined` for an erased row. */
  follow(table: Table, changes: readonly RowChange[]): void {
    if (this.#byKey.size === 0) return
    for (const { previous, next } of changes) {
      const record = this.#byKey.get(table.keyOf(previous))
      if (record === undefined) continue
      if (next !== undefined) this.refresh(record, next)
      else {
        this.#touch(record)
        this.#erased(record)
      }
    }
  }

  /** Brings the session's memory to what was written. */
  written(writes: readonly PlannedWrite[]): void {
    for (const { record, previous, next, assigned } of writes) {
      this.#touch(record)
      this.#pending.delete(record)
      this.#deletions.delete(record)
      if (next === undefined) this.#erased(record)
      else {
        const before = assignPositions(record.entity, record.table, next, assigned)
        if (previous === undefined) {
          // Erased and inserted again, it still had nothing before the first of its inserts.
          record.generated ??= before
          record.state = 'persistent'
          this.#unmap(record)
        }
        const key = record.table.keyOf(next)
        this.#setRow(record, key, next)
        this.#map(record, key)
      }
    }
  }

  /** Marks a point to go back to. Cost: one comparison per entity, a copy of those with unwritten changes. */
  checkpoint(): MemoryCheckpoint {
    const properties = new Map<EntityRecord, unknown[]>()
    const save = (record: EntityRecord) => properties.set(record, copyProperties(record.table.schema, record.entity))
    this.#pending.forEach(save)
    for (const record of this.#byKey.values()) {
      if (record.row === undefined || isModified(record)) save(record)
    }
    const checkpoint = new MemoryCheckpoint(++this.#moment, [...this.#pending], new Map(this.#deletions), properties)
    this.#checkpoints.push(checkpoint)
    return checkpoint
  }

  /** Forgets a checkpoint and those after it; what they saved goes to the one before. */
  release(checkpoint: MemoryCheckpoint): void {
    this.#mergeInto(this.#checkpoints.indexOf(checkpoint) - 1)
  }

  /** Makes everything as it was at the checkpoint, which is gone then, as are those after it. */
  restore(checkpoint: MemoryCheckpoint): void {
    const index = this.#checkpoints.indexOf(checkpoint)
    this.#mergeInto(index)
    this.#restore(checkpoint, (record) => record.cameAt >= checkpoint.moment)
    if (index > 0) this.#checkpoints.pop()
    else this.#beginAnew()
  }

  /** Makes everything as it was at the end of the last transaction. */
  restoreAll(): void {
    this.restore(this.#checkpoints[0])
  }

  /** All was committed: entities are as their rows, and there is nothing to go back to. */
  committed(): void {
    this.#mergeInto(0)
    for (const record of this.#checkpoints[0].saved.keys()) {
      if (record.owner !== this) continue
      record.generated = undefined
      if (record.state !== 'deleted') continue
      if (record.row === undefined) this.#detach(record)
      else record.state = 'persistent'
    }
    this.#beginAnew()
  }

  /** What was read until now is from an earlier transaction from now on. */
  endTransaction(): void {
    this.#transactionNumber++
  }

  /** Takes back what was written since the last transaction, and lets every entity go as the user left it. */
  close(): void {
    this.#mergeInto(0)
    this.#restore(this.#checkpoints[0], () => true)
    this.#beginAnew()
  }

  /** `add` of an entity that is in the session already: a mark for deletion is taken back. */
  #keep(record: EntityRecord): void {
    if (record.state !== 'deleted') return
    if (record.row === undefined) {
      this.#checkGivenKey(record)
      this.#touch(record)
      this.#makePending(record)
      return
    }
    this.#touch(record)
    record.state = 'persistent'
    const wasMarkedOnly = this.#deletions.delete(record)
    const { deletedAt } = record.table.schema
    // The row of a written soft delete has its time; taking it away is a change like any other.
    if (!wasMarkedOnly && deletedAt !== undefined) Reflect.set(record.entity, deletedAt.name, null)
  }

  #makePending(record: EntityRecord): void {
    record.state = 'pending'
    this.#pending.add(record)
  }

  #leave(record: EntityRecord, state: 'transient' | 'detached'): void {
    // What came since the newest checkpoint would leave at a rollback anyway. Not to save it keeps a loop that expunges
    // the entities of a long stream in constant memory.
    if (record.cameAt < (this.#checkpoints.at(-1) as MemoryCheckpoint).moment) this.#touch(record)
    this.#pending.delete(record)
    this.#deletions.delete(record)
    this.#unmap(record)
    record.owner = undefined
    record.state = state
  }

  #detach(record: EntityRecord): void {
    this.#unmap(record)
    record.owner = undefined
    record.state = 'detached'
    record.generated = undefined
  }

  #erased(record: EntityRecord): void {
    record.state = 'deleted'
    record.row = undefined
    record.metIn = this.#transactionNumber
  }

  #setRow(record: EntityRecord, key: Key, row: Row): void {
    record.key = key
    record.row = row
    record.metIn = this.#transactionNumber
  }

  /** An erased entity whose key it is gives way, and comes back by a rollback. */
  #map(record: EntityRecord, key: Key): void {
    const holder = this.#byKey.get(key)
    if (holder === record) return
    if (holder !== undefined) this.#touch(holder)
    this.#byKey.set(key, record)
  }

  #isMapped(record: EntityRecord): boolean {
    return record.key !== undefined && this.#byKey.get(record.key) === record
  }

  #unmap(record: EntityRecord): void {
    if (this.#isMapped(record)) this.#byKey.delete(record.key as Key)
  }

  /** To be called before a record changes. */
  #touch(record: EntityRecord): void {
    ;(this.#checkpoints.at(-1) as MemoryCheckpoint).save(record, this.#isMapped(record))
  }

  #mergeInto(index: number): void {
    while (this.#checkpoints.length > index + 1) {
      const later = this.#checkpoints.pop() as MemoryCheckpoint
      ;(this.#checkpoints.at(-1) as MemoryCheckpoint).absorb(later)
    }
  }

  #beginAnew(): void {
    this.#checkpoints = [new MemoryCheckpoint(++this.#moment)]
  }

  /** Entities that stay are exactly what they were. Those that leave only lose what Rome wrote into them. */
  #restore(checkpoint: MemoryCheckpoint, leaves: (record: EntityRecord) => boolean): void {
    // An entity that was expunged here and added to another session since is no longer ours to change.
    const ours = [...checkpoint.saved].filter(([{ owner }]) => owner === undefined || owner === this)
    for (const [record] of ours) this.#unmap(record)
    for (const [record, { isMapped, ...saved }] of ours) {
      const generated = record.generated === saved.generated ? [] : record.generated
      Object.assign(record, saved)
      takeBack(record, generated)
      if (isMapped && leaves(record)) this.#detach(record)
      else if (isMapped) this.#putBack(record)
    }
    for (const record of this.#byKey.values()) {
      if (leaves(record)) this.#detach(record)
      else restoreProperties(record, checkpoint)
    }
    this.#pending.clear()
    for (const record of checkpoint.pending) {
      this.#pending.add(record)
      restoreProperties(record, checkpoint)
    }
    this.#deletions.clear()
    for (const [record, deletion] of checkpoint.deletions) this.#deletions.set(record, deletion)
  }

  /** As {@link UnitOfWork.checkKey}, as far as the key is known. */
  #checkGivenKey(record: EntityRecord): void {
    if (this.#byKey.size === 0) return
    const { row, table } = record
    const key = row === undefined ? givenKey(record) : table.keyOf(row)
    if (key !== undefined) this.checkKey(record, key, row === undefined)
  }

  /** An entity of the same key that was loaded meanwhile gives way. */
  #putBack(record: EntityRecord): void {
    const meanwhile = this.#byKey.get(record.key as Key)
    if (meanwhile !== undefined) this.#detach(meanwhile)
    this.#byKey.set(record.key as Key, record)
  }
}

function stateError(message: string, record: EntityRecord): UsageError {
  const { table, row, state } = record
  return new UsageError('ROME_ENTITY_STATE', message, {
    context: { model: table.schema.name, key: row && table.primaryKeyOf(row), state },
  })
}

function restoreProperties(record: EntityRecord, checkpoint: MemoryCheckpoint): void {
  const properties = checkpoint.properties.get(record)
  if (properties !== undefined) assignProperties(record.table.schema, record.entity, properties)
  else if (record.row !== undefined && isModified(record)) assignRow(record.table.schema, record.entity, record.row)
}

import type { Key } from '../codec/key.js'
import { UsageError } from '../errors/rome-error.js'
import type { ModelsRead } from '../query/models-read.js'
import type { RowWrite } from '../records/prepared-write.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { ModelClass } from '../schema/entity-schema.js'
import { attachRelations } from '../schema/related/attach-relations.js'
import { assignRow, newEntity } from '../schema/row-mapping.js'
import { schemaOf } from '../schema/schema-of.js'
import { CheckpointHistory } from './checkpoint-history.js'
import { ComparedEntities } from './compared-entities.js'
import {
  assignPositions,
  assignProperties,
  copyProperties,
  givenKey,
  isModified,
  takeBack,
} from './entity-properties.js'
import { type EntityOwner, EntityRecord, never, recordOf } from './entity-record.js'
import { isBack } from './follow-relations.js'
import { IdentityMap } from './identity-map.js'
import { type Deletion, MemoryCheckpoint } from './memory-checkpoint.js'
import type { PlannedWrite } from './planned-write.js'
import { readOnlyError } from './read-only.js'
import { type EntityMemory, type RelationHost, RelationMemory, renewRelations } from './relation-memory.js'

/** A row that was written beside the unit of work: inserted without `previous`, erased without `next`. */
type FollowedWrite = Pick<RowWrite, 'previous' | 'next'>

/** That there is something to write. */
export interface Changes {
  /** The entities to update, where that is all and nothing can add to it. */
  readonly modified?: readonly EntityRecord[]
}

/**
 * The memory of a session: the identity map (one entity per key), what was added and marked for deletion, and the
 * checkpoints all of it can go back to. It neither reads nor writes the store.
 */
export class UnitOfWork implements EntityOwner, EntityMemory {
  readonly #byKey = new IdentityMap()
  readonly #compared: ComparedEntities
  readonly #pending = new Set<EntityRecord>()
  readonly #deletions = new Map<EntityRecord, Deletion>()
  readonly #checkpoints = new CheckpointHistory()
  /** Tells rows that were read in the transaction under way from those of earlier ones. */
  #transactionNumber = 0
  readonly relations: RelationMemory
  readonly #host: RelationHost

  constructor(host: RelationHost) {
    this.#host = host
    this.#compared = new ComparedEntities(this.#byKey, host.comparesAll)
    this.relations = new RelationMemory(this, host)
  }

  /** @throws UsageError `ROME_READ_ONLY`. */
  requireWritable(call: string): void {
    if (this.#host.refusesWrites()) throw readOnlyError(call)
  }

  /** In the order in which they were added. */
  get pending(): ReadonlySet<EntityRecord> {
    return this.#pending
  }

  /** Marked and not yet written. */
  get deletions(): ReadonlyMap<EntityRecord, Deletion> {
    return this.#deletions
  }

  /** Of the transaction under way. */
  get transactionNumber(): number {
    return this.#transactionNumber
  }

  /** The record in the identity map. */
  find(key: Key): EntityRecord | undefined {
    return this.#byKey.get(key)
  }

  /** Whether the entity's row was read or written in the transaction under way. */
  isMet(record: EntityRecord): boolean {
    return record.metIn === this.#transactionNumber
  }

  has(entity: object): boolean {
    return recordOf(entity)?.owner === this
  }

  /** Whether an entity has no row any more, or will have none after the next flush. */
  isErased(entity: object): boolean {
    const record = recordOf(entity)
    return record?.state === 'deleted' && (record.row === undefined || this.#deletions.get(record) === 'hard')
  }

  *records(): Iterable<EntityRecord> {
    yield* this.#byKey.records()
    yield* this.#pending
  }

  /** Stored entities with unwritten changes. Cost: one comparison per column and entity that is compared. */
  modified(): EntityRecord[] {
    return this.#compared.filter((record) => !this.#deletions.has(record) && this.isModified(record))
  }

  /** Whether there is something to write that is kept as such, and not found by comparing. */
  get #hasNoted(): boolean {
    return this.#pending.size > 0 || this.#deletions.size > 0 || this.relations.hasChanges
  }

  /** As {@link UnitOfWork.hasChanges}, with what was found where all entities were compared. */
  changes(reads?: () => ModelsRead): Changes | undefined {
    if (this.#hasNoted || reads !== undefined) return this.hasChanges(reads) ? {} : undefined
    const modified = this.modified()
    return modified.length === 0 ? undefined : { modified }
  }

  /** Whether a stored entity has unwritten changes; what was done to one that is not compared is no change. */
  isModified(record: EntityRecord): boolean {
    return (this.#compared.has(record) && isModified(record)) || this.relations.isAwaiting(record)
  }

  /** Has an entity compared with its row until the transaction ends, where that is not so of all. */
  touch(record: EntityRecord): void {
    this.#compared.touch(record)
  }

  /** @throws UsageError `ROME_NOT_TOUCHED` for what was changed in entities that are not compared. */
  requireTouched(): void {
    this.#compared.requireComplete()
  }

  /**
   * Whether a flush has anything to do, as far as what is told of `reads` goes. Cost: one comparison per entity that is
   * compared, of the models that are read or of all.
   */
  hasChanges(reads?: () => ModelsRead): boolean {
    if (this.#hasNoted) return true
    if (this.#compared.isEmpty) return false
    const models = reads?.()
    const tables = models && new Set(Array.from(models, (schema) => this.#host.tableOf(schema).id))
    return this.#compared.some(isModified, tables)
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

  /**
   * Puts an entity under the session's care, and the entities that it is related to, or no longer, as far as its
   * relations say so. Gives those that came by it. @throws UsageError `ROME_ENTITY_STATE`; then none of them did.
   */
  add(entity: object): EntityRecord[] {
    const added: EntityRecord[] = []
    const reachable = [entity]
    try {
      for (const next of reachable) {
        const record = this.#addOne(next)
        if (record === undefined) continue
        added.push(record)
        for (const side of record.sides ?? []) {
          if (!side.definition.cascadesAdd) continue
          const takenOut = [...(side.removed ?? [])].filter((other) => recordOf(other)?.row !== undefined)
          reachable.push(...[...side.known(), ...takenOut].filter((other) => !this.has(other)))
        }
      }
    } catch (error) {
      this.takeOut(added)
      throw error
    }
    for (const record of added) this.relations.followRemovals(record)
    return added
  }

  /** Takes out what {@link UnitOfWork.add} or {@link UnitOfWork.cascade} brought in. */
  takeOut(added: readonly EntityRecord[]): void {
    for (const record of added) this.#leave(record, record.row === undefined ? 'transient' : 'detached')
  }

  /** Marks a stored entity; a pending one just leaves. @throws UsageError `ROME_ENTITY_STATE`. */
  delete(entity: object, deletion: Deletion): void {
    const record = this.recordOf(entity)
    if (record.state === 'pending') {
      this.relations.dismiss(record)
      this.#leave(record, 'transient')
      return
    }
    const isWritten = record.state === 'deleted' && !this.#deletions.has(record)
    if (isWritten && (deletion === 'soft' || record.row === undefined)) return
    this.preserve(record)
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
  materialise<T extends object>(table: Table<T>, row: Row, key: Key = table.keyOfRead(row)): T {
    const known = this.#byKey.get(key)
    if (known === undefined) {
      const entity = newEntity(table.schema, row)
      const record = new EntityRecord(entity, table as unknown as Table)
      record.owner = this
      record.isNew = false
      record.state = 'persistent'
      record.cameAt = this.#checkpoints.moment
      this.#setRow(record, key, row)
      this.#byKey.set(key, record)
      return entity
    }
    if (!this.isMet(known) && known.state === 'persistent' && !this.isModified(known)) this.refresh(known, row)
    return known.entity as T
  }

  /** Makes an entity what its row is, and forgets what was changed in it. */
  refresh(record: EntityRecord, row: Row): void {
    this.preserve(record)
    const previous = record.row
    if (previous !== row || isModified(record)) assignRow(record.table.schema, record.entity, row)
    this.#setRow(record, record.key as Key, row)
    this.relations.follow(record, previous, row)
  }

  /** Makes an entity what its row was when it was last met. Its row is not known to be so any more. */
  expire(record: EntityRecord): void {
    this.relations.unload(record)
    this.refresh(record, record.row as Row)
    record.metIn = never
  }

  expireAll(): void {
    for (const record of this.#byKey.records()) {
      if (record.state === 'persistent') this.expire(record)
    }
  }

  /** The entity of the session with a key, if its row was met in the transaction under way and it is there. */
  findSettled(key: Key): object | undefined {
    const record = this.#byKey.get(key)
    if (record === undefined || record.state !== 'persistent' || !this.isMet(record)) return undefined
    const { deletedAt } = record.table.schema
    return deletedAt !== undefined && record.row?.[deletedAt.position] !== null ? undefined : record.entity
  }

  /** Those of some writes that are of rows whose entities the session has. */
  heldOf<W extends FollowedWrite>(table: Table, writes: readonly W[]): readonly W[] {
    if (this.#byKey.isEmpty) return []
    return writes.filter((write) => this.#byKey.get(keyOfWrite(table, write)) !== undefined)
  }

  /** Entities follow rows that were written beside the unit of work. */
  follow(table: Table, writes: readonly FollowedWrite[]): void {
    if (this.#byKey.isEmpty) return
    const gone = new Set<object>()
    for (const write of writes) {
      const { previous, next } = write
      const record = this.#byKey.get(keyOfWrite(table, write))
      if (record === undefined || previous === next) continue
      if (isGone(table, previous, next)) gone.add(record.entity)
      this.preserve(record)
      if (next !== undefined && record.row === undefined) {
        // Erased in this transaction: the row is of another entity now.
        this.#byKey.delete(record)
        continue
      }
      const { stored, given } = record.uncommitted ?? { stored: previous ?? record.row, given: undefined }
      record.uncommitted = { stored, given: next ?? given }
      if (next === undefined) this.#erased(record)
      else this.refresh(record, next)
    }
    this.relations.forget(gone)
  }

  /**
   * A read by key met no row any more: another session erased it. An entity that was changed stays as it is, for the
   * flush to refuse.
   */
  vanished(key: Key): void {
    const record = this.#byKey.get(key)
    if (record?.row === undefined || record.state !== 'persistent' || this.isModified(record)) return
    this.follow(record.table, [{ previous: record.row, next: undefined }])
  }

  /** Brings the session's memory to what was written. */
  written(writes: readonly PlannedWrite[]): void {
    const gone = new Set<object>()
    for (const { record, table, previous, next, assigned } of writes) {
      if (record === undefined) continue
      this.preserve(record)
      this.touch(record)
      if (previous !== next) record.uncommitted ??= { stored: previous, given: undefined }
      this.#pending.delete(record)
      this.#deletions.delete(record)
      if (isGone(table, previous, next)) gone.add(record.entity)
      if (next === undefined) this.#erased(record)
      else {
        const before = assignPositions(record.entity, table, next, assigned)
        if (previous === undefined) {
          // Erased and inserted again, it still had nothing before the first of its inserts.
          record.generated ??= before
          record.state = 'persistent'
          this.relations.inserted(record)
          this.#byKey.delete(record)
        }
        const key = table.keyOfRead(next)
        this.#setRow(record, key, next)
        this.#map(record, key)
      }
    }
    // What is referred to may have been written after what refers to it.
    for (const { record, table, previous, next } of writes) {
      if (record === undefined || next === undefined) continue
      this.relations.follow(record, previous, next)
      if (isBack(table, previous, next)) this.relations.returned(record)
    }
    this.relations.forget(gone)
    this.relations.written()
  }

  /** Marks a point to go back to. Cost: one comparison per entity that is compared, a copy of those with changes. */
  checkpoint(): MemoryCheckpoint {
    const properties = new Map<EntityRecord, unknown[]>()
    const save = (record: EntityRecord) => properties.set(record, copyProperties(record.table.schema, record.entity))
    this.#pending.forEach(save)
    for (const record of this.#compared.records()) {
      if (record.row === undefined || this.isModified(record)) save(record)
    }
    const [pending, deletions] = [[...this.#pending], new Map(this.#deletions)]
    const [changes, touched] = [this.relations.changes(), this.#compared.save()]
    return this.#checkpoints.push(
      (moment) => new MemoryCheckpoint(moment, pending, deletions, properties, changes, touched),
    )
  }

  /** Forgets a checkpoint and those after it; what they saved goes to the one before. */
  release(checkpoint: MemoryCheckpoint): void {
    this.#checkpoints.release(checkpoint)
  }

  /** Makes everything as it was at a checkpoint, or the last transaction's end. It is gone then, as are later ones. */
  restore(checkpoint = this.#checkpoints.first): void {
    this.#checkpoints.collect(checkpoint)
    this.#restore(checkpoint, (record) => record.cameAt >= checkpoint.moment)
    this.#checkpoints.drop()
  }

  /** All was committed: entities are as their rows, and there is nothing to go back to. */
  committed(): void {
    const { first } = this.#checkpoints
    this.#checkpoints.collect(first)
    for (const record of first.saved.keys()) {
      if (record.owner !== this) continue
      record.generated = undefined
      record.uncommitted = undefined
      if (record.state !== 'deleted') continue
      if (record.row === undefined) this.#detach(record)
      else record.state = 'persistent'
    }
    this.#compared.restore()
    this.#checkpoints.beginAnew()
  }

  /** What was read until now is from an earlier transaction from now on. */
  endTransaction(): void {
    this.#transactionNumber++
  }

  /** Takes back what was written since the last transaction, and lets every entity go as the user left it. */
  close(): void {
    const { first } = this.#checkpoints
    this.#checkpoints.collect(first)
    // Where nothing was done to entities since the last transaction there is nothing to take back.
    if (first.isEmpty) for (const record of this.#byKey.takeAll()) this.#letGo(record)
    else {
      this.#restore(first, () => true)
      this.#checkpoints.beginAnew()
    }
  }

  /** Gives the record, unless the entity was in the session. */
  #addOne(entity: object): EntityRecord | undefined {
    const table = this.#host.tableOf(schemaOf(entity.constructor as ModelClass))
    const record = recordOf(entity) ?? new EntityRecord(entity, table)
    if (record.owner === this) {
      this.keep(record)
      return undefined
    }
    if (record.owner !== undefined) {
      throw stateError('this entity belongs to another session: expunge it there, or load it in this one', record)
    }
    // A row of another store says nothing about this one.
    if (record.table !== table) {
      Object.assign(record, { table, state: 'transient', row: undefined, key: undefined, isNew: true })
    }
    this.#checkGivenKey(record)
    this.preserve(record)
    this.touch(record)
    attachRelations(table.schema, entity)
    record.owner = this
    record.cameAt = this.#checkpoints.moment
    record.metIn = never
    record.uncommitted = undefined
    if (record.row === undefined) this.#makePending(record)
    else {
      record.state = 'persistent'
      record.key = table.keyOf(record.row)
      this.#map(record, record.key)
    }
    this.relations.came(record)
    return record
  }

  /** `add` of an entity that is in the session already: a mark for deletion is taken back. */
  keep(record: EntityRecord): void {
    this.touch(record)
    if (record.state !== 'deleted') return
    if (record.row === undefined) {
      this.#checkGivenKey(record)
      this.preserve(record)
      this.#makePending(record)
      return
    }
    this.preserve(record)
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
    if (record.cameAt < this.checkpointNow.moment) this.preserve(record)
    this.#pending.delete(record)
    this.#deletions.delete(record)
    this.#byKey.delete(record)
    record.owner = undefined
    record.state = state
  }

  #detach(record: EntityRecord): void {
    this.#byKey.delete(record)
    this.#letGo(record)
  }

  #letGo(record: EntityRecord): void {
    record.owner = undefined
    record.state = 'detached'
    record.generated = undefined
  }

  #erased(record: EntityRecord): void {
    this.touch(record)
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
    if (holder !== undefined) this.preserve(holder)
    this.#byKey.set(key, record)
  }

  /** To be called before a record changes. */
  preserve(record: EntityRecord): void {
    this.checkpointNow.save(record, this.#byKey.has(record))
  }

  /** The one that changes are saved in. */
  get checkpointNow(): MemoryCheckpoint {
    return this.#checkpoints.newest
  }

  /**
   * Entities that stay are exactly what they were. Those that leave only lose what Rome wrote into them: what they were
   * read with last is what they are compared with from then on.
   */
  #restore(checkpoint: MemoryCheckpoint, leaves: (record: EntityRecord) => boolean): void {
    // An entity that was expunged here and added to another session since is no longer ours to change.
    const ours = [...checkpoint.saved].filter(([{ owner }]) => owner === undefined || owner === this)
    for (const [record] of ours) this.#byKey.delete(record)
    for (const [record, { isMapped, ...saved }] of ours) {
      const { row, uncommitted } = record
      const generated = record.generated === saved.generated ? undefined : record.generated
      Object.assign(record, saved)
      const isLeaving = record.owner === undefined || (isMapped && leaves(record))
      if (isLeaving && record.row !== undefined) record.row = uncommitted ? uncommitted.stored : row
      takeBack(record, { generated, given: isLeaving ? uncommitted?.given : undefined })
      if (record.owner === undefined && record.row === undefined) renewRelations(record)
      if (isMapped && leaves(record)) this.#detach(record)
      else if (isMapped) this.#putBack(record)
    }
    for (const record of this.#byKey.records()) {
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
    this.#compared.restore(checkpoint.touched)
    this.relations.restore(checkpoint)
  }

  /** As {@link UnitOfWork.checkKey}, as far as the key is known. */
  #checkGivenKey(record: EntityRecord): void {
    if (this.#byKey.isEmpty) return
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

function keyOfWrite(table: Table, { previous, next }: FollowedWrite): Key {
  return table.keyOf((previous ?? next) as Row)
}

/** Whether a row is no longer seen. */
function isGone({ schema: { deletedAt } }: Table, previous: Row | undefined, next: Row | undefined): boolean {
  if (next === undefined) return true
  return deletedAt !== undefined && next[deletedAt.position] !== null && previous?.[deletedAt.position] === null
}

function restoreProperties(record: EntityRecord, checkpoint: MemoryCheckpoint): void {
  const properties = checkpoint.properties.get(record)
  if (properties !== undefined) assignProperties(record.table.schema, record.entity, properties)
  else if (record.row !== undefined && isModified(record)) assignRow(record.table.schema, record.entity, record.row)
}

import type { Key } from '../codec/key.js'
import { UsageError } from '../errors/rome-error.js'
import type { Row } from '../records/row.js'
import type { RowChange } from '../records/row-change.js'
import type { Table } from '../records/table.js'
import type { LoadOptions } from '../schema/collection.js'
import type { EntitySchema, ModelClass, RelationDefinition } from '../schema/entity-schema.js'
import { attachRelations } from '../schema/related/attach-relations.js'
import { type NewLink, sideOf } from '../schema/related/companion.js'
import { change, leave, reconnect, relate, unrelate } from '../schema/related/link.js'
import { CollectionSide, RefSide, type RelationSide } from '../schema/related/relation-side.js'
import { assignRow, newEntity } from '../schema/row-mapping.js'
import { schemaOf } from '../schema/schema-of.js'
import {
  assignPositions,
  assignProperties,
  copyProperties,
  givenKey,
  isModified,
  takeBack,
} from './entity-properties.js'
import { type EntityOwner, EntityRecord, never, recordOf } from './entity-record.js'
import { followForeignKeys, forget } from './follow-relations.js'
import { type Deletion, MemoryCheckpoint } from './memory-checkpoint.js'
import type { PlannedWrite } from './planned-write.js'
import { awaitsKeys, RelationChanges } from './relation-changes.js'

/** What the memory of a session needs of the session. */
export interface UnitHost {
  readonly tableOf: (schema: EntitySchema) => Table
  /** Reads what a side is related to, for the user who called `caller`. */
  readonly loadSide: EntityOwner['loadSide']
}

/**
 * The memory of a session: the identity map (one entity per key), what was added and marked for deletion, and the
 * checkpoints all of it can go back to. It neither reads nor writes the store.
 */
export class UnitOfWork implements EntityOwner {
  readonly #host: UnitHost
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
  #changes = new RelationChanges()

  constructor(host: UnitHost) {
    this.#host = host
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

  /** Stored entities with unwritten changes. Cost: one comparison per entity and column. */
  modified(): EntityRecord[] {
    const modified: EntityRecord[] = []
    for (const record of this.#byKey.values()) {
      if (!this.#deletions.has(record) && this.isModified(record)) modified.push(record)
    }
    return modified
  }

  /** Whether a stored entity has unwritten changes. */
  isModified(record: EntityRecord): boolean {
    return isModified(record) || (this.#changes.awaiting.has(record) && record.row !== undefined && awaitsKeys(record))
  }

  /** Whether a flush has anything to do. */
  get hasChanges(): boolean {
    if (this.#pending.size > 0 || this.#deletions.size > 0 || !this.#changes.isEmpty) return true
    for (const record of this.#byKey.values()) {
      if (isModified(record)) return true
    }
    return false
  }

  /** Many-to-many sides with rows to insert and erase. */
  get storedSides(): Iterable<CollectionSide> {
    return this.#changes.stored
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
   * Puts an entity under the session's care, and the entities that it is related to as far as its relations say so.
   * Gives those that came by it. @throws UsageError `ROME_ENTITY_STATE`; then none of them did.
   */
  add(entity: object): EntityRecord[] {
    const added: EntityRecord[] = []
    const reachable = [entity]
    try {
      for (const next of reachable) {
        const record = this.#addOne(next)
        if (record === undefined) continue
        added.push(record)
        for (const side of record.sides?.values() ?? []) {
          if (side.definition.cascadesAdd) reachable.push(...side.known().filter((other) => !this.#has(other)))
        }
      }
    } catch (error) {
      this.takeOut(added)
      throw error
    }
    return added
  }

  /** Adds the new entities that entities of the session were related to. Gives those that came. */
  cascade(): EntityRecord[] {
    const added: EntityRecord[] = []
    try {
      for (const { side, other, newcomer, cascades } of this.#changes.links) {
        const known = recordOf(newcomer === other ? side.entity : other)
        const isWanted = cascades && side.has(other) && known?.owner === this && known.state !== 'deleted'
        if (isWanted && !this.#has(newcomer)) added.push(...this.add(newcomer))
      }
    } catch (error) {
      this.takeOut(added)
      throw error
    }
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
      this.#dismiss(record)
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
      record.isNew = false
      record.state = 'persistent'
      record.cameAt = this.#moment
      this.#setRow(record, key, row)
      this.#byKey.set(key, record)
      return entity
    }
    if (!this.isMet(known) && known.state === 'persistent' && !this.isModified(known)) this.refresh(known, row)
    return known.entity as T
  }

  /** Makes an entity what its row is, and forgets what was changed in it. */
  refresh(record: EntityRecord, row: Row): void {
    this.#touch(record)
    const previous = record.row
    if (previous !== row || isModified(record)) assignRow(record.table.schema, record.entity, row)
    this.#setRow(record, record.key as Key, row)
    followForeignKeys(record, previous, row, this.#findReferred)
  }

  /** Forgets what an entity is related to, and what was changed in that. */
  forgetRelations(record: EntityRecord): void {
    this.#touch(record)
    for (const side of record.sides?.values() ?? []) {
      if (side instanceof CollectionSide) {
        for (const other of [...side.added]) if (side.definition.kind === 'manyToMany') unrelate(side, other)
        for (const other of [...side.removed]) relate(side, other)
      }
      change(side, () => side.unload())
    }
    record.isNew = false
  }

  /** Whether what a side is related to is known in the transaction under way. */
  isLoadedNow(side: RelationSide): boolean {
    if (!side.isLoaded || (side instanceof CollectionSide && side.isPartial)) return false
    return side.loadedIn === this.#transactionNumber || recordOf(side.entity)?.state === 'pending'
  }

  /** Notes what a side was found to be related to. */
  fill(side: RelationSide, related: readonly object[], isPartial = false): void {
    if (recordOf(side.entity)?.owner !== this) return
    change(side, () => {
      if (side instanceof RefSide) side.target = related[0] ?? null
      else if (side instanceof CollectionSide) {
        // What is new and not added is known to this side alone.
        const unwritten = [...side.added].filter((other) => recordOf(other)?.row === undefined && !this.#has(other))
        side.members = new Set([...related, ...unwritten])
        side.isPartial = isPartial
      }
      side.loadedIn = this.#transactionNumber
    })
  }

  /** The entity of the session with a key, if its row was met in the transaction under way and it is there. */
  findSettled(key: Key): object | undefined {
    const record = this.#byKey.get(key)
    if (record === undefined || record.state !== 'persistent' || !this.isMet(record)) return undefined
    const { deletedAt } = record.table.schema
    return deletedAt !== undefined && record.row?.[deletedAt.position] !== null ? undefined : record.entity
  }

  sideWillChange(record: EntityRecord, side: RelationSide): void {
    ;(this.#checkpoints.at(-1) as MemoryCheckpoint).saveSide(record, side)
    this.#changes.note(side)
  }

  related(_record: EntityRecord, link: NewLink): void {
    if (!this.#has(link.newcomer)) this.#changes.links.push(link)
    this.#changes.note(link.side)
  }

  orphaned(record: EntityRecord): boolean {
    const { entity, state, table } = record
    if (state === 'pending') {
      this.#dismiss(record)
      return false
    }
    this.delete(entity, table.schema.deletedAt === undefined ? 'hard' : 'soft')
    this.#changes.orphans.add(record)
    return true
  }

  adopted(record: EntityRecord): void {
    if (this.#changes.orphans.delete(record) && this.#deletions.has(record)) this.#keep(record)
  }

  loadSide(side: RelationSide, options: LoadOptions, caller: CallableFunction): Promise<void> {
    return this.#host.loadSide(side, options, caller)
  }

  /** Entities follow rows that were written beside the unit of work; `next` is `undefined` for an erased row. */
  follow(table: Table, changes: readonly RowChange[]): void {
    if (this.#byKey.size === 0) return
    const gone = new Set<object>()
    for (const { previous, next } of changes) {
      const record = this.#byKey.get(table.keyOf(previous))
      if (record === undefined) continue
      if (isGone(table, previous, next)) gone.add(record.entity)
      if (next !== undefined) this.refresh(record, next)
      else {
        this.#touch(record)
        this.#erased(record)
      }
    }
    this.#forget(gone)
  }

  /** Brings the session's memory to what was written. */
  written(writes: readonly PlannedWrite[]): void {
    const gone = new Set<object>()
    for (const { record, table, previous, next, assigned } of writes) {
      if (record === undefined) continue
      this.#touch(record)
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
          for (const side of record.sides?.values() ?? []) side.loadedIn = this.#transactionNumber
          this.#unmap(record)
        }
        const key = table.keyOf(next)
        this.#setRow(record, key, next)
        this.#map(record, key)
      }
    }
    // What is referred to may have been written after what refers to it.
    for (const { record, previous, next } of writes) {
      if (record !== undefined && next !== undefined) followForeignKeys(record, previous, next, this.#findReferred)
    }
    this.#forget(gone)
    this.#linksWritten()
  }

  /** Marks a point to go back to. Cost: one comparison per entity, a copy of those with unwritten changes. */
  checkpoint(): MemoryCheckpoint {
    const properties = new Map<EntityRecord, unknown[]>()
    const save = (record: EntityRecord) => properties.set(record, copyProperties(record.table.schema, record.entity))
    this.#pending.forEach(save)
    for (const record of this.#byKey.values()) {
      if (record.row === undefined || this.isModified(record)) save(record)
    }
    const checkpoint = new MemoryCheckpoint(
      ++this.#moment,
      [...this.#pending],
      new Map(this.#deletions),
      properties,
      new RelationChanges(this.#changes),
    )
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

  readonly #findReferred = (relation: RelationDefinition, row: Row): object | null | undefined => {
    const values = relation.columns.map(({ own }) => row[own.position])
    if (values.includes(null)) return null
    return this.#byKey.get(this.#host.tableOf(relation.target).keyOfPrimaryKey(values))?.entity
  }

  #has(entity: object): boolean {
    return recordOf(entity)?.owner === this
  }

  /** Gives the record, unless the entity was in the session. */
  #addOne(entity: object): EntityRecord | undefined {
    const table = this.#host.tableOf(schemaOf(entity.constructor as ModelClass))
    const record = recordOf(entity) ?? new EntityRecord(entity, table)
    if (record.owner === this) {
      this.#keep(record)
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
    this.#touch(record)
    attachRelations(table.schema, entity)
    record.owner = this
    record.cameAt = this.#moment
    record.metIn = never
    if (record.row === undefined) this.#makePending(record)
    else {
      record.state = 'persistent'
      record.key = table.keyOf(record.row)
      this.#map(record, record.key)
    }
    for (const side of record.sides?.values() ?? []) {
      side.loadedIn = never
      reconnect(side)
      this.#changes.note(side)
    }
    return record
  }

  /** A pending entity that is not wanted any more leaves what it was related to, too. */
  #dismiss(record: EntityRecord): void {
    this.#changes.dismiss(record.entity)
    for (const side of record.sides?.values() ?? []) {
      const { definition } = side
      for (const other of side.known()) {
        if (definition.kind === 'manyToMany') unrelate(side, other)
        else if (definition.isOwner && definition.inverse !== undefined) {
          leave(sideOf(other, definition.inverse), record.entity)
        }
      }
    }
    this.#leave(record, 'transient')
  }

  #forget(gone: ReadonlySet<object>): void {
    if (gone.size === 0) return
    forget(gone, this.#byKey.values())
    forget(gone, this.#pending)
  }

  #linksWritten(): void {
    for (const side of this.#changes.stored) {
      if (side.added.size === 0 && side.removed.size === 0) continue
      change(side, () => {
        side.added.clear()
        side.removed.clear()
      })
    }
    this.#changes.clear()
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
      if (record.owner === undefined && record.row === undefined) renewSides(record)
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
    for (const [side, undo] of checkpoint.sides) if (this.#has(side.entity)) undo()
    this.#changes = new RelationChanges(checkpoint.changes)
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

/** Whether a row is no longer seen. */
function isGone({ schema: { deletedAt } }: Table, previous: Row | undefined, next: Row | undefined): boolean {
  if (next === undefined) return true
  return deletedAt !== undefined && next[deletedAt.position] !== null && previous?.[deletedAt.position] === null
}

/** What a new entity is related to is yet to be written, whatever was written of it before. */
function renewSides({ sides }: EntityRecord): void {
  for (const side of sides?.values() ?? []) if (side instanceof CollectionSide) side.renew()
}

function restoreProperties(record: EntityRecord, checkpoint: MemoryCheckpoint): void {
  const properties = checkpoint.properties.get(record)
  if (properties !== undefined) assignProperties(record.table.schema, record.entity, properties)
  else if (record.row !== undefined && isModified(record)) assignRow(record.table.schema, record.entity, record.row)
}

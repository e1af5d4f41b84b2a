import type { Key } from '../codec/key.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { LoadOptions } from '../schema/collection.js'
import type { EntitySchema, RelationDefinition } from '../schema/entity-schema.js'
import { type NewLink, sideOf } from '../schema/related/companion.js'
import { refersToSome } from '../schema/related/foreign-key.js'
import { change, leave, owningRef, reconnect, relate, unrelate } from '../schema/related/link.js'
import { CollectionSide, RefSide, type RelationSide } from '../schema/related/relation-side.js'
import { type EntityRecord, never, type RelationOwner, recordOf } from './entity-record.js'
import { followForeignKeys, forget } from './follow-relations.js'
import type { MemoryCheckpoint } from './memory-checkpoint.js'
import { readOnlyError } from './read-only.js'
import { awaitsKeys, RelationChanges } from './relation-changes.js'

/** What the memory of relations needs of that of entities. */
export interface EntityMemory {
  readonly transactionNumber: number
  /** The one that changes are saved in. */
  readonly checkpointNow: MemoryCheckpoint
  has(entity: object): boolean
  find(key: Key): EntityRecord | undefined
  records(): Iterable<EntityRecord>
  add(entity: object): EntityRecord[]
  takeOut(added: readonly EntityRecord[]): void
  /** Marks for deletion; a pending entity just leaves. */
  delete(entity: object, deletion: 'soft' | 'hard'): void
  /** Takes a mark for deletion back. */
  keep(record: EntityRecord): void
  /** A record was changed. */
  touch(record: EntityRecord): void
  /** To be called before a record changes. */
  preserve(record: EntityRecord): void
}

/** What it needs of the session. */
export interface RelationHost {
  /** All entities are looked at for changes, and not those alone that were touched. */
  readonly comparesAll: boolean
  /** @throws UsageError `ROME_SESSION_BUSY`: what changes amid a flush would be taken for written. */
  readonly requireIdle: () => void
  /** Nothing may be written now. No getter: V8 keeps the session of one in a literal until it collects all memory. */
  readonly refusesWrites: () => boolean
  readonly tableOf: (schema: EntitySchema) => Table
  /** Reads what a side is related to, for the user who called `caller`. */
  readonly loadSide: RelationOwner['loadSide']
}

/** What the entities of a session are related to, as far as it is known, and what of it is yet to be written. */
export class RelationMemory implements RelationOwner {
  readonly #entities: EntityMemory
  readonly #host: RelationHost
  /** There are none before the first. */
  #changes: RelationChanges | undefined

  constructor(entities: EntityMemory, host: RelationHost) {
    this.#entities = entities
    this.#host = host
  }

  /** Whether a flush has anything to do beside writing the columns that changed. */
  get hasChanges(): boolean {
    return this.#changes?.isEmpty === false
  }

  /** Many-to-many sides with rows to insert and erase. */
  get stored(): Iterable<CollectionSide> {
    return this.#changes?.stored ?? []
  }

  /** Whether a stored entity waits for the key of what it refers to. */
  isAwaiting(record: EntityRecord): boolean {
    return this.#changes?.awaiting.has(record) === true && record.row !== undefined && awaitsKeys(record)
  }

  get #noted(): RelationChanges {
    this.#changes ??= new RelationChanges()
    return this.#changes
  }

  /** Adds the new entities that entities of the session were related to. Gives those that came. */
  cascade(): EntityRecord[] {
    const entities = this.#entities
    const added: EntityRecord[] = []
    try {
      for (const { side, other, newcomer, cascades } of [...(this.#changes?.links ?? [])]) {
        const known = newcomer === other ? side.entity : other
        const isWanted = cascades && side.has(other) && entities.has(known) && recordOf(known)?.state !== 'deleted'
        if (isWanted && !entities.has(newcomer)) added.push(...entities.add(newcomer))
      }
    } catch (error) {
      entities.takeOut(added)
      throw error
    }
    return added
  }

  willChange(record: EntityRecord, side: RelationSide): void {
    this.#entities.checkpointNow.saveSide(record, side)
    this.#noted.note(side)
  }

  requireChangeable(): void {
    this.#host.requireIdle()
    if (this.#host.refusesWrites()) throw readOnlyError('relation')
  }

  referred(record: EntityRecord, side: RefSide): void {
    this.#entities.touch(record)
    this.#noted.referred.add(side)
  }

  related(link: NewLink): void {
    if (!this.#entities.has(link.newcomer)) this.#noted.links.push(link)
    this.#noted.note(link.side)
  }

  orphaned(record: EntityRecord): boolean {
    const { entity, state, table } = record
    this.#entities.delete(entity, table.schema.deletedAt === undefined ? 'hard' : 'soft')
    if (state === 'pending') return false
    this.#noted.orphans.add(record)
    return true
  }

  adopted(record: EntityRecord): void {
    if (this.#changes?.orphans.delete(record) && record.state === 'deleted') this.#entities.keep(record)
  }

  loadSide(side: RelationSide, options: LoadOptions, caller: CallableFunction): Promise<void> {
    return this.#host.loadSide(side, options, caller)
  }

  /** An entity came into the session: both sides of what it is related to know of it from now on. */
  came({ sides }: EntityRecord): void {
    for (const side of sides ?? []) {
      side.loadedIn = never
      reconnect(side)
      this.#noted.note(side)
    }
  }

  /** All came that an entity is related to, or no longer: what was taken out of it is followed from now on. */
  followRemovals({ sides }: EntityRecord): void {
    for (const side of sides ?? []) {
      const { definition } = side
      if (side.removed === undefined || (definition.kind === 'manyToMany' && definition.isOwner)) continue
      const orphans = definition.orphanRemoval ? [...side.removed] : []
      side.removed.clear()
      for (const other of orphans) {
        if (!this.#entities.has(other) || refersToSome(owningRef(definition, other).definition, other)) continue
        // It refers to its parent again, and does so until it is deleted.
        relate(side, other)
        unrelate(side, other)
      }
    }
  }

  /** A pending entity that is not wanted any more leaves what it was related to, too. */
  dismiss({ entity, sides }: EntityRecord): void {
    this.#changes?.dismiss(entity)
    for (const side of sides ?? []) {
      const { kind, isOwner, inverse } = side.definition
      for (const other of side.known()) {
        if (kind === 'manyToMany') unrelate(side, other)
        else if (isOwner && inverse !== undefined) leave(sideOf(other, inverse), entity)
      }
    }
  }

  /** Whether what a side is related to is known in the transaction under way. */
  isLoadedNow(side: RelationSide): boolean {
    if (!side.isLoaded || (side instanceof CollectionSide && side.isPartial)) return false
    return side.loadedIn === this.#entities.transactionNumber || recordOf(side.entity)?.state === 'pending'
  }

  /** Notes what a side was found to be related to. */
  fill(side: RelationSide, related: readonly object[], isPartial = false): void {
    const record = recordOf(side.entity)
    if (record?.owner?.relations !== this) return
    // What was read is no change, but goes with the transaction that it was read in.
    this.#entities.checkpointNow.saveSide(record, side)
    if (side instanceof RefSide) side.target = related[0] ?? null
    else if (side instanceof CollectionSide) {
      side.members = new Set(related)
      side.isPartial = isPartial
      // What is new and not added is known to this side alone.
      for (const other of side.added ?? []) if (recordOf(other)?.row === undefined) side.members.add(other)
    }
    side.loadedIn = this.#entities.transactionNumber
  }

  /** Forgets what an entity is related to, and what was changed in that. */
  unload(record: EntityRecord): void {
    this.#entities.preserve(record)
    for (const side of record.sides ?? []) {
      if (side instanceof CollectionSide && side.definition.kind === 'manyToMany') {
        for (const other of [...(side.added ?? [])]) unrelate(side, other)
        for (const other of [...(side.removed ?? [])]) relate(side, other)
      }
      change(side, () => side.unload())
    }
    record.isNew = false
  }

  /** References and collections follow the foreign keys of a row that was written or read. */
  follow(record: EntityRecord, previous: Row | undefined, next: Row): void {
    followForeignKeys(record, previous, next, this.#findReferred)
  }

  /** A soft deletion was taken back, and written: those who knew of the entity by many-to-many know of it again. */
  returned({ sides }: EntityRecord): void {
    for (const side of sides ?? []) if (side.definition.kind === 'manyToMany') reconnect(side)
  }

  /** Takes entities whose rows are gone out of what others are related to. */
  forget(gone: ReadonlySet<object>): void {
    if (gone.size > 0) forget(gone, this.#entities.records())
  }

  /** An entity was inserted: what it is related to is known in this transaction. */
  inserted({ sides }: EntityRecord): void {
    for (const side of sides ?? []) side.loadedIn = this.#entities.transactionNumber
  }

  /** All was written that the flush had to do. */
  written(): void {
    if (this.#changes === undefined) return
    for (const side of this.#changes.referred) {
      const record = recordOf(side.entity)
      if (this.#entities.has(side.entity) && record?.row !== undefined) {
        followForeignKeys(record, record.row, record.row, this.#findReferred, side)
      }
    }
    for (const side of this.#changes.stored) {
      if (side.added?.size || side.removed?.size) change(side, () => side.settle())
    }
    this.#changes.clear()
  }

  /** What there is to write, for a checkpoint to keep. */
  changes(): RelationChanges | undefined {
    return this.#changes && new RelationChanges(this.#changes)
  }

  /** Makes what entities that stay are related to, and what there is to write, as it was at a checkpoint. */
  restore(checkpoint: MemoryCheckpoint): void {
    for (const [side, undo] of checkpoint.sides) if (this.#entities.has(side.entity)) undo()
    this.#changes = checkpoint.changes && new RelationChanges(checkpoint.changes)
  }

  readonly #findReferred = (relation: RelationDefinition, row: Row): object | null | undefined => {
    const values = relation.columns.map(({ own }) => row[own.position])
    if (values.includes(null)) return null
    return this.#entities.find(this.#host.tableOf(relation.target).keyOfPrimaryKey(values))?.entity
  }
}

/** What a new entity is related to is yet to be written, whatever was written of it before. */
export function renewRelations({ sides }: EntityRecord): void {
  for (const side of sides ?? []) if (side instanceof CollectionSide) side.renew()
}

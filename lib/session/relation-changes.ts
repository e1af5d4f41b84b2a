import type { NewLink } from '../schema/related/companion.js'
import { awaitsKey } from '../schema/related/foreign-key.js'
import { CollectionSide, RefSide, type RelationSide } from '../schema/related/relation-side.js'
import { type EntityRecord, recordOf } from './entity-record.js'

/** What the next flush has to do for relations, beside writing the columns that changed. */
export class RelationChanges {
  /** By which entities that may be new to the session were related to some of it. */
  readonly links: NewLink[]
  /** Entities whose foreign key waits for the key of a new entity. */
  readonly awaiting: Set<EntityRecord>
  /** References that were set: the foreign key may have been set since, and then wins. */
  readonly referred: Set<RefSide>
  /** Many-to-many sides with rows to insert and erase. */
  readonly stored: Set<CollectionSide>
  /** Marked for deletion because they were taken out of a relation. */
  readonly orphans: Set<EntityRecord>

  constructor(from?: RelationChanges) {
    this.links = [...(from?.links ?? [])]
    this.awaiting = new Set(from?.awaiting)
    this.referred = new Set(from?.referred)
    this.stored = new Set(from?.stored)
    this.orphans = new Set(from?.orphans)
  }

  get isEmpty(): boolean {
    return [this.awaiting, this.referred, this.stored].every(({ size }) => size === 0) && this.links.length === 0
  }

  /** A side of an entity of the session is not as it is stored, or is about to be. */
  note(side: RelationSide): void {
    if (side instanceof CollectionSide && isStored(side)) this.stored.add(side)
    const record = recordOf(side.entity)
    if (record !== undefined && isAwaiting(side)) this.awaiting.add(record)
  }

  /** An entity that is no longer wanted is not added with what it was related to. */
  dismiss(entity: object): void {
    const kept = this.links.filter(({ newcomer }) => newcomer !== entity)
    this.links.splice(0, Number.POSITIVE_INFINITY, ...kept)
  }

  clear(): void {
    this.links.length = 0
    this.awaiting.clear()
    this.referred.clear()
    this.stored.clear()
    this.orphans.clear()
  }
}

/** Whether a foreign key of the entity waits for the key of what it refers to. */
export function awaitsKeys({ sides }: EntityRecord): boolean {
  return sides?.some(isAwaiting) ?? false
}

/** Whether a foreign key waits for the key of a new entity. */
export function isAwaiting(side: RelationSide): side is RefSide {
  return side instanceof RefSide && side.definition.isOwner && !!side.target && awaitsKey(side.definition, side.entity)
}

function isStored({ definition }: CollectionSide): boolean {
  return definition.kind === 'manyToMany' && definition.isOwner
}

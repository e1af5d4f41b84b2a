import type { Key } from '../codec/key.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { LoadOptions } from '../schema/collection.js'
import { Companion, companionOf, type NewLink } from '../schema/related/companion.js'
import type { RefSide, RelationSide } from '../schema/related/relation-side.js'

/** A property that was written by Rome and not by the user, and what it was before. */
export interface GeneratedValue {
  readonly property: string
  readonly before: unknown
}

/** What a row that is written and not committed stands for. */
export interface Uncommitted {
  /** The row as it is stored; `undefined` when there is none yet. */
  readonly stored: Row | undefined
  /** The row that a write beside the unit of work gave the entity last: what differs from it is the user's. */
  readonly given: Row | undefined
}

/** Which moment and transaction never come: an entity that no session has met. */
export const never = -1

/** What follows the relations of an entity, as the entity's record sees it. */
export interface RelationOwner {
  /** @throws UsageError `ROME_READ_ONLY`, `ROME_SESSION_BUSY`. */
  requireChangeable(): void
  /** A side of the entity changes: what it is may have to come back. */
  willChange(record: EntityRecord, side: RelationSide): void
  /** An entity was made to refer to another one, or to none. */
  referred(record: EntityRecord, side: RefSide): void
  /** Two entities were related, one of which may be new to the session. */
  related(link: NewLink): void
  /** The entity is not kept without the relation it was taken out of. Whether it will be deleted. */
  orphaned(record: EntityRecord): boolean
  /** The entity was put into such a relation again. */
  adopted(record: EntityRecord): void
  loadSide(side: RelationSide, options: LoadOptions, caller: CallableFunction): Promise<void>
}

/** What follows an entity. */
export interface EntityOwner {
  readonly relations: RelationOwner
}

/** All that is known of an entity beside its properties. There is one per entity, for as long as the entity lives. */
export class EntityRecord extends Companion {
  table: Table
  /** The unit of work that follows the entity; no other may meanwhile. */
  owner: EntityOwner | undefined = undefined
  key: Key | undefined = undefined
  /** The row that the entity's properties are compared with: as it was last read or written. */
  row: Row | undefined = undefined
  /** The number of the session's transaction in which `row` was read or written. */
  metIn: number = never
  /** When it came into the session: what came after a checkpoint leaves with it. */
  cameAt: number = never
  /** Taken back when the entity's insert is. */
  generated: readonly GeneratedValue[] | undefined = undefined
  /** Told when `row` was written, and not read, since the last commit. */
  uncommitted: Uncommitted | undefined = undefined

  constructor(entity: object, table: Table) {
    super(entity)
    this.table = table
  }

  override requireChangeable(): void {
    this.owner?.relations.requireChangeable()
  }

  override willChange(side: RelationSide): void {
    this.owner?.relations.willChange(this, side)
  }

  override referred(side: RefSide): void {
    this.owner?.relations.referred(this, side)
  }

  override related(link: NewLink): void {
    this.owner?.relations.related(link)
  }

  override orphaned(): boolean {
    return this.owner?.relations.orphaned(this) ?? false
  }

  override adopted(): void {
    this.owner?.relations.adopted(this)
  }

  override load(side: RelationSide, options: LoadOptions, caller: CallableFunction): Promise<void> {
    return this.owner?.relations.loadSide(side, options, caller) ?? super.load(side, options, caller)
  }
}

/** The record of an entity; `undefined` for one that never was in a session. */
export function recordOf(entity: object): EntityRecord | undefined {
  const companion = companionOf(entity)
  return companion instanceof EntityRecord ? companion : undefined
}

import type { RelationDefinition } from '../entity-schema.js'
import { refersToSome } from './foreign-key.js'

/** Which transaction never was. */
const never = -1

/** What one entity knows of one of its relations; the property of the entity shows it. */
export abstract class RelationSide {
  readonly entity: object
  readonly definition: RelationDefinition
  /** The transaction of the session in which it was loaded, by the number that the session gives it. */
  loadedIn: number = never
  /**
   * No longer related since it was written. On a side that does not store its relation that is kept only while its
   * entity is detached, for a session that it comes into, or is merged into, to take out.
   */
  removed: Set<object> | undefined = undefined

  constructor(entity: object, definition: RelationDefinition) {
    this.entity = entity
    this.definition = definition
  }

  noteRemoved(entity: object): void {
    this.removed ??= new Set()
    this.removed.add(entity)
  }

  /** The next load reads it again: what is known is not what an ordinary load gives. */
  loadAgain(): void {
    this.loadedIn = never
  }

  /** Whether the related entities are known. */
  abstract get isLoaded(): boolean

  /** The entities that are known to be related. */
  abstract known(): readonly object[]

  /** Whether an entity is known to be related. */
  abstract has(entity: object): boolean

  /** What brings back all that is known now. */
  abstract save(): () => void

  /** Forgets what is known. */
  abstract unload(): void
}

/** A side with any number of related entities. */
export class CollectionSide extends RelationSide {
  /** In their order; `undefined` until they are loaded. */
  members: Set<object> | undefined
  /** Only some of the related entities were asked for, and are among the members. */
  isPartial = false
  /** Related since it was written. For one-to-many only while it is not loaded: there the foreign keys tell. */
  added: Set<object> | undefined = undefined

  get isLoaded(): boolean {
    return this.members !== undefined
  }

  /** Whether all related entities are known. */
  get isComplete(): boolean {
    return this.members !== undefined && !this.isPartial
  }

  known(): readonly object[] {
    return [...(this.members ?? this.added ?? [])]
  }

  has(entity: object): boolean {
    return this.members?.has(entity) === true || this.added?.has(entity) === true
  }

  save(): () => void {
    const { members, isPartial, added, removed, loadedIn } = this
    // The sets of now are kept as they are: what changes is a copy.
    this.members = members && new Set(members)
    this.added = added && new Set(added)
    this.removed = removed && new Set(removed)
    return () => Object.assign(this, { members, isPartial, added, removed, loadedIn })
  }

  unload(): void {
    this.members = undefined
    this.isPartial = false
    this.settle()
    this.loadedIn = never
  }

  noteAdded(entity: object): void {
    this.added ??= new Set()
    this.added.add(entity)
  }

  /** Nothing is left of what was related and no longer related. */
  settle(): void {
    this.added = undefined
    this.removed = undefined
  }

  /** Its entity has no row any more: all that it is related to is yet to be written. */
  renew(): void {
    this.members ??= new Set(this.added)
    this.isPartial = false
    this.removed = undefined
    this.added = this.definition.kind === 'manyToMany' ? new Set(this.members) : undefined
  }
}

/** A side with at most one related entity. */
export class RefSide extends RelationSide {
  /** `null` when there is none, or none that may be seen; `undefined` until it is loaded. */
  target: object | null | undefined

  get isLoaded(): boolean {
    return this.seen !== undefined
  }

  /** As the target; an empty foreign key says that there is none without being loaded. */
  get seen(): object | null | undefined {
    if (this.target !== undefined) return this.target
    return this.definition.isOwner && !refersToSome(this.definition, this.entity) ? null : undefined
  }

  known(): readonly object[] {
    return this.target ? [this.target] : []
  }

  has(entity: object): boolean {
    return this.target === entity
  }

  save(): () => void {
    const { target, loadedIn } = this
    return () => Object.assign(this, { target, loadedIn })
  }

  unload(): void {
    this.target = undefined
    this.loadedIn = never
  }
}

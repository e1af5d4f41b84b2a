import { UsageError } from '../../errors/rome-error.js'
import { Bearer } from '../../values/bearer.js'
import type { LoadOptions } from '../collection.js'
import type { RelationDefinition } from '../entity-schema.js'
import { CollectionSide, RefSide, type RelationSide } from './relation-side.js'

/**
 * Where an entity stands towards a session: `transient`, unknown to any; `pending`, added and not yet written;
 * `persistent`, a stored row of the session; `deleted`, marked or erased by the transaction under way; `detached`, a
 * row that no session follows any more.
 */
export type EntityState = 'transient' | 'pending' | 'persistent' | 'deleted' | 'detached'

/** Two entities that were related to each other. */
export interface NewLink {
  /** The side that stores the relation. */
  readonly side: RelationSide
  /** The entity at its other end. */
  readonly other: object
  /** The one of the two that may be unknown to the session of the other. */
  readonly newcomer: object
  /** Whether adding the one that is known adds the newcomer. */
  readonly cascades: boolean
}

/** What is known of an entity beside its properties. An entity in a session has one that tells the session. */
export class Companion {
  readonly entity: object
  /** The entity was made and not read: as far as nobody said otherwise it is related to none. */
  isNew = true
  /** Where the entity stands towards its session. */
  state: EntityState = 'transient'
  /** Those that were looked at. Few: to go through them costs less than a map of each entity's own. */
  sides: RelationSide[] | undefined

  constructor(entity: object) {
    this.entity = entity
    this.sides = companionOf(entity)?.sides
    CompanionBearer.hang(entity, this)
  }

  /** What the entity knows of a relation, if anybody looked at it. */
  sideOf(definition: RelationDefinition): RelationSide | undefined {
    if (this.sides === undefined) return undefined
    for (const side of this.sides) if (side.definition === definition) return side
    return undefined
  }

  /**
   * To be called before the user changes what the entity is related to.
   * @throws UsageError `ROME_READ_ONLY`, `ROME_SESSION_BUSY`.
   */
  requireChangeable(): void {}

  /** To be called before a side of the entity changes. */
  willChange(_side: RelationSide): void {}

  /** The entity was made to refer to another one, or to none. */
  referred(_side: RefSide): void {}

  /** The entity was related to another one. */
  related(_link: NewLink): void {}

  /** The entity was taken out of a relation without which it is not kept. Whether it will be deleted. */
  orphaned(): boolean {
    return false
  }

  /** Takes back what being orphaned did. */
  adopted(): void {}

  /** Reads what a side of the entity is related to. `caller` is the function that the user called. */
  async load(side: RelationSide, _options: LoadOptions, _caller: CallableFunction): Promise<void> {
    if (side.isLoaded) return
    throw new UsageError('ROME_ENTITY_STATE', 'add the entity to a session first, which reads what is related to it', {
      context: { state: this.state, model: side.definition.schema.name, relation: side.definition.name },
    })
  }
}

/** To be called before the user changes a side. @throws UsageError `ROME_READ_ONLY`, `ROME_SESSION_BUSY`. */
export function requireChangeable(side: RelationSide): void {
  companionOf(side.entity)?.requireChangeable()
}

/** Reads what a side is related to. `caller` is the function that the user called. */
export function loadSide(side: RelationSide, options: LoadOptions, caller: CallableFunction): Promise<void> {
  // There is no side without a companion.
  return (companionOf(side.entity) as Companion).load(side, options, caller)
}

/** The companion of an entity; `undefined` for one that nobody looked at. */
export function companionOf(entity: object): Companion | undefined {
  return CompanionBearer.companionOf(entity)
}

/** What an entity knows of a relation of its model. */
export function sideOf(entity: object, definition: RelationDefinition): RelationSide {
  const companion = companionOf(entity) ?? new Companion(entity)
  const known = companion.sideOf(definition)
  if (known !== undefined) return known
  const side = newSide(companion, definition)
  if (companion.sides === undefined) companion.sides = [side]
  else companion.sides.push(side)
  return side
}

function newSide({ entity, isNew }: Companion, definition: RelationDefinition): RelationSide {
  const { kind, isOwner } = definition
  if (kind === 'oneToMany' || kind === 'manyToMany') {
    const side = new CollectionSide(entity, definition)
    if (isNew) side.members = new Set()
    return side
  }
  const side = new RefSide(entity, definition)
  if (isNew && !isOwner) side.target = null
  return side
}

/**
 * Hangs the companion on the entity as a private field. Measured on 200 000 entities it takes 0.15 µs to write and
 * 0.01 µs to read, a `WeakMap` 1–2 µs and 0.09 µs.
 */
class CompanionBearer extends Bearer {
  #companion: Companion

  private constructor(entity: object, companion: Companion) {
    super(entity)
    this.#companion = companion
  }

  static hang(entity: object, companion: Companion): void {
    if (#companion in entity) entity.#companion = companion
    else new CompanionBearer(entity, companion)
  }

  static companionOf(entity: object): Companion | undefined {
    return #companion in entity ? entity.#companion : undefined
  }
}

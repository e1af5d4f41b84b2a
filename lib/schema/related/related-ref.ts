import type { LoadOptions } from '../collection.js'
import type { RelationDefinition } from '../entity-schema.js'
import type { LoadedRef } from '../ref.js'
import type { relatedEntity } from '../relation-property.js'
import { loadSide, requireChangeable, sideOf } from './companion.js'
import { refersToSome } from './foreign-key.js'
import { relateOnly } from './link.js'
import { hiddenTarget, notLoaded, requireTarget } from './related-property.js'
import type { RefSide } from './relation-side.js'

/** The property of a relation to one. It holds nothing by itself, so that entities are made in no time. */
export class RelatedRef implements LoadedRef<object | null> {
  declare readonly [relatedEntity]: object
  readonly #entity: object
  readonly #definition: RelationDefinition

  constructor(entity: object, definition: RelationDefinition) {
    this.#entity = entity
    this.#definition = definition
  }

  isLoaded(): this is LoadedRef<object | null> {
    return this.#side.isLoaded
  }

  async load(options: LoadOptions = {}): Promise<object | null> {
    await loadSide(this.#side, options, this.load)
    return this.get()
  }

  get(): object | null {
    const side = this.#side
    const target = side.seen
    if (target === undefined) throw notLoaded(side)
    const { isOwner, isNullable } = this.#definition
    if (target === null && isOwner && !isNullable && refersToSome(this.#definition, this.#entity)) {
      throw hiddenTarget(side)
    }
    return target
  }

  set(entity: object | null): void {
    const side = this.#side
    requireChangeable(side)
    const target = entity === null ? null : requireTarget(this.#definition, entity)
    // Without a foreign key here it has to be known who gives way.
    if (!this.#definition.isOwner && !side.isLoaded) throw notLoaded(side)
    relateOnly(side, target)
  }

  /** An entity as JSON has its columns: related entities would lead on to all others. */
  toJSON(): undefined {}

  get #side(): RefSide {
    return sideOf(this.#entity, this.#definition) as RefSide
  }
}

import type { LoadedCollection, LoadOptions } from '../collection.js'
import type { RelationDefinition } from '../entity-schema.js'
import type { relatedEntity } from '../relation-property.js'
import { loadSide, requireChangeable, sideOf } from './companion.js'
import { relate, unrelate } from './link.js'
import { notLoaded, requireTarget } from './related-property.js'
import type { CollectionSide } from './relation-side.js'

/** The property of a relation to many. It holds nothing by itself, so that entities are made in no time. */
export class RelatedCollection implements LoadedCollection<object> {
  declare readonly [relatedEntity]: object
  readonly #entity: object
  readonly #definition: RelationDefinition

  constructor(entity: object, definition: RelationDefinition) {
    this.#entity = entity
    this.#definition = definition
  }

  get length(): number {
    return this.#members.size
  }

  get isPartial(): boolean {
    return this.#side.isPartial
  }

  isLoaded(): this is LoadedCollection<object> {
    return this.#side.isLoaded
  }

  async load(options: LoadOptions = {}): Promise<LoadedCollection<object>> {
    await loadSide(this.#side, options, this.load)
    return this
  }

  add(...entities: readonly object[]): void {
    const side = this.#side
    requireChangeable(side)
    for (const entity of entities.map((given) => requireTarget(this.#definition, given))) relate(side, entity)
  }

  remove(...entities: readonly object[]): void {
    const side = this.#side
    requireChangeable(side)
    for (const entity of entities.map((given) => requireTarget(this.#definition, given))) unrelate(side, entity)
  }

  includes(entity: object): boolean {
    return this.#members.has(entity)
  }

  toArray(): object[] {
    return [...this.#members]
  }

  [Symbol.iterator](): Iterator<object> {
    // What is added or removed in the loop does not disturb it.
    return this.toArray()[Symbol.iterator]()
  }

  /** An entity as JSON has its columns: related entities would lead on to all others. */
  toJSON(): undefined {}

  get #side(): CollectionSide {
    return sideOf(this.#entity, this.#definition) as CollectionSide
  }

  get #members(): ReadonlySet<object> {
    const side = this.#side
    if (side.members === undefined) throw notLoaded(side)
    return side.members
  }
}

import type { RelationProperty } from './relation-property.js'

/**
 * The property of a relation to many entities. It is loaded when one says so, by `load()` or with the query that reads
 * its entity; nothing is ever read behind a property. What it holds can be read once it is loaded.
 */
export interface Collection<T extends object> extends RelationProperty<T> {
  /** Whether its entities can be read without waiting. */
  isLoaded(): this is LoadedCollection<T>
  /** Reads its entities unless they are loaded: one query. Gives the collection itself. */
  load(): Promise<LoadedCollection<T>>
  /** Relates entities, also while the collection is not loaded. Those that are related already stay as they are. */
  add(...entities: readonly T[]): void
  /** Ends the relation to entities, also while the collection is not loaded. */
  remove(...entities: readonly T[]): void
}

/** A collection whose entities are there, in the order that its relation declares. */
export interface LoadedCollection<T extends object> extends Collection<T>, Iterable<T> {
  /** How many entities there are. */
  readonly length: number
  /** Whether an entity is among them. */
  includes(entity: T): boolean
  /** The entities, as an array of the caller's own. */
  toArray(): T[]
}

import type { RelationProperty } from './relation-property.js'

/** How `load()` of a relation reads. */
export interface LoadOptions {
  /** Soft-deleted entities as well. */
  readonly withDeleted?: boolean | undefined
  /** Also what was loaded in this transaction. */
  readonly refresh?: boolean | undefined
  /** Ends it with `ROME_ABORTED`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The property of a relation to many entities. It is loaded when one says so, by `load()` or with the query that reads
 * its entity; nothing is ever read behind a property. What it holds can be read once it is loaded, and before that is
 * `ROME_NOT_LOADED`. That of a new entity is loaded, and empty.
 */
export interface Collection<T extends object> extends RelationProperty<T> {
  /** Whether its entities can be read without waiting. */
  isLoaded(): this is LoadedCollection<T>
  /**
   * Reads its entities, unless they were loaded in this transaction: one query, two for many-to-many. What was changed
   * is flushed first. Gives the collection itself.
   * @throws UsageError `ROME_ENTITY_STATE` when its entity is in no session; what a query throws.
   */
  load(options?: LoadOptions): Promise<LoadedCollection<T>>
  /** Relates entities, also while the collection is not loaded. Those that are related already stay as they are. */
  add(...entities: readonly T[]): void
  /** Ends the relation to entities, also while the collection is not loaded. */
  remove(...entities: readonly T[]): void
}

/** A collection whose entities are there, in the order that its relation declares; what was added later comes last. */
export interface LoadedCollection<T extends object> extends Collection<T>, Iterable<T> {
  /** How many entities there are. */
  readonly length: number
  /** Whether it was loaded with a filter or a limit, so that there may be more related entities than these. */
  readonly isPartial: boolean
  /** Whether an entity is among them. */
  includes(entity: T): boolean
  /** The entities, as an array of the caller's own. */
  toArray(): T[]
}

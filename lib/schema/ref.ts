import type { LoadOptions } from './collection.js'
import type { RelationProperty } from './relation-property.js'

/**
 * The property of a relation to one entity; `T` has null where there may be none. It is loaded when one says so, by
 * `load()` or with the query that reads its entity; nothing is ever read behind a property.
 */
export interface Ref<T extends object | null> extends RelationProperty<NonNullable<T>> {
  /** Whether the entity can be read without waiting. */
  isLoaded(): this is LoadedRef<T>
  /**
   * The related entity, read unless it was in this transaction: one read by key where this side holds the foreign key,
   * one query elsewhere.
   * @throws UsageError `ROME_ENTITY_STATE` when its entity is in no session; QueryError `ROME_NO_RESULT` as
   * {@link LoadedRef.get}; what a query throws.
   */
  load(options?: LoadOptions): Promise<T>
  /**
   * Relates another entity, or none. Where this side holds the foreign key its columns follow.
   * @throws UsageError `ROME_NOT_LOADED` where this side does not hold it and the entity that gives way is not known.
   */
  set(entity: T): void
}

/** A reference whose entity is there. */
export interface LoadedRef<T extends object | null> extends Ref<T> {
  /**
   * The related entity.
   * @throws QueryError `ROME_NO_RESULT` where there must be one, and it is soft-deleted, out of scope or gone.
   */
  get(): T
}

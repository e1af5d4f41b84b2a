import type { RelationProperty } from './relation-property.js'

/**
 * The property of a relation to one entity; `T` has null where there may be none. It is loaded when one says so, by
 * `load()` or with the query that reads its entity; nothing is ever read behind a property.
 */
export interface Ref<T extends object | null> extends RelationProperty<NonNullable<T>> {
  /** Whether the entity can be read without waiting. */
  isLoaded(): this is LoadedRef<T>
  /** The related entity, read unless it is loaded: one read by key where this side holds the foreign key. */
  load(): Promise<T>
  /** Relates another entity, or none. Where this side holds the foreign key its columns follow. */
  set(entity: T): void
}

/** A reference whose entity is there. */
export interface LoadedRef<T extends object | null> extends Ref<T> {
  /** The related entity. */
  get(): T
}

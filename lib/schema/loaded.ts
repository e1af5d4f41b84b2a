import type { Collection, LoadedCollection } from './collection.js'
import type { RelationName } from './field-types.js'
import type { LoadedRef, Ref } from './ref.js'
import type { RelationProperty } from './relation-property.js'

/**
 * An entity of which some relations are loaded, so that they can be read at once: each by its name, or as a path such
 * as `'books.tags'`.
 *
 * @example
 * ```ts
 * import { column, entity, manyToOne, oneToMany, primaryKey, t } from 'rome-orm'
 * import type { Collection, Loaded, Ref } from 'rome-orm'
 *
 * @entity('authors')
 * class Author {
 *   @primaryKey(t.uuid()) id!: string
 *   @oneToMany(() => Book, (book) => book.author) books!: Collection<Book>
 * }
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.uuid()) authorId!: string
 *   @column(t.string()) title!: string
 *   @manyToOne(() => Author, (author) => author.books, { column: 'authorId' }) author!: Ref<Author>
 * }
 *
 * const titlesOf = (author: Loaded<Author, 'books'>) => author.books.toArray().map((book) => book.title)
 * ```
 */
export type Loaded<T, Path extends RelationName<T> | `${RelationName<T>}.${string}`> = T & {
  readonly [K in FirstOf<Path> & RelationName<T>]: LoadedProperty<T[K], RestOf<Path, K>>
}

/** The entity that a relation's property leads to. */
export type RelatedTo<Property> = Property extends RelationProperty<infer Target> ? Target : never

type LoadedProperty<Property, Path extends string> =
  Property extends Collection<infer Entity>
    ? LoadedCollection<LoadedFurther<Entity, Path>>
    : Property extends Ref<infer Entity>
      ? LoadedRef<LoadedFurther<NonNullable<Entity>, Path> | Extract<Entity, null>>
      : never

type LoadedFurther<T, Path extends string> = [Path] extends [never]
  ? T
  : Loaded<T, Path & (RelationName<T> | `${RelationName<T>}.${string}`)>

type FirstOf<Path extends string> = Path extends `${infer First}.${string}` ? First : Path

type RestOf<Path extends string, First extends string> = Path extends `${First}.${infer Rest}` ? Rest : never

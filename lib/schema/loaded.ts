import type { Collection, LoadedCollection } from './collection.js'
import type { RelationName } from './field-types.js'
import type { LoadedRef, Ref } from './ref.js'

/**
 * An entity of which some relations are loaded, so that they can be read at once.
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
export type Loaded<T, Name extends RelationName<T>> = T & { readonly [K in Name]: LoadedProperty<T[K]> }

type LoadedProperty<Property> =
  Property extends Collection<infer Entity>
    ? LoadedCollection<Entity>
    : Property extends Ref<infer Entity>
      ? LoadedRef<Entity>
      : never

import type { ColumnName } from '../schema/field-types.js'
import type { IndexColumnName } from '../schema/model-definition.js'
import type { Ref } from '../schema/ref.js'
import type {
  CollectionShape,
  ModelThunk,
  RelationDeclaration,
  RelationSelector,
  RelationsOf,
} from '../schema/relation-declaration.js'
import { declareRelation, type RelationDecorator, type RelationOptions } from './relation-decorator.js'

/** What a relation to many entities takes. */
export interface CollectionOptions<Target> extends RelationOptions {
  /** The order of the loaded entities: columns of theirs, each `'name'` or `desc('name')`. */
  readonly orderBy?: IndexColumnName<ColumnName<Target>> | readonly IndexColumnName<ColumnName<Target>>[]
}

/** What a relation takes whose entities may belong to one other only. */
export interface OwnedOptions extends RelationOptions {
  /** Whether an entity that is taken out of the relation is deleted. */
  readonly orphanRemoval?: boolean
}

/**
 * One entity has many, which refer to it by a `manyToOne` that is named here. The property is a `Collection`.
 * Throws as {@link manyToOne} does.
 *
 * @example
 * ```ts
 * import { type Collection, column, desc, entity, manyToOne, oneToMany, primaryKey, type Ref, t } from 'rome-orm'
 *
 * @entity('authors')
 * class Author {
 *   @primaryKey(t.uuid()) id!: string
 *   @oneToMany(() => Book, (book) => book.author, { orderBy: desc('year') }) books!: Collection<Book>
 * }
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.uuid()) authorId!: string
 *   @column(t.integer()) year!: number
 *   @manyToOne(() => Author, (author) => author.books, { column: 'authorId' }) author!: Ref<Author>
 * }
 * ```
 */
export function oneToMany<Child extends object, Owner extends object>(
  target: ModelThunk<Child>,
  inverse: (child: RelationsOf<Child>) => Ref<Owner | null>,
  options: CollectionOptions<Child> & OwnedOptions = {},
): RelationDecorator<CollectionShape<Child, Owner>> {
  return declareRelation({
    kind: 'oneToMany',
    target,
    inverse: inverse as RelationSelector,
    orphanRemoval: options.orphanRemoval === true,
    ...collectionParts(options),
  })
}

/** What the options of a collection say. */
export function collectionParts(options: unknown): Pick<RelationDeclaration, 'orderBy' | 'cascadesAdd'> {
  const { orderBy = [], cascade = true } = options as CollectionOptions<Record<string, unknown>>
  const columns = Array.isArray(orderBy) ? orderBy : [orderBy]
  return { orderBy: Object.freeze([...columns]), cascadesAdd: cascade }
}

import { UsageError } from '../errors/rome-error.js'
import type { Collection } from '../schema/collection.js'
import type { Ref } from '../schema/ref.js'
import type {
  CollectionShape,
  ModelThunk,
  RelationSelector,
  RelationsOf,
  ThroughDeclaration,
} from '../schema/relation-declaration.js'
import { type CollectionOptions, collectionParts } from './one-to-many.js'
import { declareRelation, type RelationDecorator } from './relation-decorator.js'

/** The stored name of a model that is made for the relation: two keys, and nothing else. */
export interface ImplicitThrough {
  readonly through: string
}

/** A model of its own between the two, and its relations to this side and to the target. */
export interface ThroughModel<Middle extends object, Owner extends object, Target extends object> {
  readonly through: ModelThunk<Middle>
  readonly from: (middle: RelationsOf<Middle>) => Ref<Owner | null>
  readonly to: (middle: RelationsOf<Middle>) => Ref<Target | null>
}

/**
 * Many entities are related to many, by the rows of a model between them. One side says which: by a stored name, for a
 * model that holds the two keys and nothing else, or as a model that is written like any other, with a `manyToOne` to
 * each side. The other side, where there is one, names that relation. The property is a `Collection`.
 * Throws as {@link manyToOne} does.
 *
 * @example
 * ```ts
 * import { type Collection, entity, manyToMany, primaryKey, t } from 'rome-orm'
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @manyToMany(() => Tag, { through: 'book_tags' }) tags!: Collection<Tag>
 * }
 *
 * @entity('tags')
 * class Tag {
 *   @primaryKey(t.uuid()) id!: string
 *   @manyToMany(() => Book, (book) => book.tags) books!: Collection<Book>
 * }
 * ```
 */
export function manyToMany<Target extends object>(
  target: ModelThunk<Target>,
  options: CollectionOptions<Target> & ImplicitThrough,
): RelationDecorator<CollectionShape<Target, never>>
export function manyToMany<Target extends object, Middle extends object, Owner extends object>(
  target: ModelThunk<Target>,
  options: CollectionOptions<Target> & ThroughModel<Middle, Owner, Target>,
): RelationDecorator<CollectionShape<Target, Owner>>
export function manyToMany<Target extends object, Owner extends object>(
  target: ModelThunk<Target>,
  inverse: (target: RelationsOf<Target>) => Collection<Owner>,
  options?: CollectionOptions<Target>,
): RelationDecorator<CollectionShape<Target, Owner>>
export function manyToMany(target: ModelThunk, ...rest: readonly unknown[]): RelationDecorator<never> {
  const [first = {}, second = {}] = rest
  if (typeof first === 'function') {
    const inverse = first as RelationSelector
    return declareRelation({ kind: 'manyToMany', target, inverse, ...collectionParts(second) })
  }
  return declareRelation({ kind: 'manyToMany', target, through: parseThrough(first), ...collectionParts(first) })
}

function parseThrough(options: unknown): ThroughDeclaration {
  const { through, from, to } = options as Readonly<Record<string, unknown>>
  if (typeof through === 'string') return { name: through }
  if (typeof through === 'function' && typeof from === 'function' && typeof to === 'function') {
    return { model: through as ModelThunk, from: from as RelationSelector, to: to as RelationSelector }
  }
  throw new UsageError(
    'ROME_ARGUMENT',
    "Give the model between the two: { through: 'book_tags' }, or { through: () => BookTag, from, to }.",
  )
}

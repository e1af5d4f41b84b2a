import type { Collection } from '../schema/collection.js'
import type { ModelThunk, RefShape, RelationsOf } from '../schema/relation-declaration.js'
import { type ForeignKeyOptions, foreignKeyParts } from './foreign-key.js'
import { declareRelation, type RelationDecorator } from './relation-decorator.js'

/**
 * Many entities refer to one, by a foreign key in columns of their own. The property is a `Ref` of the target, with
 * `| null` where a column of the foreign key is nullable. The other side may be named, and is then a `oneToMany`.
 * @throws UsageError `ROME_ARGUMENT` without functions or columns, or on something else than a public field,
 * `ROME_LEGACY_DECORATORS` under `experimentalDecorators`. What does not fit other models is found at the first use.
 *
 * @example
 * ```ts
 * import { column, entity, manyToOne, primaryKey, type Ref, t } from 'rome-orm'
 *
 * @entity('authors')
 * class Author {
 *   @primaryKey(t.uuid()) id!: string
 * }
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.uuid()) authorId!: string
 *   @column(t.uuid().nullable()) editorId!: string | null
 *   @manyToOne(() => Author, { column: 'authorId', onDelete: 'cascade' }) author!: Ref<Author>
 *   @manyToOne(() => Author, { column: 'editorId', onDelete: 'setNull' }) editor!: Ref<Author | null>
 * }
 * ```
 */
export function manyToOne<Target extends object, const Column extends string>(
  target: ModelThunk<Target>,
  options: ForeignKeyOptions<Column>,
): RelationDecorator<RefShape<Target, never, Column>>
export function manyToOne<Target extends object, Owner extends object, const Column extends string>(
  target: ModelThunk<Target>,
  inverse: (target: RelationsOf<Target>) => Collection<Owner>,
  options: ForeignKeyOptions<Column>,
): RelationDecorator<RefShape<Target, Owner, Column>>
export function manyToOne(target: ModelThunk, ...rest: readonly unknown[]): RelationDecorator<never> {
  return declareRelation({ kind: 'manyToOne', target, ...foreignKeyParts(rest[0], rest[1]) })
}

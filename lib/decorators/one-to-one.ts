import type { Ref } from '../schema/ref.js'
import type { ModelThunk, RefShape, RelationSelector, RelationsOf } from '../schema/relation-declaration.js'
import { type ForeignKeyOptions, foreignKeyParts } from './foreign-key.js'
import type { OwnedOptions } from './one-to-many.js'
import { declareRelation, type RelationDecorator } from './relation-decorator.js'

/**
 * One entity refers to one. The side with the foreign key gives its column, over which there is an `@unique`; the other
 * side names that relation, and its property is a `Ref` with `| null`. Throws as {@link manyToOne} does.
 *
 * @example
 * ```ts
 * import { column, entity, oneToOne, primaryKey, type Ref, t, unique } from 'rome-orm'
 *
 * @entity('users')
 * class User {
 *   @primaryKey(t.uuid()) id!: string
 *   @oneToOne(() => Profile, (profile) => profile.user) profile!: Ref<Profile | null>
 * }
 *
 * @entity('profiles')
 * @unique('userId')
 * class Profile {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.uuid()) userId!: string
 *   @oneToOne(() => User, (user) => user.profile, { column: 'userId', onDelete: 'cascade' }) user!: Ref<User>
 * }
 * ```
 */
export function oneToOne<Target extends object, const Column extends string>(
  target: ModelThunk<Target>,
  options: ForeignKeyOptions<Column>,
): RelationDecorator<RefShape<Target, never, Column>>
export function oneToOne<Target extends object, Owner extends object, const Column extends string>(
  target: ModelThunk<Target>,
  inverse: (target: RelationsOf<Target>) => Ref<Owner | null>,
  options: ForeignKeyOptions<Column>,
): RelationDecorator<RefShape<Target, Owner, Column>>
export function oneToOne<Target extends object, Owner extends object>(
  target: ModelThunk<Target>,
  inverse: (target: RelationsOf<Target>) => Ref<Owner | null>,
  options?: OwnedOptions,
): RelationDecorator<RefShape<Target, Owner, never>>
export function oneToOne(target: ModelThunk, ...rest: readonly unknown[]): RelationDecorator<never> {
  const [inverse, options = {}] = rest as readonly [RelationSelector, OwnedOptions?]
  if (typeof inverse !== 'function' || 'column' in options || 'columns' in options) {
    return declareRelation({ kind: 'oneToOne', target, ...foreignKeyParts(rest[0], rest[1]) })
  }
  const { orphanRemoval = false, cascade = true } = options
  return declareRelation({ kind: 'oneToOne', target, inverse, orphanRemoval, cascadesAdd: cascade })
}

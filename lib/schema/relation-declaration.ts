import type { DescendingColumn } from '../expressions/asc-desc.js'
import type { Collection } from './collection.js'
import type { ModelClass, OnDelete, RelationKind } from './entity-schema.js'
import type { ColumnName, RelationName } from './field-types.js'
import type { Ref } from './ref.js'

/** A model, named by a function: it is called after all modules are loaded, so that they may import each other. */
export type ModelThunk<T extends object = object> = () => ModelClass<T>

/** The relations of an entity, as a function of them names one: `(image) => image.properties`. */
export type RelationsOf<T> = { readonly [K in RelationName<T>]: T[K] }

/** Names one relation of a model that is not known yet: called with its relations by their names, gives back one. */
export type RelationSelector = (relations: Readonly<Record<string, unknown>>) => unknown

/** The middle of a many-to-many relation: the name of a model to be made, or a model and its two relations. */
export type ThroughDeclaration =
  | { readonly name: string }
  | { readonly model: ModelThunk; readonly from: RelationSelector; readonly to: RelationSelector }

/** What a decorator, or `defineEntity`, says of a relation. */
export interface RelationDeclaration {
  readonly kind: RelationKind
  readonly target: ModelThunk
  readonly inverse: RelationSelector | undefined
  /** The columns of the foreign key, where this side has it. */
  readonly columns: readonly string[] | undefined
  readonly through: ThroughDeclaration | undefined
  readonly onDelete: OnDelete | undefined
  readonly orphanRemoval: boolean
  readonly cascadesAdd: boolean
  readonly orderBy: readonly (string | DescendingColumn<string>)[]
}

export interface RecordedRelation extends RelationDeclaration {
  readonly name: string
}

/** Under this key a relation decorator carries what it declares, so that `defineEntity` can read it. */
export const relationDeclaration: unique symbol = Symbol('rome.relationDeclaration')

/** What the types know of a declared relation. */
export interface RelationShape {
  /** The related entities. */
  readonly target: object
  readonly property: 'collection' | 'ref'
  /** The entities to which the other side leads; never when that is not named. */
  readonly owner: unknown
  /** The columns of the foreign key; never when the other side has it. */
  readonly column: string
}

/** A relation to one entity. */
export interface RefShape<Target extends object, Owner, Column extends string> extends RelationShape {
  readonly target: Target
  readonly property: 'ref'
  readonly owner: Owner
  readonly column: Column
}

/** A relation to many entities. */
export interface CollectionShape<Target extends object, Owner> extends RelationShape {
  readonly target: Target
  readonly property: 'collection'
  readonly owner: Owner
  readonly column: never
}

/** A relation, as `manyToOne(…)`, `oneToMany(…)` … declare it. */
export interface DeclaresRelation<Shape extends RelationShape> {
  readonly [relationDeclaration]: RelationDeclaration
  /** Keeps what the types know; never there at run time. */
  readonly _shape?: Shape
}

/** The property that a relation needs on an entity. */
export type RelationPropertyOf<Entity, Shape extends RelationShape> = Shape['property'] extends 'collection'
  ? Collection<Shape['target']>
  : MayBeMissing<Entity, Shape['column']> extends true
    ? Ref<Shape['target'] | null>
    : Ref<Shape['target']>

/** Without a foreign key here nothing says that there is a related row. */
type MayBeMissing<Entity, Column extends string> = [Column] extends [never]
  ? true
  : null extends Entity[Column & keyof Entity]
    ? true
    : false

/** Nothing when the relation fits an entity; else something that no declaration has, whose name says what is wrong. */
export type FitsEntity<Entity, Shape extends RelationShape> = [Shape['column']] extends [ColumnName<Entity>]
  ? [Shape['owner']] extends [Entity]
    ? unknown
    : { readonly 'the other side must lead to the entity of this one': Entity }
  : { readonly 'the foreign key must be a column of the entity': ColumnName<Entity> }

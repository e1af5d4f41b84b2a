import type { ColumnReference, ExpressionNode, RelationReference, Source } from '../expressions/nodes.js'
import type { ColumnType } from '../values/column-type.js'

/** A class whose instances are entities. Its constructor takes no arguments and has no side effects. */
export type ModelClass<T extends object = object> = new () => T

/** What Rome writes into a column by itself. */
export type ColumnRole = 'createdAt' | 'updatedAt' | 'deletedAt' | 'version'

/** One column of a model; frozen. */
export interface ColumnDefinition extends ColumnReference {
  /** The property of the entity. */
  readonly name: string
  /** The name in the store's catalogue; changing `name` alone costs nothing. */
  readonly storedName: string
  readonly type: ColumnType
  readonly isNullable: boolean
  readonly position: number
  readonly role: ColumnRole | undefined
  /** A property value for new entities that have none; absent when there is no default. */
  readonly makeDefault: (() => unknown) | undefined
  /** The user's own checks, run after the type's: a message when the value is refused. */
  readonly validators: readonly ((value: never) => string | undefined)[]
}

export interface IndexColumn {
  readonly column: ColumnDefinition
  readonly isDescending: boolean
}

/** An index of a model, the unique ones included; frozen. The primary key is not among them. */
export interface IndexDefinition {
  readonly name: string
  readonly columns: readonly IndexColumn[]
  readonly isUnique: boolean
  /** Only rows for which this is true have an entry. */
  readonly where: ExpressionNode | undefined
  /** Columns kept in the entry beside its key, so that a query of these need not read the row. */
  readonly include: readonly ColumnDefinition[]
}

/** A rule every stored row keeps: not false (SQL's CHECK: unknown passes). */
export interface CheckDefinition {
  readonly name: string
  readonly predicate: ExpressionNode
}

/** Which rows of a model are seen, under a name; frozen. */
export interface ScopeDefinition {
  readonly name: string
  /** Whether it applies by itself, unless it is switched off. */
  readonly isDefault: boolean
  /** Whether a row that would lie outside of it is refused when it is written. */
  readonly isChecked: boolean
  readonly takesArguments: boolean
  /** The predicate over the columns of a source, for some arguments. @throws SchemaError `ROME_SCHEMA_INVALID`. */
  predicateOver(source: ModelSource, values: object): ExpressionNode
}

export type RelationKind = 'manyToOne' | 'oneToOne' | 'oneToMany' | 'manyToMany'

/** What becomes of rows when the row that they refer to is erased. */
export type OnDelete = 'restrict' | 'cascade' | 'setNull'

/** Two columns whose values are equal in related rows. */
export interface RelationColumns {
  readonly own: ColumnDefinition
  readonly target: ColumnDefinition
}

/** The model between the two of a many-to-many relation. A row of it relates one entity to another. */
export interface ThroughDefinition {
  readonly schema: EntitySchema
  /** The middle model's many-to-one relation to the model that the relation belongs to. */
  readonly from: RelationDefinition
  /** The middle model's many-to-one relation to the target. */
  readonly to: RelationDefinition
  /** Whether the model was made for the relation, and no class was written for it. */
  readonly isImplicit: boolean
}

/**
 * A relation, as one of its two models has it; frozen. What concerns other models is found out at its first use, never
 * when the model is sealed, and then throws `ROME_SCHEMA_INVALID` when it is wrong. `sealRelations` uses all of it.
 */
export interface RelationDefinition extends RelationReference {
  /** The property of the entity. */
  readonly name: string
  readonly kind: RelationKind
  /** The model that it belongs to. */
  readonly schema: EntitySchema
  readonly target: EntitySchema
  /** Whether the relation is stored here: as a foreign key, or for many-to-many by the one that names the middle. */
  readonly isOwner: boolean
  /** Whether an entity may be related to none. A collection may be empty, but is always there. */
  readonly isNullable: boolean
  /** The foreign key and the primary key of what it refers to, in the order of the key; none for many-to-many. */
  readonly columns: readonly RelationColumns[]
  /** For many-to-many only. */
  readonly through: ThroughDefinition | undefined
  /** The same relation as the target has it. */
  readonly inverse: RelationDefinition | undefined
  /** Where the foreign key is; undefined elsewhere. */
  readonly onDelete: OnDelete | undefined
  /** Whether an entity that is taken out of the relation is deleted. */
  readonly orphanRemoval: boolean
  /** Whether adding an entity to a session adds the new entities that it is related to. */
  readonly cascadesAdd: boolean
  /** The order of a loaded collection. */
  readonly orderBy: readonly IndexColumn[]
}

/** All there is to know of a model, sealed and frozen at its first use. */
export interface EntitySchema<T extends object = object> {
  /** The stored name. */
  readonly name: string
  readonly model: ModelClass<T>
  /** In order of `position`. */
  readonly columns: readonly ColumnDefinition[]
  readonly columnByName: ReadonlyMap<string, ColumnDefinition>
  /** At least one; in the order of the key. */
  readonly primaryKey: readonly ColumnDefinition[]
  readonly indexes: readonly IndexDefinition[]
  readonly checks: readonly CheckDefinition[]
  readonly scopes: readonly ScopeDefinition[]
  readonly relations: readonly RelationDefinition[]
  readonly relationByName: ReadonlyMap<string, RelationDefinition>
  readonly createdAt: ColumnDefinition | undefined
  readonly updatedAt: ColumnDefinition | undefined
  readonly deletedAt: ColumnDefinition | undefined
  readonly version: ColumnDefinition | undefined
  /** The source that `fields(Model)` and the model itself stand for in a query. */
  readonly source: ModelSource<T>
}

/** A model, or an alias of one, as a source of columns. */
export interface ModelSource<T extends object = object> extends Source {
  readonly schema: EntitySchema<T>
}

import type { OnDelete } from '../../lib/schema/entity-schema.js'
import type { PredicatePair, ValuePair } from './pairs.js'
import type { ValueKind } from './value-kinds.js'

export interface ColumnShape {
  readonly name: string
  readonly kind: ValueKind
  readonly isNullable: boolean
  readonly role: 'key' | 'data' | 'updatedAt' | 'deletedAt' | 'version'
  /** Of a foreign key: set with the others of it. */
  readonly isReference?: boolean
}

export interface IndexShape {
  readonly columns: readonly { readonly name: string; readonly isDescending: boolean }[]
  readonly isUnique: boolean
  readonly where: PredicatePair | undefined
  readonly include: readonly string[]
}

/** A model, as both sides are told of it. */
export interface ModelShape {
  readonly name: string
  readonly columns: readonly ColumnShape[]
  readonly indexes: readonly IndexShape[]
  /** A default scope: only rows for which it is true are seen. */
  readonly scope?: PredicatePair
  /** Its foreign keys. */
  readonly references: readonly ReferenceShape[]
  /** Filled in when all models are there. */
  readonly relations: RelationShape[]
}

/** A foreign key, and the names of the relations at its two ends. */
export interface ReferenceShape {
  readonly name: string
  readonly inverse: string
  /** The name of the model that it leads to. */
  readonly target: string
  /** In the order of the target's primary key. */
  readonly own: readonly ColumnShape[]
  readonly onDelete: OnDelete
  /** One-to-one. */
  readonly isUnique: boolean
}

/** Columns that are equal: of one side, and of the other. */
export type ColumnPairs = readonly (readonly [own: string, target: string])[]

/** A relation, seen from one side. */
export interface RelationShape {
  readonly name: string
  readonly kind: 'manyToOne' | 'oneToMany' | 'oneToOne' | 'manyToMany'
  readonly target: ModelShape
  /** The columns of the foreign key; none through a model in between. */
  readonly columns: ColumnPairs
  readonly reference: ReferenceShape
  readonly through: ThroughShape | undefined
}

/** The model in between, and its columns with those of either side. */
export interface ThroughShape {
  readonly model: ModelShape
  readonly from: ReferenceShape
  readonly to: ReferenceShape
  readonly fromColumns: ColumnPairs
  readonly toColumns: ColumnPairs
}

export function keysOf(model: Pick<ModelShape, 'columns'>): ColumnShape[] {
  return model.columns.filter((column) => column.role === 'key')
}

export function columnWithRole(model: ModelShape, role: ColumnShape['role']): ColumnShape | undefined {
  return model.columns.find((column) => column.role === role)
}

/** The columns of a model as values, when it is read under an alias. */
export function columnsUnder(alias: string, model: Pick<ModelShape, 'columns'>): ValuePair[] {
  return model.columns.map(({ name, kind, isNullable }) => ({
    kind,
    isNullable,
    sql: `${alias}.${name}`,
    rome: (on) => on.columns(alias)[name],
  }))
}

/** The alias that the predicates of partial indexes and scopes use. */
export const indexAlias = 'r'

/** SQLite's table of all rows. Where a model has a scope, a view of its name has those in scope. */
export function tableOf({ name, scope }: Pick<ModelShape, 'name' | 'scope'>): string {
  return scope === undefined ? name : tableOfAll({ name })
}

/** The same for a model that is to have a scope. */
export function tableOfAll({ name }: Pick<ModelShape, 'name'>): string {
  return `${name}_all`
}

/** The model that a foreign key of another leads to. */
export function targetOf({ relations }: ModelShape, reference: ReferenceShape): ModelShape {
  const own = relations.find(({ name }) => name === reference.name) as RelationShape
  return own.target
}

/** That the columns of two aliases are equal. */
export function pairsSql(pairs: ColumnPairs, own: string, target: string): string {
  return pairs.map(([a, b]) => `${own}.${a} = ${target}.${b}`).join(' AND ')
}

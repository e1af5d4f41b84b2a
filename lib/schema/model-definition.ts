import type { DescendingColumn } from '../expressions/asc-desc.js'
import type { Predicate } from '../expressions/expression.js'
import type { ColumnSpec } from '../values/column-spec.js'
import type { ColumnRole, ModelClass } from './entity-schema.js'
import type { ColumnFields, ColumnName } from './field-types.js'
import type { RecordedRelation } from './relation-declaration.js'

/** The parts of a `ColumnSpec` that do not depend on the type of its property. */
export type ColumnParts = Pick<ColumnSpec<unknown>, 'type' | 'isNullable' | 'makeDefault' | 'validators'>

/** What a decorator, or `defineEntity`, says of a column. */
export interface ColumnDeclaration {
  readonly spec: ColumnParts
  /** The name in the store; that of the property when undefined. */
  readonly storedName: string | undefined
  readonly isPrimaryKey: boolean
  readonly role: ColumnRole | undefined
}

export interface RecordedColumn extends ColumnDeclaration {
  readonly name: string
}

/** A column of an index: its name, or `desc(name)`. */
export type IndexColumnName<Name extends string = string> = Name | DescendingColumn<Name>

/** What `@index` and `@unique` take after their columns. */
export interface IndexOptions<T> {
  /** Only rows for which this is true are in the index. Evaluated once, when the model is sealed. */
  readonly where?: (columns: ColumnFields<T>) => Predicate
  /** Columns kept beside the key, so that a query of these and the indexed ones need not read the row. */
  readonly include?: readonly ColumnName<T>[]
  /** Unique within the model; made from the columns when not given. */
  readonly name?: string
}

export interface RecordedIndex {
  readonly columns: readonly IndexColumnName[]
  readonly isUnique: boolean
  readonly options: IndexOptions<Record<string, unknown>>
}

export interface RecordedCheck {
  readonly predicate: (columns: ColumnFields<Record<string, unknown>>) => Predicate
  readonly name: string | undefined
}

/** How a scope is declared. */
export interface ScopeOptions {
  /** Applies to every query, load and `get` of the model, unless it is switched off by its name. */
  readonly default?: boolean
  /** With `default`: refuses to write rows that would lie outside. The predicate is about the row's own columns. */
  readonly check?: boolean
}

export interface RecordedScope {
  readonly name: string
  readonly predicate: (columns: object, values: object) => Predicate
  readonly options: ScopeOptions
}

/**
 * What was said of one class, before it is sealed into a schema. A class has a definition of its own, beside that of
 * its base class, which it never changes.
 */
export class ModelDefinition {
  name: string | undefined
  readonly columns: RecordedColumn[] = []
  readonly relations: RecordedRelation[] = []
  readonly indexes: RecordedIndex[] = []
  readonly checks: RecordedCheck[] = []
  readonly scopes: RecordedScope[] = []
  readonly #base: ModelDefinition | undefined

  constructor(base: ModelDefinition | undefined) {
    this.#base = base
  }

  /** The columns of the base classes first. One that is declared again keeps its place. */
  allColumns(): readonly RecordedColumn[] {
    return lastOfEachName([...(this.#base?.allColumns() ?? []), ...this.columns])
  }

  /** In the same order as the columns. */
  allRelations(): readonly RecordedRelation[] {
    return lastOfEachName([...(this.#base?.allRelations() ?? []), ...this.relations])
  }

  allIndexes(): readonly RecordedIndex[] {
    return [...(this.#base?.allIndexes() ?? []), ...this.indexes]
  }

  allChecks(): readonly RecordedCheck[] {
    return [...(this.#base?.allChecks() ?? []), ...this.checks]
  }

  allScopes(): readonly RecordedScope[] {
    return [...(this.#base?.allScopes() ?? []), ...this.scopes]
  }
}

function lastOfEachName<T extends { readonly name: string }>(recorded: readonly T[]): readonly T[] {
  return [...new Map(recorded.map((one) => [one.name, one])).values()]
}

const definitions = new WeakMap<ModelClass, ModelDefinition>()

/** Makes a class a model. */
export function recordModel(model: ModelClass, definition: ModelDefinition): void {
  definitions.set(model, definition)
}

/** What was said of a model; undefined when the class is none. A subclass of a model is a model of its own, or none. */
export function definitionOf(model: ModelClass): ModelDefinition | undefined {
  return definitions.get(model)
}

/** Under this key a column decorator carries what it declares, so that `defineEntity` can read it. */
export const columnDeclaration: unique symbol = Symbol('rome.columnDeclaration')

/** A column with values of type `V`, as `column(…)`, `primaryKey(…)`, `createdAt()` … declare it. */
export interface DeclaresColumn<V> {
  readonly [columnDeclaration]: ColumnDeclaration
  /** Keeps the type of the property; never there at run time. */
  readonly _property?: V
}

/** Under this key `index(…)` and `unique(…)` carry what they declare. */
export const indexDeclaration: unique symbol = Symbol('rome.indexDeclaration')

/** An index of a model with entities of type `T`. */
export interface DeclaresIndex<T extends object> {
  readonly [indexDeclaration]: RecordedIndex
  /** Keeps the type of the entities; never there at run time. */
  readonly _model?: ModelClass<T>
}

/** Under this key `check(…)` carries what it declares. */
export const checkDeclaration: unique symbol = Symbol('rome.checkDeclaration')

/** A check of a model with entities of type `T`. */
export interface DeclaresCheck<T extends object> {
  readonly [checkDeclaration]: RecordedCheck
  /** Keeps the type of the entities; never there at run time. */
  readonly _model?: ModelClass<T>
}

/** Under this key `scope(…)` carries what it declares. */
export const scopeDeclaration: unique symbol = Symbol('rome.scopeDeclaration')

/** A scope of a model with entities of type `T`. */
export interface DeclaresScope<T extends object> {
  readonly [scopeDeclaration]: RecordedScope
  /** Keeps the type of the entities; never there at run time. */
  readonly _model?: ModelClass<T>
}

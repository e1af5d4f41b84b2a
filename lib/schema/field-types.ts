import type { Column } from '../expressions/column.js'
import type { RelationProperty } from './relation-property.js'

type Method = (...args: never[]) => unknown

/** The names of an entity's data properties: all but its methods and relations. */
export type ColumnName<T> = {
  [K in keyof T & string]: T[K] extends Method | RelationProperty ? never : K
}[keyof T & string]

/** The names of an entity's relations: the properties that are a `Collection` or a `Ref`. */
export type RelationName<T> = { [K in keyof T & string]: T[K] extends RelationProperty ? K : never }[keyof T & string]

/** The columns of a model by the names of its properties. */
export type ColumnFields<T> = { readonly [K in ColumnName<T>]: Column<T[K]> }

import { UsageError } from '../errors/rome-error.js'
import {
  type ColumnDeclaration,
  type ColumnParts,
  columnDeclaration,
  type DeclaresColumn,
} from '../schema/model-definition.js'
import { definitionIn, publicFieldName } from './recording.js'

/** Nothing when the types are the same; else something that no context has, whose name says what is wrong. */
type SameType<Property, Column> = [Property] extends [Column]
  ? [Column] extends [Property]
    ? unknown
    : TypeMismatch<Column>
  : TypeMismatch<Column>

interface TypeMismatch<Column> {
  readonly 'the property must have the type of its column': Column
}

/** Declares a column: decorates a field, or stands in the columns of `defineEntity`. */
export interface ColumnDecorator<V> extends DeclaresColumn<V> {
  <This, Property>(value: undefined, context: ClassFieldDecoratorContext<This, Property> & SameType<Property, V>): void
}

/** Options of `column` and `primaryKey`. */
export interface ColumnOptions {
  /** The name in the store, where it is not the property's: renaming a property costs nothing. */
  readonly name?: string
}

/** A decorator that records the declaration under the name of its field. */
export function declareColumn<V>(
  spec: ColumnParts,
  declaration: Partial<Omit<ColumnDeclaration, 'spec'>>,
): ColumnDecorator<V> {
  if (typeof spec !== 'object' || spec === null || !('type' in spec)) {
    throw new UsageError('ROME_ARGUMENT', 'Give the column a type, such as t.string().')
  }
  const complete: ColumnDeclaration = Object.freeze({
    storedName: undefined,
    isPrimaryKey: false,
    role: undefined,
    ...declaration,
    spec,
  })
  const decorate = (_value: undefined, context: ClassFieldDecoratorContext): void => {
    definitionIn(context).columns.push({ ...complete, name: publicFieldName(context) })
  }
  return Object.assign(decorate, { [columnDeclaration]: complete })
}

import { UsageError } from '../errors/rome-error.js'
import type { ColumnName } from '../schema/field-types.js'
import {
  type DeclaresIndex,
  type IndexColumnName,
  type IndexOptions,
  indexDeclaration,
  type RecordedIndex,
} from '../schema/model-definition.js'
import { definitionIn } from './recording.js'

/** Adds an index: decorates a class, or stands among the indexes of `defineEntity`. */
export interface IndexDecorator<T extends object> extends DeclaresIndex<T> {
  (model: abstract new () => T, context: ClassDecoratorContext): void
}

type Columns<T> = readonly [IndexColumnName<ColumnName<T>>, ...IndexColumnName<ColumnName<T>>[]]

/** Columns in the order of the key, each `'name'` or `desc('name')`; options come last. */
export type IndexArguments<T> = Columns<T> | readonly [...Columns<T>, IndexOptions<T>]

/**
 * An index over columns of the model, in the order of the key. It serves equality on its first columns, a range on the
 * next, and their order. Nulls are in it.
 * @throws UsageError `ROME_ARGUMENT` without columns, `ROME_LEGACY_DECORATORS` under `experimentalDecorators`.
 *
 * @example
 * ```ts
 * import { column, createdAt, desc, entity, index, primaryKey, t } from 'rome-orm'
 *
 * @entity('books')
 * @index('author', desc('createdAt'))
 * @index('isbn', { where: (book) => book.isbn.isNotNull(), include: ['title'] })
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.string()) title!: string
 *   @column(t.string()) author!: string
 *   @column(t.string().nullable()) isbn!: string | null
 *   @createdAt() createdAt!: Date
 * }
 * ```
 */
export function index<T extends object>(...columns: IndexArguments<T>): IndexDecorator<T> {
  return declareIndex(columns, false)
}

/**
 * An index that refuses a second row with the same values. Null equals nothing, so rows with a null may repeat; and
 * soft-deleted rows do not count. Takes what {@link index} takes, and throws as it does.
 */
export function unique<T extends object>(...columns: IndexArguments<T>): IndexDecorator<T> {
  return declareIndex(columns, true)
}

function declareIndex<T extends object>(given: IndexArguments<T>, isUnique: boolean): IndexDecorator<T> {
  const columns: IndexColumnName[] = []
  let options: IndexOptions<T> = {}
  given.forEach((argument, at) => {
    if (isColumn(argument)) columns.push(argument)
    else if (at === given.length - 1 && typeof argument === 'object' && argument !== null) options = { ...argument }
    else throw new UsageError('ROME_ARGUMENT', 'An index takes names of columns, and options at the end.')
  })
  if (columns.length === 0) throw new UsageError('ROME_ARGUMENT', 'An index needs at least one column.')
  // What is recorded has forgotten its model; the schema calls it with the columns of the same one.
  const recorded = Object.freeze({ columns: Object.freeze(columns), isUnique, options }) as RecordedIndex
  // Decorators of a class run from the last to the first.
  const decorate = (_model: abstract new () => T, context: ClassDecoratorContext): void => {
    definitionIn(context).indexes.unshift(recorded)
  }
  return Object.assign(decorate, { [indexDeclaration]: recorded })
}

function isColumn(argument: IndexColumnName | object): argument is IndexColumnName {
  return typeof argument === 'string' || (typeof argument === 'object' && argument !== null && 'descending' in argument)
}

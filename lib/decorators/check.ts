import { UsageError } from '../errors/rome-error.js'
import type { Predicate } from '../expressions/expression.js'
import type { ColumnFields } from '../schema/field-types.js'
import { checkDeclaration, type DeclaresCheck, type RecordedCheck } from '../schema/model-definition.js'
import { definitionIn } from './recording.js'

/** Adds a check: decorates a class, or stands among the checks of `defineEntity`. */
export interface CheckDecorator<T extends object> extends DeclaresCheck<T> {
  (model: abstract new () => T, context: ClassDecoratorContext): void
}

/** How a check is declared. */
export interface CheckOptions {
  /** For messages; made from the columns when not given. */
  readonly name?: string
}

/**
 * A rule that every stored row keeps. As in SQL a row passes when the predicate is true or unknown.
 * @throws UsageError `ROME_ARGUMENT` without a function, `ROME_LEGACY_DECORATORS` under `experimentalDecorators`.
 *
 * @example
 * ```ts
 * import { check, column, entity, primaryKey, t } from 'rome-orm'
 *
 * @entity('books')
 * @check((book) => book.pages.gt(0), { name: 'books_have_pages' })
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.integer()) pages!: number
 * }
 * ```
 */
export function check<T extends object>(
  predicate: (columns: ColumnFields<T>) => Predicate,
  options: CheckOptions = {},
): CheckDecorator<T> {
  if (typeof predicate !== 'function') {
    throw new UsageError('ROME_ARGUMENT', 'Give the check a function of the columns that returns a predicate.')
  }
  // What is recorded has forgotten its model; the schema calls it with the columns of the same one.
  const recorded = Object.freeze({ predicate, name: options.name }) as RecordedCheck
  // Decorators of a class run from the last to the first.
  const decorate = (_model: abstract new () => T, context: ClassDecoratorContext): void => {
    definitionIn(context).checks.unshift(recorded)
  }
  return Object.assign(decorate, { [checkDeclaration]: recorded })
}

import { checkOptions, isBoolean, type OptionRules } from '../errors/checked-options.js'
import { UsageError } from '../errors/rome-error.js'
import type { Predicate } from '../expressions/expression.js'
import {
  type DeclaresScope,
  type RecordedScope,
  type ScopeOptions,
  scopeDeclaration,
} from '../schema/model-definition.js'
import type { Fields } from '../schema/relation.js'
import { definitionIn } from './recording.js'

/** Adds a scope: decorates a class, or stands among the scopes of `defineEntity`. */
export interface ScopeDecorator<T extends object> extends DeclaresScope<T> {
  (model: abstract new () => T, context: ClassDecoratorContext): void
}

const optionRules: OptionRules<ScopeOptions> = { default: isBoolean, check: isBoolean }

/**
 * Names a part of a model's rows by a predicate, which may take arguments. A default scope applies to whatever reads
 * the model: queries, joins, relations, counts, `get`. The session gives its arguments,
 * `rome.session({ scopes: { tenant: { owner: 'demo' } } })`; without them the model cannot be read. A scope that is no
 * default one is asked for by `query.scope(name, arguments)`.
 * @throws UsageError `ROME_ARGUMENT` without a name or a function, `ROME_LEGACY_DECORATORS` under
 * `experimentalDecorators`.
 *
 * @example
 * ```ts
 * import { column, entity, primaryKey, type Rome, scope, t } from 'rome-orm'
 *
 * @entity('books')
 * @scope('tenant', (book, args: { library: string }) => book.library.eq(args.library), { default: true, check: true })
 * @scope('long', (book) => book.pages.gt(500))
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.string()) library!: string
 *   @column(t.integer()) pages!: number
 * }
 *
 * const longBooks = (rome: Rome, library: string): Promise<Book[]> =>
 *   rome.session({ scopes: { tenant: { library } } }).query(Book).scope('long').all()
 * ```
 */
export function scope<T extends object, Args extends object = object>(
  name: string,
  predicate: (columns: Fields<T>, args: Args) => Predicate,
  options: ScopeOptions = {},
): ScopeDecorator<T> {
  if (typeof name !== 'string' || name === '') {
    throw new UsageError('ROME_ARGUMENT', 'Give the scope a name, by which it is used and switched off.')
  }
  if (typeof predicate !== 'function') {
    throw new UsageError('ROME_ARGUMENT', 'Give the scope a function of the columns that returns a predicate.', {
      context: { scope: name },
    })
  }
  checkOptions('scope', options, optionRules)
  // What is recorded has forgotten its model; the schema calls it with the columns of the same one.
  const recorded = Object.freeze({ name, predicate, options: { ...options } }) as unknown as RecordedScope
  // Decorators of a class run from the last to the first.
  const decorate = (_model: abstract new () => T, context: ClassDecoratorContext): void => {
    definitionIn(context).scopes.unshift(recorded)
  }
  return Object.assign(decorate, { [scopeDeclaration]: recorded })
}

import { UsageError } from '../errors/rome-error.js'
import { integerNode, type NullOf, type NullOfArgument, textNode } from './argument.js'
import { Expression } from './expression.js'
import { functionNode } from './make-nodes.js'
import type { ExpressionNode, TextFunction } from './nodes.js'
import { integerType, textType } from './unbounded-type.js'

/** A text: a value, or an expression. */
export type TextArgument = string | Expression<string | null>

/** A place or a length in a text: a value, or an expression. */
export type IntegerArgument = number | Expression<number | null>

/**
 * The text in Unicode lower case, whatever the language.
 * @throws QueryError `ROME_QUERY_INVALID` when it is no text, as in all functions of text.
 */
export function lower<T extends string | null>(text: Expression<T>): Expression<string | NullOf<T>> {
  return textFunction('lower', textNode(text, 'lower'))
}

/** The text in Unicode upper case, whatever the language. */
export function upper<T extends string | null>(text: Expression<T>): Expression<string | NullOf<T>> {
  return textFunction('upper', textNode(text, 'upper'))
}

/** The text without the spaces at its ends. Other white space stays, as in SQL. */
export function trim<T extends string | null>(text: Expression<T>): Expression<string | NullOf<T>> {
  return textFunction('trim', textNode(text, 'trim'))
}

/** The number of characters (code points) of the text. */
export function length<T extends string | null>(text: Expression<T>): Expression<number | NullOf<T>> {
  return new Expression(functionNode('length', [textNode(text, 'length')], integerType))
}

/**
 * The texts, one after the other; null when one of them is.
 * @throws UsageError `ROME_ARGUMENT` without texts.
 *
 * @example
 * ```ts
 * import { concat, defineEntity, fields, primaryKey, t } from 'rome-orm'
 * const Person = defineEntity('people', { id: primaryKey(t.uuid()), given: t.string(), family: t.string() })
 * const person = fields(Person)
 * const fullName = concat(person.given, ' ', person.family)
 * ```
 */
export function concat<const Texts extends readonly TextArgument[]>(
  ...texts: Texts
): Expression<string | NullOfArgument<Texts[number]>> {
  if (texts.length === 0) throw new UsageError('ROME_ARGUMENT', 'Give concat() at least one text.')
  return textFunction('concat', ...texts.map((text) => textNode(text, 'concat')))
}

/**
 * The characters (code points) from the `from`th on, `length` of them when it is given. The first is number 1; as in
 * SQL, places before the first count, but hold nothing. Empty when the length is not above zero.
 */
export function substring<T extends string | null, Places extends readonly [IntegerArgument, IntegerArgument?]>(
  text: Expression<T>,
  ...[from, ...length]: Places
): Expression<string | NullOf<T> | NullOfArgument<Places[number]>> {
  const places = [from, ...length].map((place) => integerNode(place, 'substring'))
  return textFunction('substring', textNode(text, 'substring'), ...places)
}

function textFunction<T>(name: TextFunction, ...operands: readonly ExpressionNode[]): Expression<T> {
  return new Expression(functionNode(name, operands, textType))
}

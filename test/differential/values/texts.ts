import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'
import { string } from '../value-kinds.js'
import { bytesOf, textOf } from './text-of.js'

/** A function of a text that SQLite's functions of text do not cut off. */
export function textFunction(choices: Choices, value: ValuePair, values: readonly ValuePair[]): ValuePair {
  const text = textOf(value.sql)
  const textIn = (expression: Expression<unknown>): Expression<string> => expression as Expression<string>
  const result = { kind: string, isNullable: value.isNullable }
  return choices.weighted<ValuePair>([
    [1, () => ({ ...result, sql: bytesOf(`lower_case(${text})`), rome: (on) => on.lower(textIn(value.rome(on))) })],
    [1, () => ({ ...result, sql: bytesOf(`upper_case(${text})`), rome: (on) => on.upper(textIn(value.rome(on))) })],
    [1, () => ({ ...result, sql: bytesOf(`trim(${text})`), rome: (on) => on.trim(textIn(value.rome(on))) })],
    [1, () => substring(choices, value, text)],
    [2, () => concatenation(choices, value, values)],
  ])
}

function substring(choices: Choices, value: ValuePair, text: string): ValuePair {
  const from = choices.between(0, 3)
  const length = choices.pick([1, 2, 0, 9])
  return {
    kind: string,
    isNullable: value.isNullable,
    sql: bytesOf(`substr(${text}, ${from}, ${length})`),
    rome: (on) => on.substring(value.rome(on) as Expression<string>, from, length),
  }
}

/** With a literal, and with another text. */
function concatenation(choices: Choices, value: ValuePair, values: readonly ValuePair[]): ValuePair {
  const literal = choices.pick(string.pool) as string
  const other = choices.pick(values.filter(({ kind }) => kind.isLikeable))
  return {
    kind: string,
    isNullable: value.isNullable || other.isNullable,
    sql: bytesOf(`(${value.sql} || ${literalOf(string, literal)} || ${other.sql})`),
    rome: (on) =>
      on.concat(
        value.rome(on) as Expression<string>,
        on.constant(string, literal) as string,
        other.rome(on) as Expression<string>,
      ),
  }
}

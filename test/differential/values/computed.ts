import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { wideInteger } from '../value-kinds.js'
import { conditional } from './conditionals.js'
import { calculation } from './numbers.js'
import { textFunction } from './texts.js'

/** A value that is made of others; undefined when nothing applies to what was drawn. */
export function computed(choices: Choices, values: readonly ValuePair[]): ValuePair | undefined {
  const value = choices.pick(values)
  return choices.weighted<ValuePair | undefined>([
    [2, () => conditional(choices, value, values)],
    [2, () => calculation(choices, value, values)],
    [2, () => textFunction(choices, value, values)],
    [1, () => measure(choices, value)],
  ])
}

/** A number that tells something of a text or a day. */
function measure(choices: Choices, value: ValuePair): ValuePair | undefined {
  const { kind, isNullable } = value
  const text = `CAST(${value.sql} AS TEXT)`
  if (kind.isLikeable) {
    return {
      kind: wideInteger,
      isNullable,
      sql: `length(${text})`,
      rome: (on) => on.length(value.rome(on) as Expression<string>),
    }
  }
  if (kind.name !== 'date') return undefined
  const [name, start, length] = choices.pick([
    ['year', 1, 4],
    ['month', 6, 2],
    ['day', 9, 2],
  ] as const)
  return {
    kind: wideInteger,
    isNullable,
    sql: `CAST(substr(${text}, ${start}, ${length}) AS INTEGER)`,
    rome: (on) => on[name](value.rome(on) as Expression<string>),
  }
}

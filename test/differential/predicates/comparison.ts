import type { Choices } from '../choices.js'
import type { PredicatePair, ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'
import type { ValueKind } from '../value-kinds.js'

const operators = [
  ['eq', '='],
  ['ne', '<>'],
  ['lt', '<'],
  ['lte', '<='],
  ['gt', '>'],
  ['gte', '>='],
] as const

function operatorFor(choices: Choices, kind: ValueKind) {
  return choices.pick(kind.isOrdered ? operators : operators.slice(0, 2))
}

export function compareWithLiteral(choices: Choices, value: ValuePair): PredicatePair {
  const [method, operator] = operatorFor(choices, value.kind)
  const literal = choices.pick(value.kind.pool)
  return {
    sql: `${value.sql} ${operator} ${literalOf(value.kind, literal)}`,
    rome: (on) => value.rome(on)[method](on.constant(value.kind, literal) as never),
  }
}

/** With another value of its family, perhaps with itself. */
export function compareColumns(choices: Choices, value: ValuePair, values: readonly ValuePair[]): PredicatePair {
  const others = values.filter((other) => other.kind.family === value.kind.family && !other.kind.isRounded)
  const other = others.length === 0 || value.kind.isRounded ? value : choices.pick(others)
  const [method, operator] = operatorFor(choices, value.kind)
  return {
    sql: `${value.sql} ${operator} ${other.sql}`,
    rome: (on) => value.rome(on)[method](other.rome(on) as never),
  }
}

/** The bounds may be crossed, and one may be another value. */
export function between(choices: Choices, value: ValuePair, values: readonly ValuePair[]): PredicatePair | undefined {
  const { kind } = value
  if (!kind.isOrdered) return undefined
  const low = choices.pick(kind.pool)
  const others = values.filter((other) => other.kind.family === kind.family && !other.kind.isRounded && !kind.isRounded)
  if (others.length > 0 && choices.chance(25)) {
    const high = choices.pick(others)
    return {
      sql: `${value.sql} BETWEEN ${literalOf(kind, low)} AND ${high.sql}`,
      rome: (on) => value.rome(on).between(on.constant(kind, low) as never, high.rome(on) as never),
    }
  }
  const high = choices.pick(kind.pool)
  return {
    sql: `${value.sql} BETWEEN ${literalOf(kind, low)} AND ${literalOf(kind, high)}`,
    rome: (on) => value.rome(on).between(on.constant(kind, low) as never, on.constant(kind, high) as never),
  }
}

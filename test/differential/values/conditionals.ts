import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { predicate } from '../predicates/predicate.js'
import { literalOf } from '../sql-text.js'
import { string, type ValueKind } from '../value-kinds.js'

/** One of several values of a kind. */
export function conditional(choices: Choices, value: ValuePair, values: readonly ValuePair[]): ValuePair {
  const others = values.filter((other) => other.kind === value.kind)
  const other = choices.pick(others)
  return choices.weighted<ValuePair>([
    [3, () => coalesced(choices, value, other)],
    [1, () => nullIfEqual(choices, value)],
    [2, () => chosen(choices, value, other, values)],
  ])
}

/** Texts of any kind make a text that is not bound to the values of an enum. */
function kindOf(...values: readonly ValuePair[]): ValueKind {
  const [{ kind }] = values
  return kind.isLikeable ? string : kind
}

function coalesced(choices: Choices, value: ValuePair, other: ValuePair): ValuePair {
  const last = choices.pick(value.kind.pool)
  return {
    kind: kindOf(value),
    isNullable: false,
    sql: `coalesce(${value.sql}, ${other.sql}, ${literalOf(value.kind, last)})`,
    rome: (on) => on.coalesce(value.rome(on), other.rome(on) as never, on.constant(value.kind, last) as never),
  }
}

function nullIfEqual(choices: Choices, value: ValuePair): ValuePair {
  const literal = choices.pick(value.kind.pool)
  return {
    kind: kindOf(value),
    isNullable: true,
    sql: `nullif(${value.sql}, ${literalOf(value.kind, literal)})`,
    rome: (on) => on.nullIf(value.rome(on), on.constant(value.kind, literal) as never),
  }
}

function chosen(choices: Choices, value: ValuePair, other: ValuePair, values: readonly ValuePair[]): ValuePair {
  const [first, second] = [predicate(choices, values, 0), predicate(choices, values, 0)]
  const hasElse = choices.chance(50)
  const branches = `WHEN ${first.sql} THEN ${value.sql} WHEN ${second.sql} THEN ${other.sql}`
  return {
    kind: kindOf(value),
    isNullable: true,
    sql: `CASE ${branches}${hasElse ? ` ELSE ${value.sql}` : ''} END`,
    rome: (on) => {
      const branches = on.caseWhen(first.rome(on), value.rome(on)).when(second.rome(on), other.rome(on))
      return hasElse ? branches.otherwise(value.rome(on)) : branches
    },
  }
}

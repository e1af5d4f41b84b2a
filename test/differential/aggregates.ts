import type { Aggregate } from '../../lib/expressions/aggregate.js'
import type { Expression } from '../../lib/expressions/expression.js'
import type { Choices } from './choices.js'
import type { ValuePair } from './pairs.js'
import { bigintQuotient, decimal, decimalQuotient, float, integer, type ValueKind } from './value-kinds.js'

const averages: Readonly<Record<string, ValueKind>> = {
  integer: float,
  float,
  bigint: bigintQuotient,
  decimal: decimalQuotient,
}

/** An aggregate over the rows of a group. */
export function aggregate(choices: Choices, values: readonly ValuePair[]): ValuePair {
  const ordered = values.filter((value) => value.kind.isOrdered)
  const summable = values.filter((value) => value.kind.isSummable)
  const drawn = choices.weighted<ValuePair>([
    [3, () => countOfRows],
    [2, () => countOf(choices, choices.pick(values))],
    [2, () => extreme(choices, choices.pick(ordered))],
    [summable.length > 0 ? 2 : 0, () => total(choices, choices.pick(summable))],
  ])
  return { ...drawn, isAggregate: true }
}

const countOfRows: ValuePair = { kind: integer, isNullable: false, sql: 'count(*)', rome: (on) => on.count() }

function countOf(choices: Choices, value: ValuePair): ValuePair {
  const isDistinct = choices.chance(50)
  return {
    kind: integer,
    isNullable: false,
    sql: `count(${isDistinct ? 'DISTINCT ' : ''}${value.sql})`,
    rome: (on) => distinctIf(isDistinct, on.count(value.rome(on))),
  }
}

function extreme(choices: Choices, value: ValuePair): ValuePair {
  const name = choices.pick(['min', 'max'] as const)
  return { kind: value.kind, isNullable: true, sql: `${name}(${value.sql})`, rome: (on) => on[name](value.rome(on)) }
}

function total(choices: Choices, value: ValuePair): ValuePair {
  const name = choices.pick(['sum', 'avg'] as const)
  const isDistinct = choices.chance(25)
  const sumKind = value.kind.family === 'decimal' ? decimal : value.kind
  return {
    kind: name === 'sum' ? sumKind : averages[value.kind.name],
    isNullable: true,
    sql: `${name}(${isDistinct ? 'DISTINCT ' : ''}${value.sql})`,
    rome: (on) => distinctIf(isDistinct, on[name](value.rome(on) as Expression<number>)),
  }
}

function distinctIf(isDistinct: boolean, of: Aggregate<unknown>): Expression<unknown> {
  return isDistinct ? of.distinct() : of
}

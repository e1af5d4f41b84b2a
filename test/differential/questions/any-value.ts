import type { Choices } from '../choices.js'
import { asValue, type ValuePair } from '../pairs.js'
import { predicate } from '../predicates/predicate.js'

/** A column mostly, sometimes a comparison: `and_`, `or_` and `not_` would become part of what they are used in. */
export function anyValue(choices: Choices, values: readonly ValuePair[]): ValuePair {
  if (!choices.chance(10)) return choices.pick(values)
  const { sql, rome } = predicate(choices, values, 1)
  return asValue({ sql: `(${sql}) = 1`, rome: (on) => rome(on).eq(true) })
}

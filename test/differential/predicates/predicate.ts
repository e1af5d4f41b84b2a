import type { Choices } from '../choices.js'
import { asValue, type PredicatePair, type ValuePair } from '../pairs.js'
import { jsonTest } from '../values/json-parts.js'
import { between, compareColumns, compareWithLiteral } from './comparison.js'
import type { Inside } from './inside.js'
import { isOneOf, nullTest } from './membership.js'
import { ofRelated } from './related.js'
import { type AskInside, ofSubquery } from './subquery.js'
import { pattern, textPart } from './text-match.js'

type Make = (choices: Choices, value: ValuePair, values: readonly ValuePair[]) => PredicatePair | undefined

/** The predicates of one value, each with its weight. One that does not apply to a value gives nothing. */
const makers: readonly (readonly [weight: number, make: Make])[] = [
  [10, compareWithLiteral],
  [3, isOneOf],
  [3, nullTest],
  [2, between],
  [3, compareColumns],
  [3, pattern],
  [3, textPart],
  [2, asItIs],
  [5, jsonTest],
]

/** A predicate over some of the values, with combinations up to a depth, and perhaps with questions inside. */
export function predicate(choices: Choices, values: readonly ValuePair[], depth = 3, inside?: Inside): PredicatePair {
  return choices.weighted<PredicatePair>([
    [6, () => simple(choices, values)],
    [depth > 0 ? 2 : 0, () => combination(choices, values, depth, inside)],
    [depth > 0 ? 1 : 0, () => negation(predicate(choices, values, depth - 1, inside))],
    [depth > 0 ? 1 : 0, () => compareTruths(choices, values, depth)],
    [depth > 0 ? 1 : 0, () => truth(choices, predicate(choices, values, depth - 1, inside))],
    [
      inside?.ask === undefined ? 0 : 1,
      () => ofSubquery(choices, values, inside?.ask as AskInside) ?? simple(choices, values),
    ],
    [
      depth > 0 && inside !== undefined && inside.relations.length > 0 ? 1 : 0,
      () => ofRelated(choices, values, depth, inside as Inside, predicate),
    ],
  ])
}

function simple(choices: Choices, values: readonly ValuePair[]): PredicatePair {
  const value = choices.pick(values)
  const make = choices.weighted(makers.map(([weight, maker]) => [weight, () => maker] as const))
  return make(choices, value, values) ?? nullTest(choices, value)
}

/** A boolean column is a predicate by itself. */
function asItIs(_: Choices, value: ValuePair): PredicatePair | undefined {
  return value.kind.name === 'boolean' ? { sql: value.sql, rome: (on) => value.rome(on) as never } : undefined
}

function combination(
  choices: Choices,
  values: readonly ValuePair[],
  depth: number,
  inside: Inside | undefined,
): PredicatePair {
  const word = choices.pick(['or_', 'and_'] as const)
  const terms = choices.list(1, 4, () => predicate(choices, values, depth - 1, inside))
  const operator = word === 'or_' ? ' OR ' : ' AND '
  return {
    sql: `(${terms.map((term) => term.sql).join(operator)})`,
    rome: (on) => on[word](...(terms.map((term) => term.rome(on)) as [never])),
  }
}

function negation(term: PredicatePair): PredicatePair {
  return { sql: `NOT (${term.sql})`, rome: (on) => on.not_(term.rome(on)) }
}

function truth(choices: Choices, term: PredicatePair): PredicatePair {
  const method = choices.pick(['isTrue', 'isFalse'] as const)
  return { sql: `(${term.sql}) IS ${method === 'isTrue' ? 'TRUE' : 'FALSE'}`, rome: (on) => term.rome(on)[method]() }
}

/** Predicates have values, which can be compared: `(a = 1) <> (b IS NULL)`. */
function compareTruths(choices: Choices, values: readonly ValuePair[], depth: number): PredicatePair {
  const left = asValue(predicate(choices, values, depth - 1))
  const right = asValue(predicate(choices, values, 0))
  const compare = choices.chance(50) ? compareWithLiteral(choices, left) : compareColumns(choices, left, [right])
  return compare ?? nullTest(choices, left)
}

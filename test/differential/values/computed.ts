import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { json, type ValueKind, wideInteger } from '../value-kinds.js'
import { castOf, isCastable } from './casts.js'
import { conditional } from './conditionals.js'
import { constant } from './constant.js'
import { jsonPart } from './json-parts.js'
import { calculation } from './numbers.js'
import { textOf } from './text-of.js'
import { textFunction } from './texts.js'
import { hasTimeParts, timePart } from './times.js'

type Make = (choices: Choices, value: ValuePair, values: readonly ValuePair[]) => ValuePair

/** What values are made into others, with the kinds that each takes. */
const makers: readonly (readonly [weight: number, takes: (kind: ValueKind) => boolean, make: Make])[] = [
  [3, (kind) => kind.isOrdered, conditional],
  [4, (kind) => kind.isSummable, calculation],
  [4, (kind) => kind.isLikeable, textFunction],
  [1, (kind) => kind.isLikeable, textLength],
  [3, hasTimeParts, timePart],
  [3, (kind) => kind === json, jsonPart],
  [4, isCastable, castOf],
  [1, () => true, constant],
]

/** A value that is made of others. */
export function computed(choices: Choices, values: readonly ValuePair[]): ValuePair {
  const possible = makers.map(([weight, takes, make]) => {
    const fitting = values.filter(({ kind }) => takes(kind))
    return [fitting.length > 0 ? weight : 0, () => make(choices, choices.pick(fitting), values)] as const
  })
  return choices.weighted(possible)
}

/** The number of characters of a text. */
function textLength(_: Choices, { isNullable, sql, rome }: ValuePair): ValuePair {
  return {
    kind: wideInteger,
    isNullable,
    sql: `length(${textOf(sql)})`,
    rome: (on) => on.length(rome(on) as Expression<string>),
  }
}

import type { Choices } from '../choices.js'
import type { PredicatePair, ValuePair } from '../pairs.js'
import type { Wanted } from '../questions/parts.js'
import { type Question, sqlOfOperand } from '../questions/question.js'
import type { AnyQuery, Vocabulary, Words } from '../vocabulary.js'

/** Makes a question to ask inside of a predicate; it may name values of the outer one. */
export type AskInside = (
  choices: Choices,
  outer: readonly ValuePair[],
  wanted: Wanted | undefined,
  isScalar: boolean,
) => Question | undefined

/** `exists`, `in`, `notIn`, or a comparison with the one value that a query gives. */
export function ofSubquery(choices: Choices, values: readonly ValuePair[], ask: AskInside): PredicatePair | undefined {
  return choices.weighted<PredicatePair | undefined>([
    [2, () => exists(choices, values, ask)],
    [2, () => isAmong(choices, values, ask)],
    [1, () => compareWithScalar(choices, values, ask)],
  ])
}

/** SQLite's EXISTS forgets a DISTINCT under an OFFSET; a count does not. */
function exists(choices: Choices, values: readonly ValuePair[], ask: AskInside): PredicatePair | undefined {
  const question = ask(choices, values, undefined, false)
  if (question === undefined) return undefined
  return {
    sql: `(SELECT count(*) FROM (${sqlOfOperand(question)})) > 0`,
    rome: (on) => on.exists(queryIn(question, on)),
  }
}

function isAmong(choices: Choices, values: readonly ValuePair[], ask: AskInside): PredicatePair | undefined {
  const value = choices.pick(values)
  const method = choices.pick(['in', 'notIn'] as const)
  const question = value.kind.isRounded ? undefined : ask(choices, values, [{ family: value.kind.family }], false)
  if (question === undefined) return undefined
  return {
    sql: `${value.sql} ${method === 'in' ? 'IN' : 'NOT IN'} (${sqlOfOperand(question)})`,
    rome: (on) => value.rome(on)[method](queryIn(question, on) as never),
  }
}

function compareWithScalar(choices: Choices, values: readonly ValuePair[], ask: AskInside): PredicatePair | undefined {
  const value = choices.pick(values)
  const [method, operator] = choices.pick([
    ['eq', '='],
    ['ne', '<>'],
    ['lt', '<'],
    ['gte', '>='],
  ] as const)
  if (!value.kind.isOrdered || value.kind.isRounded) return undefined
  const question = ask(choices, values, [{ family: value.kind.family }], true)
  if (question === undefined) return undefined
  return {
    sql: `${value.sql} ${operator} (${sqlOfOperand(question)})`,
    rome: (on) => value.rome(on)[method](queryIn(question, on).asScalar() as never),
  }
}

/** Questions are asked inside of questions only, where the words can make queries. */
function queryIn(question: Question, on: Words): AnyQuery {
  return question.rome(on as Vocabulary)
}

import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import type { AskInside } from '../predicates/subquery.js'
import type { Use } from './bounds.js'
import { groupQuestion } from './group-question.js'
import { canGive, type Models, type Wanted } from './parts.js'
import type { Question } from './question.js'
import { rowQuestion } from './row-question.js'
import { drawSources } from './sources.js'

export interface QuestionOptions extends Use {
  /** Another result than this does not fit. */
  readonly wanted?: Wanted | undefined
  /** Models to ask inside of the question, by aliases that the question does not use itself. */
  readonly inner?: Models
}

/** A question to a model, and to others joined with it. */
export function modelQuestion(
  choices: Choices,
  models: Models,
  alias: string,
  options: QuestionOptions = {},
): Question {
  const { wanted, inner } = options
  const ask = inner && askingOf(inner)
  const sources = drawSources(choices, { models, alias, ask, isJoined: true })
  const grouped = choices.chance(20) ? groupQuestion(choices, sources, wanted, options) : undefined
  return grouped ?? rowQuestion(choices, sources, wanted, options)
}

/** Questions to ask inside of a predicate, about the values around it. */
export function askingOf(models: Models): AskInside {
  return (choices, outer: readonly ValuePair[], wanted, isScalar) => {
    const aliases = Object.keys(models).filter((alias) => wanted === undefined || canGive(models[alias], wanted))
    if (aliases.length === 0) return undefined
    const alias = choices.pick(aliases)
    const sources = drawSources(choices, { models, alias, outer: outer.slice(0, 3), isJoined: false })
    const use: Use = { isOperand: true, isScalar }
    const grouped = choices.chance(25) ? groupQuestion(choices, sources, wanted, use) : undefined
    const question = grouped ?? rowQuestion(choices, sources, wanted, use)
    return isScalar && question.limit !== 1 ? undefined : question
  }
}

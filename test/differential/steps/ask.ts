import { QueryError } from '../../../lib/errors/rome-error.js'
import type { Choices } from '../choices.js'
import { modelQuestion, type QuestionOptions } from '../questions/model-question.js'
import { outputsOf } from '../questions/parts.js'
import { prepared } from '../questions/prepared.js'
import { type Question, sqlInOrder } from '../questions/question.js'
import { setQuestion } from '../questions/set-question.js'
import { innerModels, modelsByAlias } from '../store.js'
import type { AnyQuery } from '../vocabulary.js'
import type { World } from '../world.js'
import { anyTerminal, readAll } from './terminals.js'

/** Asks one question on both sides, by `all()` and by one other terminal; some prepared, with bound values. */
export async function ask(choices: Choices, world: World): Promise<void> {
  const question = perhapsUnmanaged(choices, anyQuestion(choices, world))
  const terminal = anyTerminal(choices)
  const shift = choices.chance(15) ? choices.below(100) : undefined
  const sql = sqlInOrder(question)
  const all = world.reference.readShown(sql, outputsOf(question.parts))
  const ways = ` by ${readAll.name} and ${terminal.name}`
  const check = async (query: AnyQuery): Promise<void> => {
    await readAll.check(query, { question, all })
    await terminal.check(query, { question, all })
  }
  if (shift === undefined) return world.onEachStore(question, sql, ways, check)
  const text: Question = { ...question, rome: (on) => prepared(question, shift, on).own }
  await world.onEachStore(text, sql, ways, async (_, on) => {
    const { own, other } = prepared(question, shift, on)
    // It is planned for other values, with which it may come to nothing.
    await other.all().catch((error: unknown) => {
      if (!(error instanceof QueryError)) throw error
    })
    await check(own)
  })
}

/** What the session does not follow is the same. */
function perhapsUnmanaged(choices: Choices, question: Question): Question {
  return choices.chance(8) ? { ...question, rome: (on) => question.rome(on).unmanaged() } : question
}

export function anyQuestion(choices: Choices, world: World, options: QuestionOptions = {}): Question {
  const models = modelsByAlias(world.models)
  const alias = choices.pick(Object.keys(models))
  return choices.weighted<Question>([
    [4, () => modelQuestion(choices, models, alias, { ...options, inner: innerModels(world.models) })],
    [1, () => setQuestion(choices, models, options)],
  ])
}

import type { Choices } from '../choices.js'
import { modelQuestion, type QuestionOptions } from '../questions/model-question.js'
import { outputsOf } from '../questions/parts.js'
import { type Question, sqlInOrder } from '../questions/question.js'
import { setQuestion } from '../questions/set-question.js'
import { innerModels, modelsByAlias } from '../store.js'
import type { World } from '../world.js'
import { anyTerminal, readAll } from './terminals.js'

/** Asks one question on both sides, by `all()` and by one other terminal. */
export async function ask(choices: Choices, world: World): Promise<void> {
  const question = anyQuestion(choices, world)
  const terminal = anyTerminal(choices)
  const sql = sqlInOrder(question)
  const all = world.reference.readShown(sql, outputsOf(question.parts))
  await world.onEachStore(question, sql, async (query) => {
    await readAll(query, { question, all })
    await terminal(query, { question, all })
  })
}

export function anyQuestion(choices: Choices, world: World, options: QuestionOptions = {}): Question {
  const models = modelsByAlias(world.models)
  const alias = choices.pick(Object.keys(models))
  return choices.weighted<Question>([
    [4, () => modelQuestion(choices, models, alias, { ...options, inner: innerModels(world.models) })],
    [1, () => setQuestion(choices, models, options)],
  ])
}

import type { Page } from '../../../lib/query/page.js'
import type { Choices } from '../choices.js'
import { expectEqual, expectExactly } from '../expectation.js'
import { modelQuestion } from '../model-question.js'
import { outputsOf, type Question, sqlInOrder } from '../question.js'
import { resultText } from '../results.js'
import { setQuestion } from '../set-question.js'
import { modelsByAlias } from '../store.js'
import type { AnyQuery } from '../vocabulary.js'
import type { World } from '../world.js'

/** Walks through a result in pages of changing sizes, to the end and back. */
export async function readPages(choices: Choices, world: World): Promise<void> {
  const question = pagedQuestion(choices, world)
  const sizes = choices.list(1, 4, () => choices.pick([3, 1, 2, 5, 8, 100]))
  if (question.completion === undefined) return
  const sql = sqlInOrder(question, [...question.orders, ...question.completion])
  const expected = world.reference.readShown(sql, outputsOf(question)).map(({ row }) => row)
  await world.onEachStore(question, sql, (query) => walk(query, question, expected, sizes))
}

function pagedQuestion(choices: Choices, world: World): Question {
  const models = modelsByAlias(world.models)
  const alias = choices.pick(Object.keys(models))
  return choices.weighted<Question>([
    [4, () => modelQuestion(choices, models[alias], alias, { isPaged: true })],
    [1, () => setQuestion(choices, models, { isPaged: true })],
  ])
}

async function walk(
  query: AnyQuery,
  question: Question,
  expected: readonly string[],
  sizes: readonly number[],
): Promise<void> {
  let turn = 0
  const nextSize = (): number => sizes[turn++ % sizes.length]
  const check = (page: Page<unknown>, start: number, end: number): void => {
    const items = page.items.map((item) => resultText(question, item))
    expectExactly(`the page from ${start} to ${end}`, expected.slice(start, end), items)
    expectEqual(`whether there is a page after ${end}`, end < expected.length, page.next !== undefined)
    expectEqual(`whether there is a page before ${start}`, start > 0, page.previous !== undefined)
  }
  let size = nextSize()
  let page = await query.page({ size })
  let start = 0
  let end = Math.min(size, expected.length)
  check(page, start, end)
  while (page.next !== undefined) {
    size = nextSize()
    page = await query.page({ size, after: page.next })
    start = end
    end = Math.min(start + size, expected.length)
    check(page, start, end)
  }
  while (page.previous !== undefined) {
    size = nextSize()
    page = await query.page({ size, before: page.previous })
    end = start
    start = Math.max(0, end - size)
    check(page, start, end)
  }
}

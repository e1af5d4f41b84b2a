import type { Page } from '../../../lib/query/page.js'
import type { Choices } from '../choices.js'
import { expectEqual, expectExactly } from '../expectation.js'
import { pagedOrder } from '../questions/bounds.js'
import { outputsOf } from '../questions/parts.js'
import { type Question, sqlInOrder } from '../questions/question.js'
import { resultText } from '../results.js'
import type { AnyQuery } from '../vocabulary.js'
import type { World } from '../world.js'
import { anyQuestion } from './ask.js'

/** Walks through a result in pages of changing sizes, to the end and back. */
export async function readPages(choices: Choices, world: World): Promise<void> {
  const question = anyQuestion(choices, world, { isPaged: true })
  const sizes = choices.list(1, 4, () => choices.pick([3, 1, 2, 5, 8, 100]))
  const order = question.completion && pagedOrder(question, question.completion)
  if (order === undefined) return
  const sql = sqlInOrder(question, order)
  const expected = world.reference.readShown(sql, outputsOf(question.parts)).map(({ row }) => row)
  await world.onEachStore(question, sql, '.page({ size, after, before })', (query) =>
    walk(query, question, expected, sizes),
  )
}

async function walk(
  query: AnyQuery,
  question: Question,
  expected: readonly string[],
  sizes: readonly number[],
): Promise<void> {
  let turn = 0
  // A few dozen pages at most: without an index each of them reads and sorts everything.
  const scale = Math.ceil(expected.length / 60)
  const nextSize = (): number => sizes[turn++ % sizes.length] * Math.max(1, scale)
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

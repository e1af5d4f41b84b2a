import type { Choices } from '../choices.js'
import { expectEqual, expectWindow, windowSize } from '../expectation.js'
import { outputsOf } from '../questions/parts.js'
import type { Question } from '../questions/question.js'
import type { ReferenceRow } from '../reference.js'
import { resultText } from '../results.js'
import type { AnyQuery } from '../vocabulary.js'

/** What a terminal is checked against: all rows in order, of which the question's limit and offset leave a part. */
interface Answer {
  readonly question: Question
  readonly all: readonly ReferenceRow[]
}

/** A way to ask, by its name. */
export interface Terminal {
  readonly name: string
  check(query: AnyQuery, answer: Answer): Promise<void>
}

/** Asks for everything. */
export const readAll: Terminal = {
  name: '.all()',
  check: async (query, { question, all }) => {
    const results = await query.all()
    expectWindow(
      all,
      question.limit,
      question.offset,
      results.map((result) => resultText(question, result)),
    )
  },
}

const first: Terminal = {
  name: '.first()',
  check: async (query, answer) => {
    const result = await query.first()
    expectFirst(answer, result === undefined ? [] : [resultText(answer.question, result)])
  },
}

const stream: Terminal = {
  name: '.stream()',
  check: async (query, { question, all }) => {
    const rows: string[] = []
    for await (const result of query.stream()) rows.push(resultText(question, result))
    expectWindow(all, question.limit, question.offset, rows)
  },
}

/** A query that is iterated and left after a few results. */
const iterate: Terminal = {
  name: '[Symbol.asyncIterator]()',
  check: async (query, { question, all }) => {
    const rows: string[] = []
    const most = Math.min(3, question.limit ?? 3)
    for await (const result of query) {
      if (rows.length === most) break
      rows.push(resultText(question, result))
    }
    expectWindow(all, most, question.offset, rows)
  },
}

const count: Terminal = {
  name: '.count()',
  check: async (query, answer) => expectEqual('count()', sizeOf(answer), await query.count()),
}

const exists: Terminal = {
  name: '.exists()',
  check: async (query, answer) => expectEqual('exists()', sizeOf(answer) > 0, await query.exists()),
}

/** The only result, or the code that says why there is none. */
const one: Terminal = {
  name: '.one()',
  check: async (query, answer) => expectOnly(answer, 'ROME_NO_RESULT', await query.one().then(resultOf, codeOf)),
}

const oneOrNone: Terminal = {
  name: '.oneOrNone()',
  check: async (query, answer) => expectOnly(answer, undefined, await query.oneOrNone().then(resultOf, codeOf)),
}

/** The first value of the only result. */
const scalar: Terminal = {
  name: '.scalar()',
  check: async (query, { question, all }) => {
    const [firstPart] = question.parts
    const width = outputsOf([firstPart]).length
    const answer = {
      question: { ...question, parts: [firstPart] },
      all: all.map(({ values, tie }) => ({ values, tie, row: values.slice(0, width).join(', ') })),
    }
    expectOnly(answer, undefined, await query.scalar().then(resultOf, codeOf))
  },
}

/** The plan that is explained gives as many rows as the query. */
const analyze: Terminal = {
  name: '.explain({ analyze: true })',
  check: async (query, answer) => {
    const { plan } = await query.explain({ analyze: true })
    expectEqual('rows that explain({ analyze: true }) tells', sizeOf(answer), plan.actual?.rows)
  },
}

/** A terminal beside `all()`. */
export function anyTerminal(choices: Choices): Terminal {
  return choices.weighted<Terminal>([
    [4, () => count],
    [3, () => first],
    [2, () => exists],
    [1, () => stream],
    [1, () => iterate],
    [1, () => one],
    [1, () => oneOrNone],
    [1, () => scalar],
    [1, () => analyze],
  ])
}

/** What a call gave, or the code of its error. */
type Outcome = { readonly result: unknown } | { readonly code: string }

function resultOf(result: unknown): Outcome {
  return { result }
}

function codeOf(error: unknown): Outcome {
  return { code: typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error) }
}

/** Checks the result of a call that gives one at most. @param missing the code for none, where there is one. */
function expectOnly(answer: Answer, missing: string | undefined, outcome: Outcome): void {
  const size = sizeOf(answer)
  const code = size > 1 ? 'ROME_MULTIPLE_RESULTS' : size === 0 ? missing : undefined
  expectEqual('the code', code, 'code' in outcome ? outcome.code : undefined)
  if (!('result' in outcome)) return
  expectFirst(answer, outcome.result === undefined ? [] : [resultText(answer.question, outcome.result)])
}

function expectFirst({ question, all }: Answer, rows: readonly string[]): void {
  expectWindow(all, Math.min(1, question.limit ?? 1), question.offset, rows)
}

function sizeOf({ question, all }: Answer): number {
  return windowSize(all.length, question.limit, question.offset)
}

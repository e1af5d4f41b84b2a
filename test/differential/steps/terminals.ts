import type { Choices } from '../choices.js'
import { expectEqual, expectWindow, windowSize } from '../expectation.js'
import type { Question } from '../questions/question.js'
import type { ReferenceRow } from '../reference.js'
import { resultText } from '../results.js'
import type { AnyQuery } from '../vocabulary.js'

/** What a terminal is checked against: all rows in order, of which the question's limit and offset leave a part. */
interface Answer {
  readonly question: Question
  readonly all: readonly ReferenceRow[]
}

type Terminal = (query: AnyQuery, answer: Answer) => Promise<void>

/** Asks for everything. */
export const readAll: Terminal = async (query, { question, all }) => {
  const results = await query.all()
  expectWindow(
    all,
    question.limit,
    question.offset,
    results.map((result) => resultText(question, result)),
  )
}

const first: Terminal = async (query, { question, all }) => {
  const result = await query.first()
  const limit = Math.min(1, question.limit ?? 1)
  expectWindow(all, limit, question.offset, result === undefined ? [] : [resultText(question, result)])
}

const stream: Terminal = async (query, { question, all }) => {
  const rows: string[] = []
  for await (const result of query.stream()) rows.push(resultText(question, result))
  expectWindow(all, question.limit, question.offset, rows)
}

const count: Terminal = async (query, answer) => {
  expectEqual('count()', sizeOf(answer), await query.count())
}

const exists: Terminal = async (query, answer) => {
  expectEqual('exists()', sizeOf(answer) > 0, await query.exists())
}

const one: Terminal = async (query, answer) => {
  const outcome = await query.one().then(
    () => 'one',
    (error: unknown) => codeOf(error),
  )
  expectEqual('one()', ['ROME_NO_RESULT', 'one'][sizeOf(answer)] ?? 'ROME_MULTIPLE_RESULTS', outcome)
}

const oneOrNone: Terminal = async (query, answer) => {
  const outcome = await query.oneOrNone().then(
    (result) => (result === undefined ? 'none' : 'one'),
    (error: unknown) => codeOf(error),
  )
  expectEqual('oneOrNone()', ['none', 'one'][sizeOf(answer)] ?? 'ROME_MULTIPLE_RESULTS', outcome)
}

/** The plan that is explained gives as many rows as the query. */
const analyze: Terminal = async (query, answer) => {
  const { plan } = await query.explain({ analyze: true })
  expectEqual('rows that explain({ analyze: true }) tells', sizeOf(answer), plan.actual?.rows)
}

/** A terminal beside `all()`. */
export function anyTerminal(choices: Choices): Terminal {
  return choices.weighted<Terminal>([
    [4, () => count],
    [3, () => first],
    [2, () => exists],
    [1, () => stream],
    [1, () => one],
    [1, () => oneOrNone],
    [1, () => analyze],
  ])
}

function sizeOf({ question, all }: Answer): number {
  return windowSize(all.length, question.limit, question.offset)
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)
}

import type { AnyQuery, Vocabulary } from '../vocabulary.js'
import type { Question } from './question.js'

/** One prepared query, bound twice. */
export interface Bound {
  /** With the values of the question. */
  readonly own: AnyQuery
  /** With values of the same types, to be planned for. */
  readonly other: AnyQuery
}

/** Prepares a question with parameters in the place of its values. @param shift chooses the other values. */
export function prepared(question: Question, shift: number, on: Vocabulary): Bound {
  const values: Record<string, unknown> = {}
  const others: Record<string, unknown> = {}
  const constant: Vocabulary['constant'] = (kind, value) => {
    const position = Object.keys(values).length
    const name = `p${position}`
    values[name] = value
    others[name] = kind.pool[(shift + position) % kind.pool.length]
    return on.param(name, kind.makeSpec())
  }
  const query = question.rome({ ...on, constant }).prepare()
  return { own: query.bind(values), other: query.bind(others) }
}

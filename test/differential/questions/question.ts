import { type OrderPair, placeOfNulls, sqlDirection, type ValuePair } from '../pairs.js'
import { sqlLiteral } from '../sql-text.js'
import type { SqlValue } from '../value-kinds.js'
import type { AnyQuery, Vocabulary } from '../vocabulary.js'
import type { Bounds, Completion } from './bounds.js'
import { outputsOf, type Part } from './parts.js'

/** A query, said in Rome's words and in SQL. */
export interface Question extends Bounds {
  rome(on: Vocabulary): AnyQuery
  readonly parts: readonly Part[]
  /**
   * A SELECT of the outputs as c0, c1 …, and of more expressions over its rows as o0, o1 …; all rows, without the
   * question's own order and limit.
   */
  rows(more: readonly ValuePair[]): string
  /** What tells its rows apart; undefined when rows may be the same. */
  readonly completion: Completion | undefined
}

/** What later steps see of each output: its place. */
export function placesOf({ parts }: Question): ValuePair[] {
  return outputsOf(parts).map((value, position) => ({ ...value, isNullable: true, sql: `c${position}` }))
}

/** The places that an expression of the left operand can mean: a column of an entity comes before a selected value. */
export function namedPlaces(question: Question): ValuePair[] {
  const outputs = outputsOf(question.parts)
  return placesOf(question).filter((_, position) => {
    if (outputs[position].isConstant) return false
    const same = outputs.flatMap(({ sql }, place) => (sql === outputs[position].sql ? [place] : []))
    return (
      isOfEntity(question, position) || (same[0] === position && !same.some((place) => isOfEntity(question, place)))
    )
  })
}

export function isOfEntity({ parts }: Question, place: number): boolean {
  return parts.flatMap((part) => (part.kind === 'entity' ? part.columns.map(() => true) : [false]))[place]
}

/** The names of the outputs: c0, c1 … */
export function outputNames({ parts }: Pick<Question, 'parts'>): string {
  return outputsOf(parts)
    .map((_, position) => `c${position}`)
    .join(', ')
}

/** The list of a SELECT that gives outputs and more expressions their names. */
export function selectList(outputs: readonly ValuePair[], more: readonly ValuePair[]): string {
  const names = [
    ...outputs.map((value, position) => `${value.sql} AS c${position}`),
    ...more.map((value, position) => `${value.sql} AS o${position}`),
  ]
  return names.join(', ')
}

/** What SQL needs of a question. */
type Asked = Pick<Question, 'parts' | 'rows' | 'orders'>

/** All rows in order, each with the number of its group of rows that the order does not tell apart. */
export function sqlInOrder(question: Asked, orders: readonly OrderPair[] = question.orders): string {
  const rows = question.rows(orders.map(({ value }) => value))
  if (orders.length === 0) return `SELECT ${outputNames(question)}, 0 AS tie FROM (${rows})`
  const tie = `dense_rank() OVER (ORDER BY ${directions(orders)}) AS tie`
  return `SELECT ${outputNames(question)}, ${tie} FROM (${rows}) ORDER BY tie`
}

/** Exactly the rows of the question, for use inside of another. A limited one has a total order. */
export function sqlOfOperand(question: Question): string {
  const { orders, limit, offset } = question
  const rows = question.rows(orders.map(({ value }) => value))
  const isLimited = limit !== undefined || offset > 0
  const order = isLimited && orders.length > 0 ? ` ORDER BY ${directions(orders)}` : ''
  const window = isLimited ? ` LIMIT ${limit ?? -1} OFFSET ${offset}` : ''
  return `SELECT ${outputNames(question)} FROM (${rows})${order}${window}`
}

/** Where a row is in an order: the values that the order is by. */
export type Place = readonly SqlValue[]

/** The rows before or after a place in a total order, or all, in that order and each with its place. */
export function sqlAround(
  question: Asked,
  orders: readonly OrderPair[],
  around: { readonly place: Place; readonly side: 'before' | 'after' } | undefined,
): string {
  const names = [outputNames(question), ...orders.map((_, position) => `o${position}`)].join(', ')
  const rows = `SELECT ${names} FROM (${question.rows(orders.map(({ value }) => value))})`
  const order = orders.length === 0 ? '' : ` ORDER BY ${directions(orders)}`
  if (around === undefined) return `${rows}${order}`
  const terms = orders.map((term, position) => {
    const equal = around.place.slice(0, position).map((value, before) => `o${before} IS ${sqlLiteral(value)}`)
    return `(${[...equal, beyond(term, position, around.place[position], around.side)].join(' AND ')})`
  })
  return `${rows} WHERE ${terms.length === 0 ? '0' : terms.join(' OR ')}${order}`
}

/** That a row is beyond a value by one term of the order. */
function beyond(term: OrderPair, position: number, value: SqlValue, side: 'before' | 'after'): string {
  const isAfter = side === 'after'
  const areNullsBeyond = (placeOfNulls(term) === 'last') === isAfter
  if (value === null) return areNullsBeyond ? '0' : `o${position} IS NOT NULL`
  const comparison = `o${position} ${term.isDescending === isAfter ? '<' : '>'} ${sqlLiteral(value)}`
  return areNullsBeyond ? `(${comparison} OR o${position} IS NULL)` : comparison
}

function directions(orders: readonly OrderPair[]): string {
  return orders.map((order, position) => `o${position} ${sqlDirection(order)}`).join(', ')
}

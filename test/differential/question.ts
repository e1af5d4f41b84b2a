import type { OrderPair, ValuePair } from './pairs.js'
import { sqlDirection } from './pairs.js'
import type { AnyQuery, Vocabulary } from './vocabulary.js'

/** One selected thing: an entity, as the values of its columns, or a value. */
export type Part =
  | { readonly kind: 'entity'; readonly alias: string; readonly model: string; readonly columns: readonly ValuePair[] }
  | { readonly kind: 'value'; readonly value: ValuePair }

/** A query, said in Rome's words and in SQL. */
export interface Question {
  rome(on: Vocabulary): AnyQuery
  readonly parts: readonly Part[]
  /**
   * A SELECT of the outputs as c0, c1 …, and of more expressions over its rows as o0, o1 …; all rows, without the
   * question's own order and limit.
   */
  rows(more: readonly ValuePair[]): string
  readonly orders: readonly OrderPair[]
  readonly limit: number | undefined
  readonly offset: number
  /** Terms that no two different rows are equal in; undefined when rows may be the same. */
  readonly completion: readonly OrderPair[] | undefined
}

/** The values in a result, in order. */
export function outputsOf({ parts }: Question): ValuePair[] {
  return parts.flatMap((part) => (part.kind === 'entity' ? part.columns : [part.value]))
}

/** What later steps see of each output: its place. */
export function placesOf(question: Question): ValuePair[] {
  return outputsOf(question).map((value, position) => ({ ...value, isNullable: true, sql: `c${position}` }))
}

/** The places that an expression of the left operand can mean: a selected value comes before a column of an entity. */
export function namedPlaces(question: Question): ValuePair[] {
  const outputs = outputsOf(question)
  const values = question.parts.flatMap((part) => (part.kind === 'value' ? [part.value.sql] : []))
  return placesOf(question).filter((_, position) => {
    const { sql } = outputs[position]
    const isTheValue = (place: number): boolean => outputs[place].sql === sql && !isOfEntity(question, place)
    return !values.includes(sql) || outputs.findIndex((_, place) => isTheValue(place)) === position
  })
}

export function isOfEntity({ parts }: Question, place: number): boolean {
  return parts.flatMap((part) => (part.kind === 'entity' ? part.columns.map(() => true) : [false]))[place]
}

/** The names of the outputs: c0, c1 … */
export function outputNames(question: Question): string {
  return outputsOf(question)
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

/** All rows in order, each with the number of its group of rows that the order does not tell apart. */
export function sqlInOrder(question: Question, orders: readonly OrderPair[] = question.orders): string {
  const rows = question.rows(orders.map(({ value }) => value))
  if (orders.length === 0) return `SELECT ${outputNames(question)}, 0 AS tie FROM (${rows})`
  const directions = orders.map((order, position) => `o${position} ${sqlDirection(order)}`).join(', ')
  return `SELECT ${outputNames(question)}, dense_rank() OVER (ORDER BY ${directions}) AS tie FROM (${rows}) ORDER BY tie`
}

/** Exactly the rows of the question, for use inside of another. A limited one has a total order. */
export function sqlOfOperand(question: Question): string {
  const { orders, limit, offset } = question
  const rows = question.rows(orders.map(({ value }) => value))
  const directions = orders.map((order, position) => `o${position} ${sqlDirection(order)}`).join(', ')
  const isLimited = limit !== undefined || offset > 0
  const order = isLimited && orders.length > 0 ? ` ORDER BY ${directions}` : ''
  return `SELECT ${outputNames(question)} FROM (${rows})${order}${isLimited ? ` LIMIT ${limit ?? -1} OFFSET ${offset}` : ''}`
}

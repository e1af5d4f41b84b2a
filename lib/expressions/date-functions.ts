import type { ColumnKind } from '../values/column-type.js'
import type { Timestamp } from '../values/timestamp.js'
import { expressionNode, type NullOf, requireKind } from './argument.js'
import { Expression } from './expression.js'
import { functionNode } from './make-nodes.js'
import type { DatePart } from './nodes.js'
import { integerType } from './unbounded-type.js'

/** What has a day: a `t.datetime()` of either precision, or a `t.date()`, which is text. */
type Day = Date | Timestamp | string | null

/** What has a time of day. */
type Time = Date | Timestamp | null

/**
 * The year, in UTC as all parts of times.
 * @throws QueryError `ROME_QUERY_INVALID` when it is no date or time.
 */
export function year<T extends Day>(time: Expression<T>): Expression<number | NullOf<T>> {
  return datePart('year', time, hasDay)
}

/** The month from 1 to 12, in UTC. */
export function month<T extends Day>(time: Expression<T>): Expression<number | NullOf<T>> {
  return datePart('month', time, hasDay)
}

/** The day of the month from 1 to 31, in UTC. */
export function day<T extends Day>(time: Expression<T>): Expression<number | NullOf<T>> {
  return datePart('day', time, hasDay)
}

/** The hour from 0 to 23, in UTC. @throws QueryError `ROME_QUERY_INVALID` when it is no time. */
export function hour<T extends Time>(time: Expression<T>): Expression<number | NullOf<T>> {
  return datePart('hour', time, hasTime)
}

/** The minute from 0 to 59. @throws QueryError `ROME_QUERY_INVALID` when it is no time. */
export function minute<T extends Time>(time: Expression<T>): Expression<number | NullOf<T>> {
  return datePart('minute', time, hasTime)
}

/** The second from 0 to 59, without its fraction. @throws QueryError `ROME_QUERY_INVALID` when it is no time. */
export function second<T extends Time>(time: Expression<T>): Expression<number | NullOf<T>> {
  return datePart('second', time, hasTime)
}

function hasTime(kind: ColumnKind): boolean {
  return kind === 'datetime' || kind === 'timestamp'
}

function hasDay(kind: ColumnKind): boolean {
  return kind === 'date' || hasTime(kind)
}

function datePart<T>(part: DatePart, time: unknown, fits: (kind: ColumnKind) => boolean): Expression<T> {
  const message = 'Only dates and times have this part: cast(x, t.datetime()) makes a time.'
  const operand = requireKind(expressionNode(time, part), fits, message, part)
  return new Expression(functionNode(part, [operand], integerType))
}

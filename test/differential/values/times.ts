import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { type ValueKind, wideInteger } from '../value-kinds.js'
import { bytesOf, textOf } from './text-of.js'

const day = 86_400_000

/** The quotient rounded down, also below zero. */
export function floorOf(sql: string, divisor: number): string {
  return `((${sql} - (${sql} % ${divisor} + ${divisor}) % ${divisor}) / ${divisor})`
}

function restOf(sql: string, divisor: number): string {
  return `((${sql} % ${divisor} + ${divisor}) % ${divisor})`
}

/** Milliseconds since 1970 as ISO 8601 says them: SQLite's own functions end at the year 9999. */
export function utcText(sql: string): string {
  return `utc_text(${sql})`
}

/** Microseconds since 1970. */
export function timestampText(sql: string): string {
  return `(rtrim(${utcText(floorOf(sql, 1000))}, 'Z') || printf('%03d', ${restOf(sql, 1000)}) || 'Z')`
}

/** The day of a time, where dates have it. */
export function daysText(sql: string): string {
  const text = utcText(sql)
  return `CASE WHEN length(${text}) = 24 AND ${text} >= '0001' THEN ${bytesOf(`substr(${text}, 1, 10)`)} END`
}

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'

const dayParts: readonly Part[] = ['year', 'month', 'day']
const allParts: readonly Part[] = ['hour', 'minute', 'second', ...dayParts]
const partsOf: ReadonlyMap<string, readonly Part[]> = new Map([
  ['date', dayParts],
  ['datetime', allParts],
  ['timestamp', allParts],
])

export function hasTimeParts({ name }: ValueKind): boolean {
  return partsOf.has(name)
}

/** A part of a date or time. */
export function timePart(choices: Choices, { kind, sql, isNullable, rome }: ValuePair): ValuePair {
  const milliseconds = kind.name === 'timestamp' ? floorOf(sql, 1000) : sql
  // Years beyond 9999 and before 0 have a sign and six digits.
  const text = kind.name === 'date' ? `(${textOf(sql)} || 'T00:00:00.000Z')` : utcText(milliseconds)
  const name = choices.pick(partsOf.get(kind.name) ?? dayParts)
  const parts: Readonly<Record<Part, string>> = {
    year: `CAST(substr(${text}, 1, length(${text}) - 20) AS INTEGER)`,
    month: `CAST(substr(${text}, -19, 2) AS INTEGER)`,
    day: `CAST(substr(${text}, -16, 2) AS INTEGER)`,
    hour: `(${restOf(milliseconds, day)} / 3600000)`,
    minute: `(${restOf(milliseconds, 3_600_000)} / 60000)`,
    second: `(${restOf(milliseconds, 60_000)} / 1000)`,
  }
  return {
    kind: wideInteger,
    isNullable,
    sql: parts[name],
    rome: (on) => (on[name] as typeof on.hour)(rome(on) as Expression<Date>),
  }
}

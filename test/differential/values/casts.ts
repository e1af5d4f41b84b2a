import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import {
  bigint,
  boolean,
  date,
  datetime,
  decimal,
  decimalQuotient,
  string,
  timestamp,
  type ValueKind,
  wideBigint,
  wideFloat,
  wideInteger,
} from '../value-kinds.js'
import { bytesOf, textOf } from './text-of.js'
import { daysText, floorOf, timestampText, utcText } from './times.js'

/** What a value of a kind can become, with the SQL of it. */
type Cast = readonly [to: ValueKind, sql: (sql: string) => string]

const same = (sql: string): string => sql
const isNotZero = (sql: string): string => `(${sql} <> 0)`
const asReal = (sql: string): string => `CAST(${sql} AS REAL)`
const digits = (sql: string): string => bytesOf(`CAST(${sql} AS TEXT)`)
const hundredfold = (sql: string): string => `(${sql} * 100)`
const hundredth = (sql: string): string => `(${sql} / 100)`
const wholePart = (sql: string): string => `CAST(${sql} AS INTEGER)`
const safe = (sql: string): string => `CASE WHEN abs(${sql}) < 9007199254740992.0 THEN ${wholePart(sql)} END`
const of64Bits = (sql: string): string => `CASE WHEN abs(${sql}) < 9223372036854775808.0 THEN ${wholePart(sql)} END`

/** What follows the sign of a text. */
const unsigned = (sql: string): string =>
  `CASE WHEN substr(${textOf(sql)}, 1, 1) IN ('+', '-') THEN substr(${textOf(sql)}, 2) ELSE ${textOf(sql)} END`
const isWhole = (sql: string): string => `(${unsigned(sql)}) <> '' AND (${unsigned(sql)}) NOT GLOB '*[^0-9]*'`
const isNumber = (sql: string): string => {
  const withoutPoint = `replace(${unsigned(sql)}, '.', '')`
  const hasOnePoint = `length(${unsigned(sql)}) - length(${withoutPoint}) <= 1`
  return `${withoutPoint} <> '' AND ${withoutPoint} NOT GLOB '*[^0-9]*' AND ${hasOnePoint}`
}
const when = (condition: (sql: string) => string, then: (sql: string) => string) => (sql: string) =>
  `CASE WHEN ${condition(sql)} THEN ${then(sql)} END`
const isDay = (sql: string): string => `${textOf(sql)} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'`
const isTime = (sql: string): string => `${textOf(sql)} GLOB '????-??-??T??:??:??.???Z'`
const seconds = (sql: string): string => `CAST(strftime('%s', ${textOf(sql)}) AS INTEGER)`
const milliseconds = (sql: string): string =>
  `(${seconds(sql)} * 1000 + CAST(substr(${textOf(sql)}, 21, 3) AS INTEGER))`

const casts: Readonly<Record<string, readonly Cast[]>> = {
  string: [
    [string, same],
    [wideInteger, when(isWhole, (sql) => `CAST(${textOf(sql)} AS INTEGER)`)],
    [wideBigint, when(isWhole, (sql) => `CAST(${textOf(sql)} AS INTEGER)`)],
    [wideFloat, when(isNumber, (sql) => asReal(textOf(sql)))],
    [decimal, when(isNumber, (sql) => `CAST(round(${asReal(textOf(sql))} * 100) AS INTEGER)`)],
    [boolean, (sql) => `CASE ${textOf(sql)} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END`],
    [date, when(isDay, same)],
    [datetime, (sql) => `CASE WHEN ${isTime(sql)} THEN ${milliseconds(sql)} END`],
    [timestamp, (sql) => `CASE WHEN ${isTime(sql)} THEN ${milliseconds(sql)} * 1000 END`],
  ],
  enum: [[string, same]],
  integer: [
    [string, digits],
    [bigint, same],
    [wideFloat, asReal],
    [decimal, hundredfold],
    [boolean, isNotZero],
  ],
  wideInteger: [
    [string, digits],
    [wideBigint, same],
    [wideFloat, asReal],
    [boolean, isNotZero],
  ],
  bigint: [
    [string, digits],
    [wideInteger, same],
    [wideFloat, asReal],
    [decimal, hundredfold],
    [boolean, isNotZero],
  ],
  wideBigint: [
    [string, digits],
    [wideInteger, (sql) => `CASE WHEN ${sql} BETWEEN -9007199254740991 AND 9007199254740991 THEN ${sql} END`],
    [wideFloat, asReal],
    [boolean, isNotZero],
  ],
  float: [
    [string, floatText],
    [wideInteger, wholePart],
    [wideBigint, wholePart],
    [decimalQuotient, (sql) => `(${sql} * 100.0)`],
    [boolean, isNotZero],
  ],
  wideFloat: [
    [wideInteger, safe],
    [wideBigint, of64Bits],
    [boolean, isNotZero],
  ],
  decimal: [
    [string, decimalText],
    [wideInteger, hundredth],
    [wideBigint, hundredth],
    [wideFloat, (sql) => `(${sql} / 100.0)`],
    [boolean, isNotZero],
  ],
  boolean: [
    [string, (sql) => bytesOf(`CASE WHEN ${sql} THEN 'true' WHEN NOT ${sql} THEN 'false' END`)],
    [wideInteger, (sql) => `(${sql} + 0)`],
    [wideBigint, (sql) => `(${sql} + 0)`],
    [wideFloat, asReal],
    [decimal, hundredfold],
  ],
  datetime: [
    [string, (sql) => bytesOf(utcText(sql))],
    [timestamp, (sql) => `(${sql} * 1000)`],
    [date, daysText],
  ],
  timestamp: [
    [string, (sql) => bytesOf(timestampText(sql))],
    [datetime, (sql) => floorOf(sql, 1000)],
    [date, (sql) => daysText(floorOf(sql, 1000))],
  ],
  date: [
    [string, same],
    [datetime, (sql) => `(${seconds(sql)} * 1000)`],
    [timestamp, (sql) => `(${seconds(sql)} * 1000000)`],
  ],
  uuid: [[string, same]],
}

/** Whether SQLite can convert a kind of values alike. */
export function isCastable({ name }: ValueKind): boolean {
  return Object.hasOwn(casts, name)
}

/** A value as one of another type. */
export function castOf(choices: Choices, value: ValuePair): ValuePair {
  const [kind, sqlOf] = choices.pick(casts[value.kind.name])
  return { kind, isNullable: true, sql: sqlOf(value.sql), rome: (on) => on.cast(value.rome(on), kind.makeSpec()) }
}

/** A whole float has no point. */
function floatText(sql: string): string {
  const whole = wholePart(sql)
  return bytesOf(`CASE WHEN ${sql} = ${whole} THEN CAST(${whole} AS TEXT) ELSE CAST(${sql} AS TEXT) END`)
}

/** Hundredths without the zeros at their end. */
function decimalText(sql: string): string {
  const [whole, rest] = [`(abs(${sql}) / 100)`, `(abs(${sql}) % 100)`]
  const fraction = `rtrim(printf('.%02d', ${rest}), '0')`
  return bytesOf(`(CASE WHEN ${sql} < 0 THEN '-' ELSE '' END || ${whole} || rtrim(${fraction}, '.'))`)
}

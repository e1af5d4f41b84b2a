import { decimalDigitsMax } from '../../codec/limits.js'
import { ValidationError } from '../../errors/rome-error.js'
import type { ColumnKind, ColumnType, RowValue } from '../../values/column-type.js'
import { decimalOfNumber, truncateDecimal } from '../../values/decimal-arithmetic.js'
import { canonicalDecimal, digitCount } from '../../values/decimal-text.js'
import { isSigned64 } from '../../values/signed-64.js'
import { t } from '../../values/t.js'
import { Timestamp } from '../../values/timestamp.js'
import { millisecondsOf, millisecondsPerDay } from './instant.js'
import type { StrictFunction } from './strict-function.js'

const datetimeType = t.datetime().type
const timestampType = t.datetime({ precision: 6 }).type
const dateType = t.date().type
const uuidType = t.uuid().type

const lastDay = dateType.toRow('9999-12-31') as number
const firstDay = dateType.toRow('0001-01-01') as number

const same: StrictFunction = (value: RowValue) => value

/** By the kind of the result, how values of other kinds become it: null where a value says none. */
const conversions: Readonly<Partial<Record<ColumnKind, Readonly<Partial<Record<ColumnKind, StrictFunction>>>>>> = {
  text: {
    text: same,
    integer: String,
    bigint: String,
    float: String,
    decimal: same,
    boolean: String,
    datetime: (milliseconds: number) => new Date(milliseconds).toISOString(),
    timestamp: (microseconds: bigint) => Timestamp.from(microseconds).toString(),
    date: (day: number) => dateType.fromRow(day) as string,
    uuid: same,
  },
  integer: {
    text: (text: string) => integerOf(wholeNumber(text)),
    integer: same,
    bigint: integerOf,
    float: (value: number) => (Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) + 0 : null),
    decimal: (text: string) => integerOf(truncateDecimal(text)),
    boolean: (value: boolean) => (value ? 1 : 0),
  },
  bigint: {
    text: (text: string) => bigintOf(wholeNumber(text)),
    integer: (value: number) => BigInt(value),
    bigint: same,
    float: (value: number) => bigintOf(BigInt(Math.trunc(value))),
    decimal: (text: string) => bigintOf(truncateDecimal(text)),
    boolean: (value: boolean) => (value ? 1n : 0n),
  },
  float: {
    text: (text: string) => (floatText.test(text) ? finiteOf(Number(text)) : null),
    integer: same,
    bigint: (value: bigint) => Number(value),
    float: same,
    decimal: (text: string) => finiteOf(Number(text)),
    boolean: (value: boolean) => (value ? 1 : 0),
  },
  decimal: {
    text: decimalOf,
    integer: String,
    bigint: String,
    float: decimalOfNumber,
    decimal: same,
    boolean: (value: boolean) => (value ? '1' : '0'),
  },
  boolean: {
    text: (text: string) => (text === 'true' ? true : text === 'false' ? false : null),
    integer: (value: number) => value !== 0,
    bigint: (value: bigint) => value !== 0n,
    float: (value: number) => value !== 0,
    decimal: (text: string) => text !== '0',
    boolean: same,
  },
  datetime: {
    text: accepted(datetimeType, (text: string) => Timestamp.from(text).toDate()),
    datetime: same,
    timestamp: millisecondsOf('timestamp'),
    date: millisecondsOf('date'),
  },
  timestamp: {
    text: accepted(timestampType, (text: string) => Timestamp.from(text)),
    datetime: microsecondsOf,
    timestamp: same,
    date: (day: number) => microsecondsOf(day * millisecondsPerDay),
  },
  date: {
    text: accepted(dateType, (text: string) => text),
    datetime: dayOf,
    timestamp: (microseconds: never) => dayOf(millisecondsOf('timestamp')(microseconds)),
    date: same,
  },
  uuid: {
    text: accepted(uuidType, (text: string) => text),
    uuid: same,
  },
}

/** How row values of one kind become those of another; `undefined` where no such conversion makes sense. */
export function conversion(from: ColumnKind, to: ColumnKind): StrictFunction | undefined {
  return conversions[to]?.[from === 'string' || from === 'enum' ? 'text' : from]
}

// No more digits than a bigint has, so that a long text costs nothing.
const wholeText = /^([+-]?)0*([0-9]{1,19})$/
const floatText = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/

function wholeNumber(text: string): bigint | undefined {
  const [, sign, digits] = wholeText.exec(text) ?? []
  if (digits === undefined) return undefined
  return sign === '-' ? -BigInt(digits) : BigInt(digits)
}

function integerOf(value: bigint | undefined): number | null {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : null
}

function bigintOf(value: bigint | undefined): bigint | null {
  return value !== undefined && isSigned64(value) ? value : null
}

/** Adding zero turns -0 into 0, which it equals. */
function finiteOf(value: number): number | null {
  return Number.isFinite(value) ? value + 0 : null
}

function decimalOf(text: string): string | null {
  const decimal = canonicalDecimal(text)
  return decimal !== undefined && digitCount(decimal) <= decimalDigitsMax ? decimal : null
}

function dayOf(milliseconds: number): number | null {
  const day = Math.floor(milliseconds / millisecondsPerDay)
  return day >= firstDay && day <= lastDay ? day : null
}

function microsecondsOf(milliseconds: number): bigint {
  return BigInt(milliseconds) * 1000n
}

/** What the type accepts of what `read` makes of a text. */
function accepted(type: ColumnType, read: (text: string) => unknown): StrictFunction {
  return (text: string) => {
    try {
      return type.toRow(read(text))
    } catch (error) {
      if (error instanceof ValidationError) return null
      throw error
    }
  }
}

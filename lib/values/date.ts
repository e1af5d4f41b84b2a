import { encodeInteger, type TupleElement } from '../codec/tuple.js'
import type { ColumnType } from './column-type.js'
import { invalid, notStored, wrongType } from './refusals.js'

const millisecondsPerDay = 86_400_000
const firstDay = Date.parse('0001-01-01T00:00:00Z') / millisecondsPerDay
const lastDay = Date.parse('9999-12-31T00:00:00Z') / millisecondsPerDay

/**
 * Days of the proleptic Gregorian calendar, as text `YYYY-MM-DD`, years 0001 to 9999. The row holds days since
 * 1970-01-01.
 */
export class DateType implements ColumnType<string> {
  readonly kind = 'date'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): number {
    if (typeof value !== 'string') throw wrongType("The value must be a date as text, such as '2024-03-01'.", value)
    const day = Date.parse(`${value}T00:00:00Z`) / millisecondsPerDay
    // Date.parse carries the 30th of February over into March; what it read must be what was written.
    if (!isDay(day) || textOfDay(day) !== value) {
      throw invalid('The text is not a day of the years 0001 to 9999; write it as YYYY-MM-DD.', value)
    }
    return day
  }

  fromRow(row: number): string {
    return textOfDay(row)
  }

  compare(a: number, b: number): number {
    return a - b
  }

  toDisk(row: number): number {
    return row
  }

  fromDisk(disk: unknown): number {
    if (!isDay(disk) || Object.is(disk, -0)) throw notStored(this.kind, disk)
    return disk
  }

  encodeKey(row: number): string {
    return encodeInteger(row)
  }

  decodeKey(element: TupleElement): number {
    return this.fromDisk(element)
  }
}

function isDay(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= firstDay && (value as number) <= lastDay
}

function textOfDay(day: number): string {
  return new Date(day * millisecondsPerDay).toISOString().slice(0, 10)
}

import { encodeInteger, type TupleElement } from '../codec/tuple.js'
import type { ColumnType } from './column-type.js'
import { invalid, notStored, wrongType } from './refusals.js'

/** The furthest a Date reaches from 1970, in milliseconds. */
export const dateMillisecondsMax = 8.64e15

/** Points in time to the millisecond. The row holds milliseconds since 1970; every read gives a Date of its own. */
export class DatetimeType implements ColumnType<Date> {
  readonly kind = 'datetime'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): number {
    if (!(value instanceof Date)) throw wrongType('The value must be a Date.', value)
    const milliseconds = value.getTime()
    if (Number.isNaN(milliseconds)) throw invalid('The Date is not valid; check what it was made from.', value)
    return milliseconds
  }

  fromRow(row: number): Date {
    return new Date(row)
  }

  compare(a: number, b: number): number {
    return a - b
  }

  toDisk(row: number): number {
    return row
  }

  fromDisk(disk: unknown): number {
    if (!Number.isSafeInteger(disk) || Object.is(disk, -0) || Math.abs(disk as number) > dateMillisecondsMax) {
      throw notStored(this.kind, disk)
    }
    return disk as number
  }

  encodeKey(row: number): string {
    return encodeInteger(row)
  }

  decodeKey(element: TupleElement): number {
    return this.fromDisk(element)
  }
}

import { encodeInteger, type TupleElement } from '../codec/tuple.js'
import type { ColumnType } from './column-type.js'
import { notStored, wrongType } from './refusals.js'
import { bigintOfElement } from './signed-64.js'
import { isTimestampRange, Timestamp } from './timestamp.js'

/** Points in time to the microsecond. The row holds microseconds since 1970. */
export class TimestampType implements ColumnType<Timestamp> {
  readonly kind = 'timestamp'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): bigint {
    if (!(value instanceof Timestamp) && !(value instanceof Date)) {
      throw wrongType('The value must be a Timestamp or a Date; make one with Timestamp.from().', value)
    }
    return Timestamp.from(value).microseconds
  }

  fromRow(row: bigint): Timestamp {
    return Timestamp.from(row)
  }

  compare(a: bigint, b: bigint): number {
    return a < b ? -1 : a > b ? 1 : 0
  }

  toDisk(row: bigint): bigint {
    return row
  }

  fromDisk(disk: unknown): bigint {
    if (typeof disk !== 'bigint' || !isTimestampRange(disk)) throw notStored(this.kind, disk)
    return disk
  }

  encodeKey(row: bigint): string {
    return encodeInteger(row)
  }

  decodeKey(element: TupleElement): bigint {
    return this.fromDisk(bigintOfElement(element))
  }
}

import { encodeInteger, type TupleElement } from '../codec/tuple.js'
import { checkBounds } from './checked-options.js'
import type { ColumnType } from './column-type.js'
import { invalid, notStored, outOfRange, wrongType } from './refusals.js'

/** Bounds of an integer column, both inclusive. */
export interface IntegerOptions {
  readonly min?: number
  readonly max?: number
}

/** Safe integers: ±(2^53 − 1). */
export class IntegerType implements ColumnType<number> {
  readonly kind = 'integer'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true
  readonly min: number
  readonly max: number

  constructor({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }: IntegerOptions = {}) {
    checkBounds(min, max)
    this.min = min
    this.max = max
    Object.freeze(this)
  }

  toRow(value: unknown): number {
    if (typeof value !== 'number') throw wrongType('The value must be a number without fraction.', value)
    if (!Number.isInteger(value)) throw invalid('The number is not an integer; round it, or use t.float().', value)
    if (!Number.isSafeInteger(value)) {
      throw outOfRange('The number is beyond the safe integers; use t.bigint().', value)
    }
    if (value < this.min || value > this.max) {
      throw outOfRange('The number is outside the bounds of its column.', value, { min: this.min, max: this.max })
    }
    // Adding zero turns -0 into 0, which it equals.
    return value + 0
  }

  fromRow(row: number): number {
    return row
  }

  compare(a: number, b: number): number {
    return a < b ? -1 : a > b ? 1 : 0
  }

  toDisk(row: number): number {
    return row
  }

  fromDisk(disk: unknown): number {
    if (!Number.isSafeInteger(disk) || Object.is(disk, -0)) throw notStored(this.kind, disk)
    return disk as number
  }

  encodeKey(row: number): string {
    return encodeInteger(row)
  }

  decodeKey(element: TupleElement): number {
    return this.fromDisk(element)
  }
}

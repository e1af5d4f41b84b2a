import { encodeFloat, type TupleElement } from '../codec/tuple.js'
import type { ColumnType } from './column-type.js'
import { invalid, notStored, wrongType } from './refusals.js'

/** Finite numbers of 64 bits. */
export class FloatType implements ColumnType<number> {
  readonly kind = 'float'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): number {
    if (typeof value !== 'number') throw wrongType('The value must be a number.', value)
    if (!Number.isFinite(value)) throw invalid('The number is not finite; store null where there is none.', value)
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
    if (!Number.isFinite(disk) || Object.is(disk, -0)) throw notStored(this.kind, disk)
    return disk as number
  }

  encodeKey(row: number): string {
    return encodeFloat(row)
  }

  decodeKey(element: TupleElement): number {
    return this.fromDisk(element)
  }
}

import { encodeInteger, type TupleElement } from '../codec/tuple.js'
import type { ColumnType } from './column-type.js'
import { notStored, outOfRange, wrongType } from './refusals.js'
import { bigintOfElement, isSigned64 } from './signed-64.js'

/** Integers of 64 bits with sign. */
export class BigintType implements ColumnType<bigint> {
  readonly kind = 'bigint'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): bigint {
    if (typeof value !== 'bigint') throw wrongType('The value must be a bigint; write 5n or BigInt(value).', value)
    if (!isSigned64(value)) throw outOfRange('The bigint does not fit 64 bits; use t.decimal().', value)
    return value
  }

  fromRow(row: bigint): bigint {
    return row
  }

  compare(a: bigint, b: bigint): number {
    return a < b ? -1 : a > b ? 1 : 0
  }

  toDisk(row: bigint): bigint {
    return row
  }

  fromDisk(disk: unknown): bigint {
    if (typeof disk !== 'bigint' || !isSigned64(disk)) throw notStored(this.kind, disk)
    return disk
  }

  encodeKey(row: bigint): string {
    return encodeInteger(row)
  }

  decodeKey(element: TupleElement): bigint {
    return this.fromDisk(bigintOfElement(element))
  }
}

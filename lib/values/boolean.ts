import { encodeBoolean, type TupleElement } from '../codec/tuple.js'
import type { ColumnType } from './column-type.js'
import { notStored, wrongType } from './refusals.js'

/** True or false; false orders first. */
export class BooleanType implements ColumnType<boolean> {
  readonly kind = 'boolean'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): boolean {
    if (typeof value !== 'boolean') throw wrongType('The value must be true or false.', value)
    return value
  }

  fromRow(row: boolean): boolean {
    return row
  }

  compare(a: boolean, b: boolean): number {
    return Number(a) - Number(b)
  }

  toDisk(row: boolean): boolean {
    return row
  }

  fromDisk(disk: unknown): boolean {
    if (typeof disk !== 'boolean') throw notStored(this.kind, disk)
    return disk
  }

  encodeKey(row: boolean): string {
    return encodeBoolean(row)
  }

  decodeKey(element: TupleElement): boolean {
    return this.fromDisk(element)
  }
}

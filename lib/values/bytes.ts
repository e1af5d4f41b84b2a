import { encodeBytes, type TupleElement } from '../codec/tuple.js'
import { checkCount } from './checked-options.js'
import type { ColumnType } from './column-type.js'
import { notStored, outOfRange, wrongType } from './refusals.js'

/** How many bytes a column holds. */
export interface BytesOptions {
  /** The most bytes; only the size of a row bounds them when not given. */
  readonly max?: number
}

/** Bytes, ordered as `memcmp` does. The row holds a copy of its own, and every read gives another. */
export class BytesType implements ColumnType<Uint8Array> {
  readonly kind = 'bytes'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true
  readonly max: number | undefined

  constructor({ max }: BytesOptions = {}) {
    this.max = max === undefined ? undefined : checkCount('max', max)
    Object.freeze(this)
  }

  toRow(value: unknown): Uint8Array {
    if (!(value instanceof Uint8Array)) throw wrongType('The value must be a Uint8Array.', value)
    if (this.max !== undefined && value.length > this.max) {
      throw outOfRange('The bytes are more than their column allows; shorten them or raise max.', value, {
        max: this.max,
      })
    }
    return plainCopy(value)
  }

  fromRow(row: Uint8Array): Uint8Array {
    return plainCopy(row)
  }

  compare(a: Uint8Array, b: Uint8Array): number {
    return Buffer.compare(a, b)
  }

  toDisk(row: Uint8Array): Uint8Array {
    return row
  }

  fromDisk(disk: unknown): Uint8Array {
    if (!(disk instanceof Uint8Array)) throw notStored(this.kind, disk)
    return plainCopy(disk)
  }

  encodeKey(row: Uint8Array): string {
    return encodeBytes(row)
  }

  decodeKey(element: TupleElement): Uint8Array {
    if (!(element instanceof Uint8Array)) throw notStored(this.kind, element)
    return element
  }
}

/** A Uint8Array with memory of its own, also when given a Buffer, which is a view of a shared pool. */
function plainCopy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

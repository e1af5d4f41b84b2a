import { encodeText, type TupleElement } from '../codec/tuple.js'
import { checkStoredText, checkText } from './checked-text.js'
import type { ColumnType } from './column-type.js'
import { outOfRange } from './refusals.js'
import { compareText } from './text-order.js'

/** So that a row of several texts stays within what a row may take. */
export const textBytesMax = 16 * 1024 * 1024

/** Text without a bound of its own, up to 16 MiB in UTF-8. Only short ones fit into keys. */
export class TextType implements ColumnType<string> {
  readonly kind = 'text'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): string {
    const text = checkText(value)
    // A unit takes at most three bytes, so that most texts need not be measured.
    if (text.length * 3 > textBytesMax && Buffer.byteLength(text) > textBytesMax) {
      throw outOfRange('The text takes more than 16 MiB; store it elsewhere and keep a reference.', text)
    }
    return text
  }

  fromRow(row: string): string {
    return row
  }

  compare(a: string, b: string): number {
    return compareText(a, b)
  }

  toDisk(row: string): string {
    return row
  }

  fromDisk(disk: unknown): string {
    return checkStoredText(this.kind, disk)
  }

  encodeKey(row: string): string {
    return encodeText(row)
  }

  decodeKey(element: TupleElement): string {
    return checkStoredText(this.kind, element)
  }
}

import { encodeText, type TupleElement } from '../codec/tuple.js'
import { checkCount } from './checked-options.js'
import { checkStoredText, checkText } from './checked-text.js'
import type { ColumnType } from './column-type.js'
import { outOfRange } from './refusals.js'
import { compareText } from './text-order.js'

/** How long the texts of a column may be. */
export interface StringOptions {
  /** The most characters (Unicode code points); 255 when not given. */
  readonly max?: number
}

const maxDefault = 255
const surrogatePairs = /[\ud800-\udbff][\udc00-\udfff]/g

/** Short text: names, titles, keys. */
export class StringType implements ColumnType<string> {
  readonly kind = 'string'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true
  /** The most characters (code points). */
  readonly max: number

  constructor({ max = maxDefault }: StringOptions = {}) {
    this.max = checkCount('max', max)
    Object.freeze(this)
  }

  toRow(value: unknown): string {
    const text = checkText(value)
    if (text.length > this.max && codePointCount(text) > this.max) {
      throw outOfRange('The text is longer than its column allows; shorten it or raise max.', text, { max: this.max })
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

  // A longer text than `max` stays readable: the bound may have been larger when it was written.
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

/** Of well-formed text: its units, less one for each surrogate pair. */
function codePointCount(text: string): number {
  return text.length - (text.match(surrogatePairs)?.length ?? 0)
}

import { decimalDigitsMax } from '../codec/limits.js'
import { encodeDecimal, type TupleElement } from '../codec/tuple.js'
import type { ColumnType } from './column-type.js'
import { canonicalDecimal, compareDecimals, digitCount, isCanonicalDecimal } from './decimal-text.js'
import { invalid, notStored, outOfRange, wrongType } from './refusals.js'

/**
 * Exact decimal numbers of up to 1000 digits, as canonical text: `'1.50'` becomes `'1.5'`, `'-0'` becomes `'0'`.
 * Safe integers and bigints are accepted too; other numbers are not, since they are binary fractions.
 */
export class DecimalType implements ColumnType<string> {
  readonly kind = 'decimal'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): string {
    const text = canonicalDecimal(writtenText(value))
    if (text === undefined) {
      throw invalid('The text is not a decimal number; write digits with at most one point, without exponent.', value)
    }
    if (digitCount(text) > decimalDigitsMax) {
      throw outOfRange('The decimal has more than 1000 digits; round it.', value, { digits: digitCount(text) })
    }
    return text
  }

  fromRow(row: string): string {
    return row
  }

  compare(a: string, b: string): number {
    return compareDecimals(a, b)
  }

  toDisk(row: string): string {
    return row
  }

  fromDisk(disk: unknown): string {
    if (typeof disk !== 'string' || !isCanonicalDecimal(disk)) throw notStored(this.kind, disk)
    return disk
  }

  encodeKey(row: string): string {
    return encodeDecimal(row)
  }

  decodeKey(element: TupleElement): string {
    return this.fromDisk(element)
  }
}

function writtenText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value)
  throw wrongType('The value must be a decimal number as text, a safe integer or a bigint.', value)
}

import { decimalDigitsMax } from '../codec/limits.js'

/**
 * A canonical decimal: digits with at most one point, no exponent, no plus sign, no zeros before the first digit other
 * than the one before the point, none at the end after the point, and no `-0`. At most 1000 digits. So two decimals
 * are equal exactly when their texts are.
 */
const canonical = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?$/

const written = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/
const fromFirstDigit = /[1-9][0-9]*/
const toLastDigit = /^[0-9]*[1-9]/

/** Whether `text` is a canonical decimal. */
export function isCanonicalDecimal(text: string): boolean {
  return canonical.test(text) && text !== '-0' && digitCount(text) <= decimalDigitsMax
}

/** The canonical text of a decimal as people write it, such as `+1.50` or `.5`; `undefined` when it is none. */
export function canonicalDecimal(text: string): string | undefined {
  const match = written.exec(text)
  if (match === null || !/[0-9]/.test(text)) return undefined
  const [, sign, whole = '', fraction = ''] = match
  const [kept] = toLastDigit.exec(fraction) ?? []
  const magnitude = (fromFirstDigit.exec(whole)?.[0] ?? '0') + (kept === undefined ? '' : `.${kept}`)
  return sign === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude
}

/** The number of digits, signs and point not counted. */
export function digitCount(text: string): number {
  return text.length - (text.startsWith('-') ? 1 : 0) - (text.includes('.') ? 1 : 0)
}

/** Orders canonical decimals by their numeric value. */
export function compareDecimals(a: string, b: string): number {
  const isNegative = a.startsWith('-')
  if (isNegative !== b.startsWith('-')) return isNegative ? -1 : 1
  return isNegative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b)
}

function compareMagnitudes(a: string, b: string): number {
  const wholeDifference = wholeLength(a) - wholeLength(b)
  if (wholeDifference !== 0) return wholeDifference
  // With points in the same place, digits order as characters do, and a longer fraction is larger than its beginning.
  return a < b ? -1 : a > b ? 1 : 0
}

function wholeLength(magnitude: string): number {
  const point = magnitude.indexOf('.')
  return point < 0 ? magnitude.length : point
}

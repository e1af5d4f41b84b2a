import { isUtf8 } from 'node:buffer'
import { CodecError } from '../errors/rome-error.js'
import type { Key } from './key.js'
import { decimalDigitsMax } from './limits.js'
import { decimalSign, integerBytesMax, inversionOf, invertElement, tupleTag } from './tuple-tags.js'
import { uuidBytes, uuidText } from './uuid-bytes.js'

/** What an element of a tuple can be; integers are numbers where they are safe, else bigints. */
export type TupleElement = null | boolean | number | bigint | string | Uint8Array

const isNotAscii = /[\x80-\xff]/
const floatView = new DataView(new ArrayBuffer(8))

/**
 * The elements of a tuple, ascending and descending ones alike, from `offset` to the end of `key`.
 * Only what the encoder writes is accepted, so that encoding the elements again gives the same bytes.
 * @throws CodecError `ROME_CODEC` for anything else.
 */
export function decodeTuple(key: Key, offset = 0): TupleElement[] {
  const elements: TupleElement[] = []
  for (let start = offset; start < key.length; ) {
    const end = elementEnd(key, start)
    elements.push(decodeElement(key, start, end))
    start = end
  }
  return elements
}

/**
 * Where the element that begins at `offset` ends.
 * @throws CodecError `ROME_CODEC` when no element begins there, or it is cut off.
 */
export function elementEnd(key: Key, offset: number): number {
  const end = findElementEnd(key, offset)
  if (end < 0) throw malformed(key, offset)
  return end
}

/** Where the element that begins at `offset` ends; -1 when no whole element does. */
export function findElementEnd(key: Key, offset: number): number {
  if (offset >= key.length) return -1
  const first = key.charCodeAt(offset)
  const inversion = inversionOf(first)
  const end = endByTag(key, offset, first ^ inversion, inversion)
  return end <= key.length ? end : -1
}

function endByTag(key: Key, offset: number, tag: number, inversion: number): number {
  switch (tag) {
    case tupleTag.text:
    case tupleTag.bytes:
      return afterByte(key, inversion, offset + 1)
    case tupleTag.null:
    case tupleTag.false:
    case tupleTag.true:
      return offset + 1
    case tupleTag.float:
      return offset + 9
    case tupleTag.uuid:
      return offset + 1 + uuidBytes
    case tupleTag.decimal: {
      const sign = key.charCodeAt(offset + 1) ^ inversion
      if (sign === decimalSign.zero) return offset + 2
      if (sign === decimalSign.positive) return afterByte(key, inversion, offset + 6)
      return sign === decimalSign.negative ? afterByte(key, inversion ^ 0xff, offset + 6) : -1
    }
    default: {
      const size = Math.abs(tag - tupleTag.integerZero)
      return size <= integerBytesMax ? offset + 1 + size : -1
    }
  }
}

/** One past the first `byte` at or after `offset`; -1 when there is none. */
function afterByte(key: Key, byte: number, offset: number): number {
  const found = key.indexOf(String.fromCharCode(byte), offset)
  return found < 0 ? -1 : found + 1
}

/** The element between two ends that {@link elementEnd} told. @throws CodecError `ROME_CODEC`. */
export function decodeElement(key: Key, start: number, end: number): TupleElement {
  const first = key.charCodeAt(start)
  const inversion = inversionOf(first)
  const tag = first ^ inversion
  switch (tag) {
    case tupleTag.text:
      return decodeText(key, start, ascendingPart(key, start + 1, end - 1, inversion))
    case tupleTag.bytes:
      return new Uint8Array(
        Buffer.from(unescapeBytes(key, start, ascendingPart(key, start + 1, end - 1, inversion)), 'latin1'),
      )
    case tupleTag.null:
      return null
    case tupleTag.false:
      return false
    case tupleTag.true:
      return true
    case tupleTag.float:
      return decodeFloat(key, start, inversion)
    case tupleTag.uuid:
      return uuidText((index) => key.charCodeAt(start + 1 + index) ^ inversion)
    case tupleTag.decimal:
      return decodeDecimal(key, start, ascendingPart(key, start + 1, end, inversion))
    default:
      return decodeInteger(key, start, end, tag, inversion)
  }
}

function ascendingPart(key: Key, start: number, end: number, inversion: number): Key {
  const part = key.slice(start, end)
  return inversion === 0 ? part : invertElement(part)
}

function decodeText(key: Key, start: number, escaped: Key): string {
  const content = unescapeBytes(key, start, escaped)
  if (!isNotAscii.test(content)) return content
  const bytes = Buffer.from(content, 'latin1')
  if (!isUtf8(bytes)) throw malformed(key, start)
  return bytes.toString('utf8')
}

/** Undoes the escapes: 01 01 is 00, 01 02 is 01. */
function unescapeBytes(key: Key, start: number, escaped: Key): Key {
  let bytes = ''
  let from = 0
  for (let at = escaped.indexOf('\x01'); at >= 0; at = escaped.indexOf('\x01', from)) {
    const code = escaped.charCodeAt(at + 1)
    if (code !== 1 && code !== 2) throw malformed(key, start)
    bytes += escaped.slice(from, at) + (code === 1 ? '\0' : '\x01')
    from = at + 2
  }
  return bytes + escaped.slice(from)
}

function decodeInteger(key: Key, start: number, end: number, tag: number, inversion: number): number | bigint {
  const isNegative = tag < tupleTag.integerZero
  const mask = isNegative ? inversion ^ 0xff : inversion
  const size = end - start - 1
  if (size > 0 && key.charCodeAt(start + 1) === mask) throw malformed(key, start)
  let high = 0
  let low = 0
  for (let index = 0; index < size; index++) {
    const byte = key.charCodeAt(start + 1 + index) ^ mask
    if (index < size - 4) high = high * 256 + byte
    else low = low * 256 + byte
  }
  if (high < 2 ** 21) return isNegative ? -(high * 2 ** 32 + low) : high * 2 ** 32 + low
  const magnitude = (BigInt(high) << 32n) | BigInt(low)
  const value = isNegative ? -magnitude : magnitude
  if (BigInt.asIntN(64, value) !== value) throw malformed(key, start)
  return value
}

function decodeFloat(key: Key, start: number, inversion: number): number {
  const high = wordAt(key, start + 1, inversion)
  const low = wordAt(key, start + 5, inversion)
  const isNegative = high < 0x8000_0000
  floatView.setUint32(0, isNegative ? ~high : high ^ 0x8000_0000)
  floatView.setUint32(4, isNegative ? ~low : low)
  const value = floatView.getFloat64(0)
  if (!Number.isFinite(value) || Object.is(value, -0)) throw malformed(key, start)
  return value
}

function decodeDecimal(key: Key, start: number, signed: Key): string {
  const sign = signed.charCodeAt(0)
  if (sign === decimalSign.zero) return '0'
  const isNegative = sign === decimalSign.negative
  const body = isNegative ? invertElement(signed.slice(1)) : signed.slice(1)
  const exponent = wordAt(body, 0, 0) - 2 ** 31
  let digits = ''
  for (let index = 4; index < body.length - 1; index++) {
    const digit = body.charCodeAt(index) - 1
    if (digit > 9) throw malformed(key, start)
    digits += String.fromCharCode(0x30 + digit)
  }
  const digitCount = exponent <= 0 ? 1 - exponent + digits.length : Math.max(exponent, digits.length)
  if (!/^[1-9](?:[0-9]*[1-9])?$/.test(digits) || digitCount > decimalDigitsMax) throw malformed(key, start)
  return (isNegative ? '-' : '') + decimalText(digits, exponent)
}

/** The canonical text of 0.DIGITS × 10^exponent. */
function decimalText(digits: string, exponent: number): string {
  if (exponent <= 0) return `0.${'0'.repeat(-exponent)}${digits}`
  if (exponent >= digits.length) return digits + '0'.repeat(exponent - digits.length)
  return `${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

function wordAt(key: Key, offset: number, inversion: number): number {
  const high = ((key.charCodeAt(offset) ^ inversion) << 8) | (key.charCodeAt(offset + 1) ^ inversion)
  const low = ((key.charCodeAt(offset + 2) ^ inversion) << 8) | (key.charCodeAt(offset + 3) ^ inversion)
  return high * 0x1_0000 + low
}

function malformed(key: Key, offset: number): CodecError {
  return new CodecError('ROME_CODEC', 'The key is not a well-formed tuple; verify the store.', {
    context: { key: Buffer.from(key.slice(0, 256), 'latin1').toString('hex'), offset },
  })
}

import { InternalError } from '../errors/rome-error.js'
import type { Key } from './key.js'
import { decimalSign, invertElement, tupleTag } from './tuple-tags.js'
import { uuidToKey } from './uuid-bytes.js'
import { isWellFormedText } from './well-formed.js'

const nullElement: Key = String.fromCharCode(tupleTag.null)
const falseElement: Key = String.fromCharCode(tupleTag.false)
const trueElement: Key = String.fromCharCode(tupleTag.true)
const textTag: Key = String.fromCharCode(tupleTag.text)
const bytesTag: Key = String.fromCharCode(tupleTag.bytes)
const floatTag: Key = String.fromCharCode(tupleTag.float)
const decimalTag: Key = String.fromCharCode(tupleTag.decimal)
const uuidTag: Key = String.fromCharCode(tupleTag.uuid)

const terminator: Key = '\0'
const isNotPrintableAscii = /[^ -~]/

const floatView = new DataView(new ArrayBuffer(8))

/** The element of a null: after every value ascending, before it descending. */
export function encodeNull(): Key {
  return nullElement
}

/** Orders by code point, as UTF-8 does. Prefix-free: U+0000 and U+0001 are escaped and the element is closed. */
export function encodeText(text: string): Key {
  if (!isNotPrintableAscii.test(text)) return textTag + text + terminator
  if (!isWellFormedText(text)) throw new InternalError('ROME_INTERNAL', 'A text with a lone surrogate has no key form.')
  const bytes = Buffer.from(text, 'utf8')
  return textTag + escapeBytes(bytes.toString('latin1')) + terminator
}

/** Orders as `memcmp`, a shorter one before what it begins. */
export function encodeBytes(bytes: Uint8Array): Key {
  const copy = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytesTag + escapeBytes(copy.toString('latin1')) + terminator
}

/** False before true. */
export function encodeBoolean(value: boolean): Key {
  return value ? trueElement : falseElement
}

/** A safe integer, or a bigint that fits 64 bits with sign; both in one order. */
export function encodeInteger(value: number | bigint): Key {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new InternalError('ROME_INTERNAL', 'A number that is not a safe integer has no integer key form.')
    const magnitude = Math.abs(value)
    return encodeMagnitude(value < 0, Math.floor(magnitude / 2 ** 32), magnitude >>> 0)
  }
  if (BigInt.asIntN(64, value) !== value)
    throw new InternalError('ROME_INTERNAL', 'An integer beyond 64 bits has no key form.')
  const magnitude = value < 0n ? -value : value
  return encodeMagnitude(value < 0n, Number(magnitude >> 32n), Number(magnitude & 0xffff_ffffn))
}

/** A finite number; -0 is 0. */
export function encodeFloat(value: number): Key {
  if (!Number.isFinite(value)) throw new InternalError('ROME_INTERNAL', 'A number that is not finite has no key form.')
  // Adding zero turns -0 into 0, which it equals.
  floatView.setFloat64(0, value + 0)
  const high = floatView.getUint32(0)
  const low = floatView.getUint32(4)
  const isNegative = high >= 0x8000_0000
  return floatTag + (isNegative ? word(~high) + word(~low) : word(high ^ 0x8000_0000) + word(low))
}

/** A canonical decimal, as `t.decimal()` holds it: orders by its numeric value. */
export function encodeDecimal(canonical: string): Key {
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]*[1-9]))?$/.exec(canonical)
  if (match === null || canonical === '-0') {
    throw new InternalError('ROME_INTERNAL', 'A decimal that is not canonical has no key form.')
  }
  if (canonical === '0') return decimalTag + String.fromCharCode(decimalSign.zero)
  const [, minus, whole = '', fraction = ''] = match
  // The value is 0.DIGITS × 10^exponent, the first digit not being zero.
  const allDigits = whole === '0' ? fraction : whole + fraction
  const significant = /[1-9](?:[0-9]*[1-9])?/.exec(allDigits)
  const exponent = whole === '0' ? -(significant?.index ?? 0) : whole.length
  let digits = ''
  for (const digit of significant?.[0] ?? '') digits += String.fromCharCode(Number(digit) + 1)
  const body = word(exponent + 2 ** 31) + digits + terminator
  return minus === ''
    ? decimalTag + String.fromCharCode(decimalSign.positive) + body
    : decimalTag + String.fromCharCode(decimalSign.negative) + invertElement(body)
}

/** A uuid in canonical lower-case text: its sixteen bytes. */
export function encodeUuid(text: string): Key {
  const bytes = uuidToKey(text)
  if (bytes === undefined) throw new InternalError('ROME_INTERNAL', 'A uuid that is not canonical has no key form.')
  return uuidTag + bytes
}

/** So that the terminator occurs nowhere else, and the order stays: 00 becomes 01 01, 01 becomes 01 02. */
function escapeBytes(bytes: Key): Key {
  return bytes.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01')
}

/** Tag and shortest form of a magnitude of at most 64 bits; a negative one has its bytes inverted. */
function encodeMagnitude(isNegative: boolean, high: number, low: number): Key {
  const size = high === 0 ? wordSize(low) : 4 + wordSize(high)
  if (isNegative) {
    return String.fromCharCode(tupleTag.integerZero - size) + (word(~high) + word(~low)).slice(8 - size)
  }
  return String.fromCharCode(tupleTag.integerZero + size) + (word(high) + word(low)).slice(8 - size)
}

/** How many bytes a number below 2^32 takes. */
function wordSize(value: number): number {
  return (39 - Math.clz32(value)) >> 3
}

/** Four bytes, big-endian. */
function word(value: number): Key {
  return String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
}

import type { Key } from './key.js'

/** The first byte of each kind of tuple element. Their order is the order of kinds; null is last. */
export const tupleTag = Object.freeze({
  text: 0x02,
  bytes: 0x03,
  false: 0x08,
  true: 0x09,
  /** An integer of n bytes has the tag `integerZero + n`, `integerZero - n` when negative. */
  integerZero: 0x14,
  float: 0x21,
  decimal: 0x23,
  uuid: 0x30,
  null: 0xfe,
} as const)

/** The most bytes of an integer. */
export const integerBytesMax = 8

/** The byte after a decimal's tag. */
export const decimalSign = Object.freeze({ negative: 0x00, zero: 0x01, positive: 0x02 } as const)

/** 0xFF when an element that begins with `firstByte` is descending, else 0: what to XOR its bytes with. */
export function inversionOf(firstByte: number): 0 | 0xff {
  return firstByte === (tupleTag.null ^ 0xff) || (firstByte >= 0x80 && firstByte !== tupleTag.null) ? 0xff : 0
}

/**
 * The descending form of an ascending element, or the reverse: every bit inverted.
 * No element is a prefix of another one, so inverting turns the order around exactly.
 */
export function invertElement(element: Key): Key {
  const bytes = Buffer.from(element, 'latin1')
  for (let index = 0; index < bytes.length; index++) bytes[index] = (bytes[index] as number) ^ 0xff
  return bytes.toString('latin1')
}

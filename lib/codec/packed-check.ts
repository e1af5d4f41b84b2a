import { isUtf8 } from 'node:buffer'
import { CodecError } from '../errors/rome-error.js'
import type { UnpackLimits } from './limits.js'

/**
 * Checks that `bytes` are exactly one msgpack array of values that {@link packValues} can write: null, booleans,
 * finite numbers, 64-bit integers, well-formed text, bytes and arrays. Maps, extensions and 32-bit floats are refused,
 * so the decoder never meets the parts of the format that make objects, keep state or guess.
 * Costs about a nanosecond a byte.
 * @throws CodecError `ROME_CODEC`.
 */
export function checkPacked(bytes: Uint8Array, limits: UnpackLimits): void {
  if (bytes.length > limits.bytesMax) throw refused('The packed values are larger than allowed.', bytes, 0)
  const first = bytes[0] ?? 0
  if (!isArrayToken(first)) throw refused('The packed values are not an array.', bytes, 0)
  // How many values of each open array are still to come; a stack, so that depth cannot overflow the call stack.
  const open: number[] = []
  let values = 0
  let remaining = 1
  let offset = 0
  for (;;) {
    while (remaining === 0) {
      const outer = open.pop()
      if (outer === undefined) {
        if (offset !== bytes.length) throw refused('The packed values are followed by more bytes.', bytes, offset)
        return
      }
      remaining = outer
    }
    remaining--
    if (offset >= bytes.length) throw refused('The packed values are cut off.', bytes, offset)
    if (values++ > limits.valuesMax) throw refused('The packed values are more than allowed.', bytes, offset)
    const token = bytes[offset] as number
    if (isArrayToken(token)) {
      if (open.length >= limits.depthMax) throw refused('The packed values are nested too deeply.', bytes, offset)
      open.push(remaining)
      remaining = arrayLength(bytes, offset, token)
      offset += token < 0xdc ? 1 : token === 0xdc ? 3 : 5
    } else {
      offset = scalarEnd(bytes, offset, token)
    }
  }
}

function isArrayToken(token: number): boolean {
  return (token & 0xf0) === 0x90 || token === 0xdc || token === 0xdd
}

function arrayLength(bytes: Uint8Array, offset: number, token: number): number {
  if (token < 0xdc) return token & 0x0f
  return token === 0xdc ? unsigned(bytes, offset + 1, 2) : unsigned(bytes, offset + 1, 4)
}

function scalarEnd(bytes: Uint8Array, offset: number, token: number): number {
  // Positive and negative small integers; null, false, true.
  if (token < 0x80 || token >= 0xe0 || token === 0xc0 || token === 0xc2 || token === 0xc3) return offset + 1
  if ((token & 0xe0) === 0xa0) return textEnd(bytes, offset + 1, token & 0x1f)
  switch (token) {
    case 0xd9:
      return textEnd(bytes, offset + 2, unsigned(bytes, offset + 1, 1))
    case 0xda:
      return textEnd(bytes, offset + 3, unsigned(bytes, offset + 1, 2))
    case 0xdb:
      return textEnd(bytes, offset + 5, unsigned(bytes, offset + 1, 4))
    case 0xc4:
      return bytesEnd(bytes, offset + 2, unsigned(bytes, offset + 1, 1))
    case 0xc5:
      return bytesEnd(bytes, offset + 3, unsigned(bytes, offset + 1, 2))
    case 0xc6:
      return bytesEnd(bytes, offset + 5, unsigned(bytes, offset + 1, 4))
    case 0xcc:
    case 0xd0:
      return bytesEnd(bytes, offset, 2)
    case 0xcd:
    case 0xd1:
      return bytesEnd(bytes, offset, 3)
    case 0xce:
    case 0xd2:
      return bytesEnd(bytes, offset, 5)
    case 0xd3:
      return bytesEnd(bytes, offset, 9)
    case 0xcb:
      if ((unsigned(bytes, offset + 1, 2) & 0x7ff0) === 0x7ff0) {
        throw refused('The packed values hold a number that is not finite.', bytes, offset)
      }
      return bytesEnd(bytes, offset, 9)
    default:
      throw refused('The packed values hold a kind that is never stored.', bytes, offset)
  }
}

function textEnd(bytes: Uint8Array, start: number, length: number): number {
  const end = bytesEnd(bytes, start, length)
  for (let index = start; index < end; index++) {
    if ((bytes[index] as number) >= 0x80) {
      if (!isUtf8(bytes.subarray(start, end))) throw refused('The packed text is not UTF-8.', bytes, start)
      break
    }
  }
  return end
}

function bytesEnd(bytes: Uint8Array, start: number, length: number): number {
  if (start + length > bytes.length) throw refused('The packed values are cut off.', bytes, start)
  return start + length
}

/** A big-endian number; missing bytes count as zero and are found out by the caller's next check of the end. */
function unsigned(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0
  for (let index = offset; index < offset + size; index++) value = value * 256 + (bytes[index] ?? 0)
  return value
}

function refused(message: string, bytes: Uint8Array, offset: number): CodecError {
  return new CodecError('ROME_CODEC', message, { context: { bytes: bytes.length, offset } })
}

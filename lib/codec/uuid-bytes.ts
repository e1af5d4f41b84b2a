import type { Key } from './key.js'

/** The number of bytes of a uuid. */
export const uuidBytes = 16

const uuidCharacters = 36
const hyphen = 0x2d
const notHexadecimal = 0x1000

/** By UTF-16 unit, so that no look-up is out of bounds: the value of a hexadecimal digit, lower case only. */
const digitValues = new Uint16Array(0x1_0000).fill(notHexadecimal)
/** By value: the character code of a hexadecimal digit. */
const digitCodes = new Uint8Array(16)
for (let value = 0; value < 16; value++) {
  const code = value.toString(16).charCodeAt(0)
  digitValues[code] = value
  digitCodes[value] = code
}

/** Where the bytes of a uuid stand in its text. */
const offsets = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const

/** By their last two characters, the uuids that were asked for last: that of a row is asked for a dozen times. */
const knownTexts: string[] = new Array<string>(256).fill('')
const knownKeys: Key[] = new Array<Key>(256).fill('')

const scratch = Buffer.alloc(uuidCharacters, hyphen)

/** The sixteen bytes of a canonical lower-case uuid; `undefined` when `text` is none. */
export function uuidToKey(text: string): Key | undefined {
  if (text.length !== uuidCharacters) return undefined
  const place = ((text.charCodeAt(34) << 4) ^ text.charCodeAt(35)) & 0xff
  if (knownTexts[place] === text) return knownKeys[place]
  const key = bytesOf(text)
  if (key !== undefined) {
    knownTexts[place] = text
    knownKeys[place] = key
  }
  return key
}

/**
 * Written out, since every read by primary key comes through here: a loop over a buffer takes more than twice as long.
 */
function bytesOf(text: string): Key | undefined {
  if (!hasHyphens(text)) return undefined
  const a = byteAt(text, 0)
  const b = byteAt(text, 2)
  const c = byteAt(text, 4)
  const d = byteAt(text, 6)
  const e = byteAt(text, 9)
  const f = byteAt(text, 11)
  const g = byteAt(text, 14)
  const h = byteAt(text, 16)
  const i = byteAt(text, 19)
  const j = byteAt(text, 21)
  const k = byteAt(text, 24)
  const l = byteAt(text, 26)
  const m = byteAt(text, 28)
  const n = byteAt(text, 30)
  const o = byteAt(text, 32)
  const p = byteAt(text, 34)
  if ((a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p) > 0xff) return undefined
  return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
}

/** The canonical lower-case text of the sixteen bytes that `byteOf` gives. */
export function uuidText(byteOf: (index: number) => number): string {
  for (let index = 0; index < uuidBytes; index++) {
    const byte = byteOf(index)
    const offset = offsets[index] as number
    scratch[offset] = digitCodes[byte >> 4] as number
    scratch[offset + 1] = digitCodes[byte & 0x0f] as number
  }
  return scratch.toString('latin1')
}

function hasHyphens(text: string): boolean {
  return (
    text.charCodeAt(8) === hyphen &&
    text.charCodeAt(13) === hyphen &&
    text.charCodeAt(18) === hyphen &&
    text.charCodeAt(23) === hyphen
  )
}

/** Above 255 when the two characters are not hexadecimal digits. */
function byteAt(text: string, offset: number): number {
  const high = digitValues[text.charCodeAt(offset)] as number
  return (high << 4) | (digitValues[text.charCodeAt(offset + 1)] as number)
}

/**
 * Orders texts by Unicode code point, which is the order of their UTF-8 bytes and of their keys.
 *
 * `<` orders by UTF-16 units, and so puts a character beyond U+FFFF (written as two surrogates, D800–DFFF) before
 * U+E000–U+FFFF. Only where the first units that differ are both that large does it matter.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return codePointRank(left) - codePointRank(right)
  }
  return a.length - b.length
}

/** Moves surrogates behind the rest of the 16-bit units. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

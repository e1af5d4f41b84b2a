import { UsageError } from '../errors/rome-error.js'

/** A run of a pattern without `%`: literal text, and how many code points of any kind. */
type Segment = readonly (string | number)[]

/** Tells whether a text matches a pattern. */
export type TextMatcher = (text: string) => boolean

/** @throws UsageError `ROME_ARGUMENT` when the pattern ends in a lone backslash. */
export function checkPattern(pattern: string): void {
  parsePattern(pattern)
}

/**
 * A matcher for SQL's LIKE: `%` is any run of characters, `_` one code point, backslash takes the next character as it
 * is.
 *
 * The first and last segments are anchored and each one between is taken where it is found first, which is always
 * right because a segment has a fixed number of code points. So there is no backtracking: matching takes at most
 * length of the text times length of the pattern.
 */
export function compileLike(pattern: string, ignoreCase: boolean): TextMatcher {
  const matches = compileSegments(parsePattern(ignoreCase ? lowerCase(pattern) : pattern))
  return ignoreCase ? (text) => matches(lowerCase(text)) : matches
}

/** The text that every match of the pattern begins with: all before the first wildcard. */
export function likePrefix(pattern: string): string {
  const first = parsePattern(pattern)[0]?.[0]
  return typeof first === 'string' ? first : ''
}

/**
 * Lower case by code point. `toLowerCase` alone gives Σ two forms, by its place in the word, and a pattern's words end
 * where its wildcards begin.
 */
function lowerCase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase()
}

/** The segments between the pattern's `%`: always one more than there are of these. */
function parsePattern(pattern: string): readonly Segment[] {
  let segment: (string | number)[] = []
  const segments = [segment]
  for (let at = 0; at < pattern.length; at++) {
    let character = pattern.charAt(at)
    if (character === '%') {
      segment = []
      segments.push(segment)
      continue
    }
    const last = segment.at(-1)
    if (character === '_') {
      if (typeof last === 'number') segment[segment.length - 1] = last + 1
      else segment.push(1)
      continue
    }
    if (character === '\\') {
      at++
      if (at === pattern.length) {
        throw new UsageError('ROME_ARGUMENT', 'A pattern cannot end in a lone backslash: write two for one.', {
          context: { pattern },
        })
      }
      character = pattern.charAt(at)
    }
    if (typeof last === 'string') segment[segment.length - 1] = last + character
    else segment.push(character)
  }
  return segments
}

function compileSegments(segments: readonly Segment[]): TextMatcher {
  const first = segments[0] ?? []
  const last = segments.at(-1) ?? []
  if (segments.length === 1) return (text) => matchForward(first, text, 0) === text.length
  // An empty segment in the middle, as in `%%`, matches everywhere.
  const middle = segments.slice(1, -1).filter((segment) => segment.length > 0)
  return (text) => {
    let from = matchForward(first, text, 0)
    if (from < 0) return false
    const end = matchBackward(last, text)
    if (end < from) return false
    for (const segment of middle) {
      from = search(segment, text, from)
      if (from < 0) return false
    }
    return from <= end
  }
}

/** Where the segment ends when it begins at `from`; −1 when it does not. */
function matchForward(segment: Segment, text: string, from: number): number {
  let at = from
  for (const piece of segment) {
    if (typeof piece === 'string') {
      if (!text.startsWith(piece, at)) return -1
      at += piece.length
    } else {
      for (let left = piece; left > 0; left--) {
        if (at >= text.length) return -1
        at += isLowSurrogate(text, at + 1) ? 2 : 1
      }
    }
  }
  return at
}

/** Where the segment begins when it ends with the text; −1 when it does not. */
function matchBackward(segment: Segment, text: string): number {
  let at = text.length
  for (let piecesLeft = segment.length; piecesLeft > 0; piecesLeft--) {
    const piece = segment[piecesLeft - 1]
    if (typeof piece === 'string') {
      if (!text.endsWith(piece, at)) return -1
      at -= piece.length
    } else {
      for (let left = piece ?? 0; left > 0; left--) {
        if (at <= 0) return -1
        at -= isLowSurrogate(text, at - 1) ? 2 : 1
      }
    }
  }
  return at
}

/** Where the segment ends at the first place from `from` on where it matches; −1 when there is none. */
function search(segment: Segment, text: string, from: number): number {
  const head = segment[0]
  let start = from
  while (start <= text.length) {
    if (typeof head === 'string') {
      start = text.indexOf(head, start)
      if (start < 0) return -1
    }
    const end = matchForward(segment, text, start)
    if (end >= 0) return end
    start += isLowSurrogate(text, start + 1) ? 2 : 1
  }
  return -1
}

/** Text is well-formed, so a low surrogate is the second half of a code point. */
function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00
}

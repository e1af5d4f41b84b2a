import type { TextFunction } from '../nodes.js'
import type { StrictFunction } from './strict-function.js'

const surrogatePairs = /[\ud800-\udbff][\udc00-\udfff]/g

/** Characters are code points. */
export const textFunctions: Readonly<Record<TextFunction, StrictFunction>> = {
  lower: (text: string) => text.toLowerCase(),
  upper: (text: string) => text.toUpperCase(),
  trim: trimSpaces,
  // Of well-formed text: its units, less one for each surrogate pair.
  length: (text: string) => text.length - (text.match(surrogatePairs)?.length ?? 0),
  concat: (...texts: string[]) => texts.join(''),
  substring,
}

/** Spaces only, as in SQL: a tab or a line break was meant. */
function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text[start] === ' ') start++
  while (end > start && text[end - 1] === ' ') end--
  return text.slice(start, end)
}

/** The characters from the `from`th on, which counts from 1. Places before the first count, but hold nothing. */
function substring(text: string, from: number, length = Number.POSITIVE_INFINITY): string {
  const last = from + length
  let result = ''
  let place = 1
  for (const character of text) {
    if (place >= last) break
    if (place >= from) result += character
    place++
  }
  return result
}

import { Timestamp } from 'rome-orm'
import { isDictionary } from '../values/dictionary.js'
import { formatTime, parseTime } from '../values/time-text.js'
import { HttpError } from './http-error.js'

/** Deeper nesting than this is refused: no command has a use for it. */
export const depthMax = 64

/**
 * Puts times into the place of `{"_type": "datetime", "_value": …}`, in what was read of JSON and nobody else has.
 * @throws HttpError 400 for a time that is none, a number that JSON could not carry exactly, and too deep nesting.
 */
export function fromWire(value: unknown, depth = 0): unknown {
  if (depth > depthMax) throw new HttpError(400, `values are nested deeper than ${depthMax} levels`)
  if (typeof value === 'number') return exactNumber(value)
  if (Array.isArray(value)) return value.map((item) => fromWire(item, depth + 1))
  if (!isDictionary(value)) return value
  const held: Record<string, unknown> = value
  const names = Object.keys(held)
  if (names.length === 2 && held._type === 'datetime' && Object.hasOwn(held, '_value')) return readTime(held._value)
  // Keys are there already, so that assigning to one that is called __proto__ changes no prototype.
  for (const name of names) held[name] = fromWire(held[name], depth + 1)
  return held
}

/** Values of records as JSON carries them; dictionaries that it carries as they are stay the same. */
export function toWire(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? Number(value) : value
  if (value instanceof Timestamp) return { _type: 'datetime', _value: formatTime(value) }
  if (Array.isArray(value)) return value.map(toWire)
  const held = value as Readonly<Record<string, unknown>>
  let written: Record<string, unknown> | undefined
  for (const name of Object.keys(held)) {
    const item = held[name]
    if (item === null || (typeof item !== 'object' && typeof item !== 'bigint')) continue
    const carried = toWire(item)
    if (carried === item) continue
    // A copy has a key that is called __proto__ too, so that assigning changes no prototype.
    written ??= { ...held }
    written[name] = carried
  }
  return written ?? held
}

function readTime(given: unknown): Timestamp {
  const time = typeof given === 'string' ? parseTime(given) : undefined
  if (time === undefined) throw new HttpError(400, 'a datetime is not written as ISO 8601')
  return time
}

function exactNumber(given: number): number {
  const isExact = Number.isFinite(given) && (!Number.isInteger(given) || Number.isSafeInteger(given))
  if (!isExact) throw new HttpError(400, 'a number is too large: integers are exact up to 2^53 - 1')
  return given
}

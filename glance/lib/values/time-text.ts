import { Timestamp } from 'rome-orm'

const isoTime =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i

/**
 * Reads a time of ISO 8601: a date alone means its midnight, without a zone it is UTC, and digits of a fraction beyond
 * microseconds are dropped. `undefined` for what is none, such as the 30th of February.
 */
export function parseTime(text: string): Timestamp | undefined {
  const match = isoTime.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const seconds = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const milliseconds = Date.parse(`${seconds}Z`)
  // Date.parse carries what a month does not have over into the next one.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(seconds)) return undefined
  const offsetMinutes = offsetOf(zone)
  if (offsetMinutes === undefined) return undefined
  const microsecond = BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  return Timestamp.from(BigInt(milliseconds - offsetMinutes * 60_000) * 1000n + microsecond)
}

/** Minutes east of Greenwich. */
function offsetOf(zone: string): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', ''))]
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** Times that were written last, and their texts: an image and what belongs to it are often of the same millisecond. */
const placeCount = 1024
const knownTimes = new Array<bigint | undefined>(placeCount).fill(undefined)
const knownTexts = new Array<string>(placeCount).fill('')
const scratch = Buffer.alloc(64)

/** Writes a time as Glance does: in UTC without saying so, with six digits of fraction, or none when it is zero. */
export function formatTime(time: Timestamp): string {
  const { microseconds } = time
  const number = Number(microseconds)
  // By seconds too, since many times are of whole ones.
  const place = (number ^ (number / 1_000_000)) & (placeCount - 1)
  if (knownTimes[place] === microseconds) return knownTexts[place]
  const text = time.toString()
  // By way of bytes: V8 takes twice as long to write JSON with a text that is a part of another one.
  const length = scratch.write(text, 'latin1') - (text.endsWith(noFraction) ? noFraction.length : 'Z'.length)
  const written = scratch.toString('latin1', 0, length)
  knownTimes[place] = microseconds
  knownTexts[place] = written
  return written
}

const noFraction = '.000000Z'

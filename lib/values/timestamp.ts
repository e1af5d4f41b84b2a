import { dateMillisecondsMax } from './datetime.js'
import { invalid, outOfRange, wrongType } from './refusals.js'

const microsecondsPerMillisecond = 1000n
const exactMax = BigInt(Number.MAX_SAFE_INTEGER)
const microsecondsMax = BigInt(dateMillisecondsMax) * microsecondsPerMillisecond

const millisecondsPerDay = 86_400_000

/** Days that were written, since times that are written together are often of few days. */
const textsOfDays = new Map<number, string>()
const textsMax = 512
const twoDigits: readonly string[] = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

const isoText = /^((?:[+-]\d{6}|\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/

/** Whether a count of microseconds since 1970 is within what a Date reaches. */
export function isTimestampRange(microseconds: bigint): boolean {
  return microseconds >= -microsecondsMax && microseconds <= microsecondsMax
}

/**
 * A point in time to the microsecond, within the range of Date; immutable.
 *
 * It orders with `<` and `>`, since its primitive value is its microseconds since 1970; test equality by
 * {@link Timestamp.equals}, since `===` compares objects.
 *
 * @example
 * ```ts
 * import { Timestamp } from 'rome-orm'
 * const created = Timestamp.from('2024-03-01T12:00:00.123456Z')
 * console.log(created.toString(), created < Timestamp.now())
 * ```
 */
export class Timestamp {
  /** Since 1970-01-01T00:00:00Z. */
  readonly microseconds: bigint

  private constructor(microseconds: bigint) {
    this.microseconds = microseconds
    Object.freeze(this)
  }

  /**
   * From microseconds since 1970, a Date, another Timestamp, or ISO 8601 text with a zone and up to six digits of
   * fraction.
   * @throws ValidationError `ROME_VALUE_TYPE`, `ROME_VALUE_INVALID`, `ROME_VALUE_RANGE`; UsageError `ROME_UNDEFINED`.
   */
  static from(value: bigint | Date | string | Timestamp): Timestamp {
    if (value instanceof Timestamp) return value
    const microseconds = microsecondsOf(value)
    if (!isTimestampRange(microseconds)) throw outOfRange('The time is beyond the range of Date.', value)
    return new Timestamp(microseconds)
  }

  /** The wall clock, which ticks in milliseconds. */
  static now(): Timestamp {
    return new Timestamp(BigInt(Date.now()) * microsecondsPerMillisecond)
  }

  /** Negative, zero or positive, as `a` is before, at or after `b`. */
  static compare(a: Timestamp, b: Timestamp): number {
    return a.compare(b)
  }

  /** Negative, zero or positive, as this is before, at or after `other`. */
  compare(other: Timestamp): number {
    return this.microseconds < other.microseconds ? -1 : this.microseconds > other.microseconds ? 1 : 0
  }

  equals(other: Timestamp): boolean {
    return this.microseconds === other.microseconds
  }

  /** The last millisecond that is not after this. */
  toDate(): Date {
    return new Date(this.#split().milliseconds)
  }

  /** ISO 8601 in UTC with six digits of fraction. */
  toString(): string {
    const { milliseconds, microsecond } = this.#split()
    const day = Math.floor(milliseconds / millisecondsPerDay)
    const ofDay = milliseconds - day * millisecondsPerDay
    const seconds = Math.floor(ofDay / 1000)
    const minutes = Math.floor(seconds / 60)
    const hours = Math.floor(minutes / 60)
    const time = `${twoDigits[hours]}:${twoDigits[minutes - hours * 60]}:${twoDigits[seconds - minutes * 60]}`
    const fraction = String((ofDay - seconds * 1000) * 1000 + microsecond).padStart(6, '0')
    return `${textOfDay(day)}T${time}.${fraction}Z`
  }

  toJSON(): string {
    return this.toString()
  }

  valueOf(): bigint {
    return this.microseconds
  }

  /** The milliseconds before this, and the microseconds after them. */
  #split(): { readonly milliseconds: number; readonly microsecond: number } {
    const { microseconds } = this
    // Numbers are exact so far, and ten times as fast as bigints.
    if (microseconds >= -exactMax && microseconds <= exactMax) {
      const exact = Number(microseconds)
      const milliseconds = Math.floor(exact / 1000)
      return { milliseconds, microsecond: exact - milliseconds * 1000 }
    }
    const remainder = microseconds % microsecondsPerMillisecond
    const microsecond = remainder < 0n ? remainder + microsecondsPerMillisecond : remainder
    return {
      milliseconds: Number((microseconds - microsecond) / microsecondsPerMillisecond),
      microsecond: Number(microsecond),
    }
  }
}

function textOfDay(day: number): string {
  const known = textsOfDays.get(day)
  if (known !== undefined) return known
  if (textsOfDays.size >= textsMax) textsOfDays.clear()
  const text = new Date(day * millisecondsPerDay).toISOString().slice(0, -'T00:00:00.000Z'.length)
  textsOfDays.set(day, text)
  return text
}

function microsecondsOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'string') return parseMicroseconds(value)
  if (!(value instanceof Date))
    throw wrongType('The value must be a Timestamp, a Date, ISO 8601 text or a bigint.', value)
  const milliseconds = value.getTime()
  if (Number.isNaN(milliseconds)) throw invalid('The Date is not valid; check what it was made from.', value)
  return BigInt(milliseconds) * microsecondsPerMillisecond
}

function parseMicroseconds(text: string): bigint {
  const [, seconds = '', fraction = '', zone = ''] = isoText.exec(text) ?? []
  const utc = Date.parse(`${seconds}Z`)
  const milliseconds = Date.parse(seconds + zone)
  // Date.parse carries the 30th of February over into March; what it read must be what was written.
  if (Number.isNaN(utc) || Number.isNaN(milliseconds) || !new Date(utc).toISOString().startsWith(seconds)) {
    throw invalid(
      'The text is not a time; write it as 2024-03-01T12:00:00.123456Z, six digits of fraction at most.',
      text,
    )
  }
  return BigInt(milliseconds) * microsecondsPerMillisecond + BigInt(fraction.padEnd(6, '0'))
}

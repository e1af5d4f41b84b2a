import t from 'tap'
import { UsageError, ValidationError } from '../../lib/errors/rome-error.js'
import { Timestamp } from '../../lib/values/timestamp.js'

const invalid = { constructor: ValidationError, code: 'ROME_VALUE_INVALID' }

t.test('a timestamp prints six digits of fraction in UTC, also before 1970', async (t) => {
  const texts: Readonly<Record<string, bigint>> = {
    '1970-01-01T00:00:00.000000Z': 0n,
    '1970-01-01T00:00:00.000001Z': 1n,
    '1969-12-31T23:59:59.999999Z': -1n,
    '1969-12-31T23:59:59.998999Z': -1001n,
    '2024-03-01T12:00:00.123456Z': 1_709_294_400_123_456n,
    '-000001-01-01T00:00:00.000000Z': -62_198_755_200_000_000n,
    '+275760-09-13T00:00:00.000000Z': 8_640_000_000_000_000_000n,
  }
  for (const [text, microseconds] of Object.entries(texts)) {
    t.equal(Timestamp.from(microseconds).toString(), text)
    t.equal(Timestamp.from(text).microseconds, microseconds)
    t.equal(JSON.stringify({ at: Timestamp.from(text) }), `{"at":"${text}"}`)
  }
})

t.test('text may have fewer digits and another zone', async (t) => {
  t.equal(Timestamp.from('1970-01-01T00:00:01Z').microseconds, 1_000_000n)
  t.equal(Timestamp.from('1970-01-01T00:00:00.5Z').microseconds, 500_000n)
  t.equal(Timestamp.from('1970-01-01T02:00:00.000001+02:00').microseconds, 1n)
  t.equal(Timestamp.from('1969-12-31T23:30:00-00:30').microseconds, 0n)
})

t.test('text that is no time, loses digits or leaves the zone open is refused', async (t) => {
  const wrong = [
    '',
    '2024-03-01',
    '2024-03-01T12:00:00',
    '2024-03-01 12:00:00Z',
    '2024-03-01T12:00Z',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-03-01T24:00:01Z',
    '2024-03-01T23:60:00Z',
    '2024-03-01T12:00:00.1234567Z',
    '2024-03-01T12:00:00.Z',
    '2024-03-01T12:00:00+25:00',
    '-000000-01-01T00:00:00Z',
    ' 2024-03-01T12:00:00Z',
  ]
  for (const text of wrong) t.throws(() => Timestamp.from(text), invalid, JSON.stringify(text))
  t.throws(() => Timestamp.from(new Date(Number.NaN)), invalid)
})

t.test('what is beyond the range of Date, or no time at all, is refused', async (t) => {
  const outOfRange = { constructor: ValidationError, code: 'ROME_VALUE_RANGE' }
  t.throws(() => Timestamp.from(8_640_000_000_000_000_001n), outOfRange)
  t.throws(() => Timestamp.from(-8_640_000_000_000_000_001n), outOfRange)
  t.throws(() => Timestamp.from(5 as unknown as bigint), { constructor: ValidationError, code: 'ROME_VALUE_TYPE' })
  t.throws(() => Timestamp.from(undefined as unknown as bigint), { constructor: UsageError, code: 'ROME_UNDEFINED' })
})

t.test('timestamps compare, and are equal by value', async (t) => {
  const earlier = Timestamp.from(1n)
  const later = Timestamp.from(2n)
  t.ok(earlier < later && later > earlier)
  t.ok(Timestamp.compare(earlier, later) < 0 && later.compare(earlier) > 0)
  t.equal(Timestamp.compare(earlier, Timestamp.from(1n)), 0)
  t.ok(earlier.equals(Timestamp.from(1n)))
  t.notOk(earlier.equals(later))
  t.equal(Timestamp.from(earlier), earlier, 'an immutable value needs no copy')
})

t.test('a timestamp cannot be changed', async (t) => {
  const timestamp = Timestamp.from(1n)
  t.throws(() => Object.assign(timestamp, { microseconds: 2n }), TypeError)
  timestamp.toDate().setTime(5)
  t.equal(timestamp.microseconds, 1n)
})

t.test('toDate gives the millisecond that has begun', async (t) => {
  t.equal(Timestamp.from(1999n).toDate().getTime(), 1)
  t.equal(Timestamp.from(-1n).toDate().getTime(), -1)
  t.equal(Timestamp.from(new Date(-5)).toDate().getTime(), -5)
})

t.test('now is between two readings of the clock', async (t) => {
  const before = Date.now()
  const now = Timestamp.now().toDate().getTime()
  t.ok(before <= now && now <= Date.now())
})

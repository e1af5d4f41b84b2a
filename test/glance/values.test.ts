import t from 'tap'
import { pageLimit } from '../../glance/lib/lists/page-limit.js'
import { now } from '../../glance/lib/values/clock.js'
import { refuseFourByteCharacters } from '../../glance/lib/values/four-byte-characters.js'
import { formatTime, parseTime } from '../../glance/lib/values/time-text.js'
import { refused } from '../support/glance-fixture.js'

t.test('a time is read with any number of digits of fraction, of which six are kept', async (t) => {
  const read = (text: string) => String(parseTime(text))
  t.equal(read('2026-01-02T03:04:05'), '2026-01-02T03:04:05.000000Z')
  t.equal(read('2026-01-02T03:04:05.5'), '2026-01-02T03:04:05.500000Z')
  t.equal(read('2026-01-02T03:04:05.123456789'), '2026-01-02T03:04:05.123456Z')
})

t.test('a time with a zone is converted to UTC, and one without is in it', async (t) => {
  const read = (text: string) => String(parseTime(text))
  t.equal(read('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05.000000Z')
  t.equal(read('2026-01-02T01:04:05.000001+02:00'), '2026-01-01T23:04:05.000001Z')
  t.equal(read('2026-01-01T20:04:05-0330'), '2026-01-01T23:34:05.000000Z')
  t.equal(read('2026-01-01 20:04:05+01'), '2026-01-01T19:04:05.000000Z')
})

t.test('a date alone is its midnight, and seconds may be left out', async (t) => {
  t.equal(String(parseTime('2026-01-02')), '2026-01-02T00:00:00.000000Z')
  t.equal(String(parseTime('2026-01-02T03:04')), '2026-01-02T03:04:00.000000Z')
})

t.test('a time before 1970 keeps its microseconds', async (t) => {
  t.equal(String(parseTime('1969-12-31T23:59:59.999999Z')), '1969-12-31T23:59:59.999999Z')
})

t.test('what is no time is not read', async (t) => {
  const texts = [
    '',
    'yesterday',
    'gt:2026-01-01',
    '2026-02-30',
    '2026-13-01',
    '2026-01-01T24:00:00',
    '2026-01-01T00:60:00',
  ]
  for (const text of [...texts, '2026-01-01T00:00:00+24:00', '2026-01-01Tx', '2026', '12345678901234567890']) {
    t.equal(parseTime(text), undefined, text)
  }
})

t.test('a time is written in UTC without a zone, and without a fraction when that is zero', async (t) => {
  t.equal(formatTime(parseTime('2001-02-03T04:05:06Z')!), '2001-02-03T04:05:06')
  t.equal(formatTime(parseTime('2001-02-03T04:05:06.000010Z')!), '2001-02-03T04:05:06.000010')
  t.equal(formatTime(parseTime('2001-02-03T04:05:06.7Z')!), '2001-02-03T04:05:06.700000')
})

t.test('the clock moves between any two calls, and follows the time of day', async (t) => {
  const times = Array.from({ length: 10_000 }, now)
  t.ok(times.every((time, at) => at === 0 || time > times[at - 1]))
  t.ok(Math.abs(times[0].toDate().getTime() - Date.now()) < 60_000)
})

t.test('characters beyond the Basic Multilingual Plane are found in texts, keys and nested dictionaries', async (t) => {
  const beyond = '\u{1f34c}'
  for (const value of [beyond, { name: `x${beyond}` }, { [beyond]: 1 }, { a: { b: { c: beyond } } }]) {
    await refused(t, (async () => refuseFourByteCharacters(value))(), 'Invalid')
  }
})

t.test('characters of the Basic Multilingual Plane, numbers, and what is in lists are let through', async (t) => {
  for (const value of ['\uffff\u00e9', 1, null, true, { a: ['\u{1f34c}'] }]) {
    t.doesNotThrow(() => refuseFourByteCharacters(value))
  }
})

t.test('a limit of null or below zero is none, and a fraction is no limit', async (t) => {
  t.strictSame([undefined, null, -1, 0, 7, 1e300].map(pageLimit), [undefined, undefined, undefined, 0, 7, undefined])
  await refused(t, (async () => pageLimit(1.5))(), 'Invalid')
})

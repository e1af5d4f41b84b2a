import fc from 'fast-check'
import t from 'tap'
import { Timestamp } from '../../lib/values/timestamp.js'
import { seed } from '../support/seed.js'

const ofDates = 8_640_000_000_000_000_000n
const microsecondsPerDay = 86_400_000_000n

t.test('the text of a timestamp is that of its Date with three more digits, and is read as it was', async () => {
  const microseconds = fc.oneof(
    fc.bigInt({ min: -ofDates, max: ofDates }),
    fc.bigInt({ min: -(2n ** 53n) - 2000n, max: 2n ** 53n + 2000n }),
    // Around midnight.
    fc
      .tuple(fc.bigInt({ min: -40_000n, max: 40_000n }), fc.bigInt({ min: -2000n, max: 2000n }))
      .map(([day, after]) => day * microsecondsPerDay + after),
  )
  fc.assert(
    fc.property(microseconds, (value) => {
      const timestamp = Timestamp.from(value)
      const text = timestamp.toString()
      const last = String(((value % 1000n) + 1000n) % 1000n).padStart(3, '0')
      return (
        text === `${timestamp.toDate().toISOString().slice(0, -1)}${last}Z` &&
        Timestamp.from(text).microseconds === value
      )
    }),
    { seed, numRuns: 5000 },
  )
})

import fc from 'fast-check'
import t from 'tap'
import { formatTime } from '../../glance/lib/values/time-text.js'
import { Timestamp } from '../../lib/index.js'
import { seed } from '../support/seed.js'

t.test('a time is written without its zone and a fraction of zero, beside whichever others', async () => {
  const times = fc.oneof(
    fc.bigInt({ min: -62_000_000_000_000_000n, max: 250_000_000_000_000_000n }),
    fc.bigInt({ min: -4_000_000_000n, max: 4_000_000_000n }).map((seconds) => seconds * 1_000_000n),
    fc.bigInt({ min: -8_640_000_000_000_000_000n, max: 8_640_000_000_000_000_000n }),
  )
  fc.assert(
    fc.property(fc.array(times, { maxLength: 20 }), (all) =>
      [...all, ...all.toReversed()].every((microseconds) => {
        const time = Timestamp.from(microseconds)
        return formatTime(time) === time.toString().replace(/(?:\.000000)?Z$/, '')
      }),
    ),
    { seed, numRuns: 2000 },
  )
})

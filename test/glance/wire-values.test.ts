import fc from 'fast-check'
import t from 'tap'
import { HttpError } from '../../glance/lib/rpc/http-error.js'
import { depthMax, fromWire, toWire } from '../../glance/lib/rpc/wire-values.js'
import { formatTime } from '../../glance/lib/values/time-text.js'
import { Timestamp } from '../../lib/index.js'
import { seed } from '../support/seed.js'

const parameters = { seed, numRuns: 2000 }

const times = fc
  .bigInt({ min: -62_000_000_000_000_000n, max: 250_000_000_000_000_000n })
  .map((microseconds) => Timestamp.from(microseconds))
const names = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'toJSON', '_type', '_value', '0', '', '"'),
)

/** Lists and dictionaries of leaves; dictionaries are made by definition, so that a key may be called __proto__. */
function nested(leaf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(names, tie('value')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
    ),
  }))
  return value
}

const scalars = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null))
const answered = nested(fc.oneof(scalars, times, fc.double(), fc.bigInt(), fc.constant(undefined)))
const asked = nested(fc.oneof(scalars, times))

t.test('what is answered is its JSON, but for times and bigints', async () => {
  fc.assert(
    fc.property(answered, (value) => {
      const expected = JSON.stringify([value], function (this: Record<string, unknown>, name, item: unknown) {
        const held = this[name]
        if (held instanceof Timestamp) return { _type: 'datetime', _value: formatTime(held) }
        return typeof item === 'bigint' ? Number(item) : item
      })
      return JSON.stringify([toWire(value)]) === expected
    }),
    parameters,
  )
})

t.test('a dictionary that JSON carries as it is stays the same, and another is left as it was', async (t) => {
  const plain = { name: 'x', size: 1, meta: { of: { it: null } } }
  t.equal(toWire(plain), plain)
  const record = { size: 5n, at: Timestamp.from(0n), of: { at: Timestamp.from(1n) } }
  t.strictSame(toWire(record), {
    size: 5,
    at: { _type: 'datetime', _value: '1970-01-01T00:00:00' },
    of: { at: { _type: 'datetime', _value: '1970-01-01T00:00:00.000001' } },
  })
  t.strictSame(record, { size: 5n, at: Timestamp.from(0n), of: { at: Timestamp.from(1n) } })
})

t.test('what was written for the wire is read as it was', async () => {
  fc.assert(
    fc.property(asked, (value) => {
      const text = JSON.stringify([toWire(value)])
      const read = fromWire(JSON.parse(text))
      return JSON.stringify(toWire(read)) === text && timesIn(read) === timesIn([value])
    }),
    parameters,
  )
})

t.test('only what has the two names of a time alone is one', async (t) => {
  const time = { _type: 'datetime', _value: '2026-01-02T03:04:05' }
  t.strictSame(fromWire([time]), [Timestamp.from('2026-01-02T03:04:05Z')])
  for (const text of [
    '{"_type": "datetime"}',
    '{"_type": "datetime", "_value": "2026-01-02", "more": 1}',
    '{"_type": "date", "_value": "2026-01-02"}',
    '{"_type": "datetime", "__proto__": {"_value": "2026-01-02"}}',
  ]) {
    t.equal(JSON.stringify(fromWire(JSON.parse(text))), JSON.stringify(JSON.parse(text)), text)
  }
  t.throws(() => fromWire({ _type: 'datetime', _value: 'soon' }), HttpError)
  t.throws(() => fromWire({ _type: 'datetime', _value: 5 }), HttpError)
})

t.test('numbers that JSON cannot carry and too deep nesting are refused wherever they are', async (t) => {
  const nestedTo = (depth: number) => JSON.parse(`${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`)
  t.doesNotThrow(() => fromWire(nestedTo(depthMax / 2)))
  t.throws(() => fromWire(nestedTo(depthMax / 2 + 1)), HttpError)
  t.throws(() => fromWire({ a: [{ __proto__: null, b: 2 ** 53 }] }), HttpError)
})

/** How many times a value holds. */
function timesIn(value: unknown): number {
  if (value instanceof Timestamp) return 1
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, item) => sum + timesIn(item), 0)
}

import t from 'tap'
import { keyAfter, prefixRange } from '../../lib/codec/key.js'
import { partitionOf, partitionsOfRange, placementHash, placementPrefix } from '../../lib/codec/placement.js'
import { entryPrefix, rowPrefix, systemKey } from '../../lib/codec/space.js'
import * as tuple from '../../lib/codec/tuple.js'
import { CodecError } from '../../lib/errors/rome-error.js'

const index = entryPrefix(5, false)
const all = [0, 1, 2, 3]

t.test('a row is placed by its whole key, an entry by its index and first value', async (t) => {
  const row = rowPrefix(1) + tuple.encodeInteger(7)
  t.equal(placementPrefix(row), row)
  const equal = index + tuple.encodeText('demo')
  t.equal(placementPrefix(equal + tuple.encodeInteger(1)), equal)
  const descending = index + tuple.invertElement(tuple.encodeText('demo'))
  t.equal(placementPrefix(descending + tuple.encodeInteger(1)), descending)
  t.equal(
    partitionOf(equal + tuple.encodeInteger(1), 64),
    partitionOf(equal + tuple.encodeInteger(2), 64),
    'entries of one value lie together',
  )
})

t.test('system keys lie in partition 0', async (t) => {
  for (const name of ['catalogue', 'secret', 'x', 'y']) t.equal(partitionOf(systemKey(name), 64), 0)
})

t.test('an entry whose first value is malformed cannot be placed', async (t) => {
  t.throws(() => partitionOf(`${index}\x02abc`, 4), { constructor: CodecError, code: 'ROME_CODEC' })
})

t.test('keys that differ a little are spread evenly over 2 to 64 partitions', async (t) => {
  const keys = Array.from({ length: 20_000 }, (_, id) => rowPrefix(1) + tuple.encodeInteger(id))
  for (let partitions = 2; partitions <= 64; partitions++) {
    const counts = new Array<number>(partitions).fill(0)
    for (const key of keys) {
      const partition = partitionOf(key, partitions)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    const expected = keys.length / partitions
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // Six standard deviations of a chi-square distribution of this many degrees of freedom.
    t.ok(chiSquare < partitions - 1 + 6 * Math.sqrt(2 * (partitions - 1)), `${partitions}: ${chiSquare.toFixed(1)}`)
  }
})

t.test('the hash is 32 bits without sign', async (t) => {
  for (const text of ['', 'a', 'ab', '\xff\xff\xff\xff']) {
    const hash = placementHash(text)
    t.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32)
  }
})

t.test('a range of one first value, or of one row, lies in one partition', async (t) => {
  const value = index + tuple.encodeText('demo')
  const place = [partitionOf(value, 4)]
  t.strictSame(partitionsOfRange(prefixRange(value), 4), place)
  t.strictSame(partitionsOfRange(prefixRange(value + tuple.encodeInteger(3)), 4), place)
  t.strictSame(partitionsOfRange({ start: value + tuple.encodeInteger(3), end: `${value}\xfe` }, 4), place)
  const row = rowPrefix(1) + tuple.encodeInteger(7)
  t.strictSame(partitionsOfRange({ start: row, end: keyAfter(row) }, 4), [partitionOf(row, 4)])
  t.strictSame(partitionsOfRange(prefixRange('\x01'), 4), [0])
})

t.test('a range of several first values or rows may lie in every partition', async (t) => {
  t.strictSame(partitionsOfRange(prefixRange(index), 4), all)
  t.strictSame(partitionsOfRange(prefixRange(rowPrefix(1)), 4), all)
  t.strictSame(partitionsOfRange({ start: index + tuple.encodeText('a'), end: index + tuple.encodeText('c') }, 4), all)
  t.strictSame(partitionsOfRange(prefixRange(`${index}\x02de`), 4), all, 'texts that begin alike')
  t.strictSame(partitionsOfRange({ start: '', end: '\xff' }, 4), all)
  t.strictSame(partitionsOfRange({ start: '\x01\0', end: '\x03' }, 4), all)
  t.strictSame(partitionsOfRange(prefixRange(rowPrefix(1)), 1), [0])
})

t.test('every key of a range lies in one of its partitions', async (t) => {
  const values = ['a', 'a\0', 'a\x01', 'ab', 'b']
  const keys = values.flatMap((value) => [1, 2].map((id) => index + tuple.encodeText(value) + tuple.encodeInteger(id)))
  for (const start of keys) {
    for (const end of keys) {
      const partitions = partitionsOfRange({ start, end }, 64)
      for (const key of keys) {
        if (start <= key && key < end) t.ok(partitions.includes(partitionOf(key, 64)))
      }
    }
  }
})

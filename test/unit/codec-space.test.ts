import t from 'tap'
import { keyAfter, keyFromBytes, keyToBytes, prefixEnd, prefixRange } from '../../lib/codec/key.js'
import { entryPrefix, prefixBytes, rowPrefix, Space, systemKey } from '../../lib/codec/space.js'
import { InternalError } from '../../lib/errors/rome-error.js'

t.test('prefixes are three bytes: the space and the id', async (t) => {
  t.equal(rowPrefix(1), '\x02\0\x01')
  t.equal(rowPrefix(65_535), '\x02\xff\xff')
  t.equal(entryPrefix(258, false), '\x03\x01\x02')
  t.equal(entryPrefix(258, true), '\x04\x01\x02')
  t.equal(systemKey('catalogue'), '\x01\0\0\x02catalogue\0')
  t.equal(rowPrefix(1).length, prefixBytes)
  t.strictSame([Space.system, Space.row, Space.entry, Space.deletedEntry], ['\x01', '\x02', '\x03', '\x04'])
})

t.test('an id outside 1 to 65 535 is a defect', async (t) => {
  for (const id of [0, -1, 65_536, 1.5, Number.NaN]) {
    t.throws(() => rowPrefix(id), { constructor: InternalError, code: 'ROME_INTERNAL' })
    t.throws(() => entryPrefix(id, false), { constructor: InternalError, code: 'ROME_INTERNAL' })
  }
})

t.test('a key becomes bytes and comes back', async (t) => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  t.strictSame(keyToBytes(keyFromBytes(all)), all)
  t.equal(keyFromBytes(all).length, 256)
})

t.test('the end of a prefix is the smallest key after all that begin with it', async (t) => {
  t.equal(prefixEnd('ab'), 'ac')
  t.equal(prefixEnd('a\xff\xff'), 'b')
  t.equal(prefixEnd('\xff'), undefined)
  t.strictSame(prefixRange('a'), { start: 'a', end: 'b' })
  t.throws(() => prefixRange('\xff'), RangeError)
  t.equal(keyAfter('a'), 'a\0')
})

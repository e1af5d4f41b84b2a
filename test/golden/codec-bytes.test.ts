import { createSecretKey } from 'node:crypto'
import t from 'tap'
import { decodeDocument, encodeDocument } from '../../lib/codec/document.js'
import { decodeEntry, encodeEntry } from '../../lib/codec/entry.js'
import { partitionOf, placementHash } from '../../lib/codec/placement.js'
import { decodeRow, encodeRow } from '../../lib/codec/row.js'
import { entryPrefix, rowPrefix, systemKey } from '../../lib/codec/space.js'
import { openToken, sealToken } from '../../lib/codec/token.js'
import * as tuple from '../../lib/codec/tuple.js'

/*
 * The stored format, byte for byte. Stores in the field hold these bytes: a test that fails here means that a change
 * makes them unreadable. Rows, documents, tokens and hashes were computed by another program as well.
 */

const id = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'

function hexOfKey(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

const elements: readonly [string, string, tuple.TupleElement][] = [
  [tuple.encodeNull(), 'fe', null],
  [tuple.encodeBoolean(false), '08', false],
  [tuple.encodeBoolean(true), '09', true],
  [tuple.encodeText(''), '0200', ''],
  [tuple.encodeText('cirros'), '02636972726f7300', 'cirros'],
  [tuple.encodeText('é'), '02c3a900', 'é'],
  [tuple.encodeText('\u{1f600}'), '02f09f988000', '\u{1f600}'],
  [tuple.encodeText('a\0b'), '026101016200', 'a\0b'],
  [tuple.encodeText('\x01'), '02010200', '\x01'],
  [tuple.encodeBytes(Uint8Array.of()), '0300', Uint8Array.of()],
  [tuple.encodeBytes(Uint8Array.of(0, 1, 2, 255)), '030101010202ff00', Uint8Array.of(0, 1, 2, 255)],
  [tuple.encodeInteger(0), '14', 0],
  [tuple.encodeInteger(1), '1501', 1],
  [tuple.encodeInteger(-1), '13fe', -1],
  [tuple.encodeInteger(255), '15ff', 255],
  [tuple.encodeInteger(256), '160100', 256],
  [tuple.encodeInteger(-255), '1300', -255],
  [tuple.encodeInteger(-256), '12feff', -256],
  [tuple.encodeInteger(65_536), '17010000', 65_536],
  [tuple.encodeInteger(1_700_000_000_000), '1a018bcfe56800', 1_700_000_000_000],
  [tuple.encodeInteger(-1_700_000_000_000n), '0efe74301a97ff', -1_700_000_000_000],
  [tuple.encodeInteger(2 ** 53 - 1), '1b1fffffffffffff', 2 ** 53 - 1],
  [tuple.encodeInteger(1 - 2 ** 53), '0de0000000000000', 1 - 2 ** 53],
  [tuple.encodeInteger(2n ** 63n - 1n), '1c7fffffffffffffff', 2n ** 63n - 1n],
  [tuple.encodeInteger(-(2n ** 63n)), '0c7fffffffffffffff', -(2n ** 63n)],
  [tuple.encodeFloat(0), '218000000000000000', 0],
  [tuple.encodeFloat(1.5), '21bff8000000000000', 1.5],
  [tuple.encodeFloat(-1.5), '214007ffffffffffff', -1.5],
  [tuple.encodeFloat(Number.MIN_VALUE), '218000000000000001', Number.MIN_VALUE],
  [tuple.encodeFloat(-Number.MAX_VALUE), '210010000000000000', -Number.MAX_VALUE],
  [tuple.encodeDecimal('0'), '2301', '0'],
  [tuple.encodeDecimal('1.5'), '230280000001020600', '1.5'],
  [tuple.encodeDecimal('-1.5'), '23007ffffffefdf9ff', '-1.5'],
  [tuple.encodeDecimal('100'), '2302800000030200', '100'],
  [tuple.encodeDecimal('0.001'), '23027ffffffe0200', '0.001'],
  [tuple.encodeDecimal('-120.05'), '23007ffffffcfdfcfefef9ff', '-120.05'],
  [tuple.encodeUuid(id), '300190a1b2c3d47e5f8a9b0c1d2e3f4a5b', id],
]

t.test('tuple elements', async (t) => {
  for (const [key, expected, value] of elements) {
    t.equal(hexOfKey(key), expected)
    t.strictSame(tuple.decodeTuple(Buffer.from(expected, 'hex').toString('latin1')), [value])
  }
})

t.test('descending elements have every bit inverted', async (t) => {
  t.equal(hexOfKey(tuple.invertElement(tuple.encodeText('cirros'))), 'fd9c968d8d908cff')
  t.equal(hexOfKey(tuple.invertElement(tuple.encodeNull())), '01')
  t.equal(hexOfKey(tuple.invertElement(tuple.encodeInteger(-1))), 'ec01')
})

const rowKey = rowPrefix(258) + tuple.encodeUuid(id)
const entryKey =
  entryPrefix(7, false) +
  tuple.encodeText('demo') +
  tuple.invertElement(tuple.encodeInteger(1_700_000_000_000)) +
  tuple.encodeNull() +
  tuple.encodeInteger(42)

t.test('keys of the four spaces', async (t) => {
  t.equal(hexOfKey(systemKey('catalogue')), '01000002636174616c6f67756500')
  t.equal(hexOfKey(rowKey), '020102300190a1b2c3d47e5f8a9b0c1d2e3f4a5b')
  t.equal(hexOfKey(entryKey), '0300070264656d6f00e5fe74301a97fffe152a')
  t.equal(hexOfKey(entryPrefix(7, true) + tuple.encodeInteger(42)), '040007152a')
})

const rowHex =
  '998c55b40100000003dc0012c0c3c200ff7fcc80d0dfce00010000cb4278bcfe56800000cb3ff8000000000000d30000000000000005' +
  'd38000000000000000a0a6636972726f73a2c3a9c40200ff9201a178'

t.test('a row', async (t) => {
  const numbers = [0, -1, 127, 128, -33, 65_536, 1_700_000_000_000, 1.5, 5n, -(2n ** 63n)]
  const values = [null, true, false, ...numbers, '', 'cirros', 'é', Uint8Array.of(0, 255), [1, 'x']]
  t.equal(hex(encodeRow(rowKey, 3, values)), rowHex)
  t.same(decodeRow(rowKey, Buffer.from(rowHex, 'hex')), { schemaVersion: 3, values })
})

t.test('entries with and without values', async (t) => {
  t.equal(hex(encodeEntry(entryKey, [])), '4ef5d762')
  const withValues = '06d0085d92a571636f7732d30000000000cac200'
  t.equal(hex(encodeEntry(entryKey, ['qcow2', 13_287_936n])), withValues)
  t.strictSame(decodeEntry(entryKey, Buffer.from(withValues, 'hex')), ['qcow2', 13_287_936n])
})

t.test('a document of the catalogue', async (t) => {
  const expected = '7cffb6fc7b22666f726d6174223a317d'
  t.equal(hex(encodeDocument(systemKey('catalogue'), { format: 1 })), expected)
  t.strictSame(decodeDocument(systemKey('catalogue'), Buffer.from(expected, 'hex')), { format: 1 })
})

t.test('a continuation token', async (t) => {
  const secret = createSecretKey(Uint8Array.from({ length: 32 }, (_, index) => index))
  const values = ['demo', 1_700_000_000_000, null]
  const token = sealToken(secret, 'images/createdAt', values)
  const bytes = Buffer.from(token, 'base64url')
  t.equal(hex(bytes), '0145a0c984fe13187072db3c29b1f0fed793a464656d6fcb4278bcfe56800000c0')
  t.strictSame(openToken(secret, 'images/createdAt', token), values)
})

t.test('placement', async (t) => {
  const hashes: readonly [string, number][] = [
    ['', 2_872_998_923],
    ['a', 444_641_715],
    ['foobar', 202_221_276],
    [rowKey, 1_532_190_633],
  ]
  for (const [prefix, hash] of hashes) t.equal(placementHash(prefix), hash)
  t.strictSame(
    [2, 4, 64].map((partitions) => partitionOf(rowKey, partitions)),
    [1, 1, 41],
  )
  // By what the entry begins with up to `demo`: its hash, and so its place, is not that of the whole key.
  t.strictSame(
    [2, 4, 64].map((partitions) => partitionOf(entryKey, partitions)),
    [0, 2, 42],
  )
})

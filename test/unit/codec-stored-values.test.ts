import { crc32 } from 'node:zlib'
import t from 'tap'
import { seal, unseal } from '../../lib/codec/checksum.js'
import { decodeDocument, encodeDocument } from '../../lib/codec/document.js'
import { decodeEntry, encodeEntry } from '../../lib/codec/entry.js'
import { keyToBytes } from '../../lib/codec/key.js'
import { rowBytesMax } from '../../lib/codec/limits.js'
import { decodeRow, encodeRow } from '../../lib/codec/row.js'
import { CodecError, CorruptionError, InternalError, ValidationError } from '../../lib/errors/rome-error.js'

const key = '\x02\0\x01\xfe\x80'
const corrupt = { constructor: CorruptionError, code: 'ROME_CORRUPT' }
const notCodec = { constructor: CodecError, code: 'ROME_CODEC' }

t.test('a sealed value is the CRC-32 of key bytes and payload, then the payload', async (t) => {
  for (const payload of [Buffer.alloc(0), Buffer.from('payload'), Buffer.alloc(5000, 3)]) {
    const sealed = seal(key, payload)
    t.equal(Buffer.from(sealed).readUInt32BE(0), crc32(Buffer.concat([keyToBytes(key), payload])))
    t.strictSame(Buffer.from(sealed.subarray(4)), payload)
    t.strictSame(Buffer.from(unseal(key, sealed)), payload)
    t.strictSame(Buffer.from(unseal(key, new Uint8Array(sealed))), payload, 'bytes need not be a Buffer')
  }
})

t.test('a value under another key, a changed one and a short one are corruption, and the key is named', async (t) => {
  const sealed = seal(key, Buffer.from('payload'))
  t.throws(() => unseal(`${key}\0`, sealed), corrupt)
  t.throws(() => unseal(key, sealed.subarray(0, 10)), corrupt)
  t.throws(() => unseal(key, sealed.subarray(0, 3)), corrupt)
  t.throws(() => unseal(key, new Uint8Array(0)), corrupt)
  sealed[5] = (sealed[5] ?? 0) ^ 1
  t.throws(() => unseal(key, sealed), { ...corrupt, context: { key: '020001fe80' } })
})

t.test('a row comes back with its schema version and values', async (t) => {
  const values = [null, true, -5, 1.5, 2n ** 40n, 'é\0', Uint8Array.of(1, 2), [1, ['x']]]
  for (const schemaVersion of [0, 1, 2 ** 32 - 1]) {
    const { schemaVersion: decoded, values: back } = decodeRow(key, encodeRow(key, schemaVersion, values))
    t.equal(decoded, schemaVersion)
    t.same(back, values)
  }
})

t.test('decoded bytes are copies', async (t) => {
  const sealed = encodeRow(key, 1, [Uint8Array.of(1, 2, 3)])
  const [first] = decodeRow(key, sealed).values as [Uint8Array]
  const [second] = decodeRow(key, sealed).values as [Uint8Array]
  first[0] = 9
  sealed.fill(7)
  t.equal(second[0], 1)
})

t.test('a row of another format is refused', async (t) => {
  t.throws(() => decodeRow(key, seal(key, Uint8Array.of(2, 0, 0, 0, 1, 0x90))), notCodec)
  t.throws(() => decodeRow(key, seal(key, Uint8Array.of(1, 0, 0, 0))), notCodec)
  t.throws(() => decodeRow(key, seal(key, Uint8Array.of(1, 0, 0, 0, 1))), notCodec)
})

t.test('an entry without values has an empty payload', async (t) => {
  t.equal(encodeEntry(key, []).length, 4)
  t.strictSame(decodeEntry(key, encodeEntry(key, [])), [])
  t.strictSame(decodeEntry(key, encodeEntry(key, ['a', null])), ['a', null])
  t.throws(() => decodeEntry(`${key}x`, encodeEntry(key, [])), corrupt)
})

t.test('a row or an entry above 64 MiB is refused, and a small one after it is as ever', async (t) => {
  const large = [new Uint8Array(rowBytesMax)]
  const tooLarge = { constructor: ValidationError, code: 'ROME_ROW_TOO_LARGE' }
  const before = encodeRow(key, 1, ['x'])
  t.throws(() => encodeRow(key, 1, large), tooLarge)
  t.throws(() => encodeEntry(key, large), tooLarge)
  t.strictSame(encodeRow(key, 1, ['x']), before)
  const nearly = encodeRow(key, 1, [new Uint8Array(rowBytesMax - 100)])
  t.equal((decodeRow(key, nearly).values[0] as Uint8Array).length, rowBytesMax - 100)
})

t.test('a document of the catalogue comes back', async (t) => {
  const document = { tables: [{ id: 1, name: 'imagé' }], next: null }
  t.strictSame(decodeDocument(key, encodeDocument(key, document)), document)
  t.throws(() => encodeDocument(key, undefined), { constructor: InternalError, code: 'ROME_INTERNAL' })
})

t.test('a document that is no JSON text, or no UTF-8, is refused', async (t) => {
  for (const payload of [Buffer.alloc(0), Buffer.from('{"a":'), Buffer.from([0x22, 0xff, 0x22])]) {
    t.throws(() => decodeDocument(key, seal(key, payload)), notCodec)
  }
})

import { Packr } from 'msgpackr'
import t from 'tap'
import { storedLimits, type UnpackLimits } from '../../lib/codec/limits.js'
import { type PackedValue, packValues, unpackValues } from '../../lib/codec/serialiser.js'
import { CodecError, InternalError } from '../../lib/errors/rome-error.js'

const refused = { constructor: CodecError, code: 'ROME_CODEC' }

function unpack(hex: string, limits: UnpackLimits = storedLimits): unknown[] {
  return unpackValues(Buffer.from(hex.replaceAll(' ', ''), 'hex'), limits)
}

t.test('every storable value comes back as it was', async (t) => {
  const values = [
    null,
    true,
    false,
    ...[0, 1, 63, 64, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1],
    ...[-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1, 1 - 2 ** 53],
    ...[0.1, Number.MAX_VALUE, Number.MIN_VALUE],
    ...[0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
    ...['', 'a', 'é', '\u{1f600}', '\0', 'x'.repeat(31), 'x'.repeat(32), 'é'.repeat(200), 'x'.repeat(70_000)],
    [],
    [[1], ['a', [null]]],
    Array.from({ length: 20 }, (_, index) => index),
    Array.from({ length: 60_000 }, () => null),
  ]
  for (const value of values) t.strictSame(unpackValues(packValues([value]), storedLimits), [value])
  t.strictSame(unpackValues(packValues(values.slice(0, 40)), storedLimits), values.slice(0, 40))
  for (const length of [0, 1, 255, 256, 65_536]) {
    const [back] = unpackValues(packValues([new Uint8Array(length).fill(3)]), storedLimits) as [Uint8Array]
    t.ok(back.length === length && back.every((byte) => byte === 3), `${length} bytes`)
  }
})

t.test('-0 is stored as 0', async (t) => {
  t.ok(Object.is(unpackValues(packValues([-0]), storedLimits)[0], 0))
})

t.test('packed bytes are a buffer of their own, behind the room that was asked for', async (t) => {
  const first = packValues(['first'], 3)
  const copy = Buffer.from(first)
  packValues(['other'], 3)
  first.fill(0, 0, 3)
  copy.fill(0, 0, 3)
  t.strictSame(first, copy, 'packing again changed nothing')
  t.strictSame(unpackValues(first.subarray(3), storedLimits), ['first'])
})

t.test('what would not come back as it is, is never packed', async (t) => {
  const hostile: readonly unknown[] = [
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2n ** 63n,
    -(2n ** 63n) - 1n,
    '\ud800',
    'a\udc00b',
    {},
    new Date(),
    new Map(),
    new Set(),
    new Float64Array(1),
    Symbol('x'),
    () => 1,
  ]
  for (const value of hostile) {
    for (const values of [[value], [1, [value]]]) {
      t.throws(() => packValues(values as PackedValue[]), { constructor: InternalError, code: 'ROME_INTERNAL' })
    }
  }
  const sparse: PackedValue[] = []
  sparse[1] = 1
  t.throws(() => packValues(sparse), { constructor: InternalError, code: 'ROME_INTERNAL' })
  const cyclic: PackedValue[] = []
  cyclic.push(cyclic)
  t.throws(() => packValues(cyclic), { constructor: InternalError, code: 'ROME_INTERNAL' })
  t.strictSame(unpackValues(packValues(['after']), storedLimits), ['after'], 'and the packer still works')
})

const malformed: Readonly<Record<string, string>> = {
  'no bytes': '',
  'a value that is no array': '01',
  'a map': '91 81 a1 61 01',
  'a map at the top': '81 a1 61 01',
  'a 32-bit float': '91 ca 3f 80 00 00',
  'a float that is not a number': '91 cb 7f f8 00 00 00 00 00 00',
  'a float that is infinite': '91 cb ff f0 00 00 00 00 00 00',
  'an unsigned 64-bit integer': '91 cf ff ff ff ff ff ff ff ff',
  'the byte that msgpack never uses': '91 c1',
  'an undefined': '91 d4 00 00',
  'a time': '91 d6 ff 00 00 00 00',
  'a record definition': '92 d4 72 40 91 a1 61 40',
  'an error object': '91 c7 03 65 92 a1 61',
  'text that is not UTF-8': '91 a2 c3 28',
  'text that is a surrogate': '91 a3 ed a0 80',
  'text cut off': '91 a5 61',
  'text of four thousand million bytes': '91 db ff ff ff ff 61',
  'bytes cut off': '91 c4 05 00',
  'bytes whose length is cut off': '91 c5 00',
  'an integer cut off': '91 ce 00 00',
  'an array of four thousand million values': 'dd ff ff ff ff 01',
  'fewer values than said': '93 01 02',
  'more bytes than values': '91 01 02',
  'nine arrays inside each other': '91 91 91 91 91 91 91 91 91 01',
}

for (const [what, hex] of Object.entries(malformed)) {
  t.test(`${what} is refused`, async (t) => {
    t.throws(() => unpack(hex), refused)
    t.strictSame(unpack('92 01 40'), [1, 64], 'and nothing of it stays for the next')
  })
}

t.test('an array nested a million deep is refused without overflowing the stack', async (t) => {
  const deep = Buffer.alloc(1_000_000, 0x91)
  t.throws(() => unpackValues(deep, storedLimits), refused)
  t.throws(() => unpackValues(deep, { ...storedLimits, depthMax: 2_000_000 }), refused)
})

t.test('the limits are kept: bytes, values, depth', async (t) => {
  const limits = { bytesMax: 6, valuesMax: 3, depthMax: 2 }
  t.strictSame(unpack('93 01 02 03', limits), [1, 2, 3])
  t.throws(() => unpack('94 01 02 03 04', limits), refused)
  t.throws(() => unpack('92 01 92 02 03', limits), refused, 'nested values count')
  t.strictSame(unpack('91 92 01 02', limits), [[1, 2]])
  t.throws(() => unpack('91 91 91 01', limits), refused)
  t.strictSame(unpack('91 a4 61 61 61 61', limits), ['aaaa'])
  t.throws(() => unpack('91 a5 61 61 61 61 61', limits), refused)
})

t.test('a plain msgpack library reads what is packed', async (t) => {
  const values = [null, 'text', 5, 2n ** 40n, [1, 'x']]
  t.strictSame(new Packr({ useRecords: false, int64AsType: 'bigint' }).unpack(packValues(values)), values)
})

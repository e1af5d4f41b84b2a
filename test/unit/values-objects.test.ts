import t from 'tap'
import { CodecError, InternalError, UsageError, ValidationError } from '../../lib/errors/rome-error.js'
import type { JsonValue } from '../../lib/values/column-type.js'
import { compareRowValues, rowValuesEqual } from '../../lib/values/compare.js'
import { t as types } from '../../lib/values/t.js'
import { compareText } from '../../lib/values/text-order.js'

const wrongType = { constructor: ValidationError, code: 'ROME_VALUE_TYPE' }
const outOfRange = { constructor: ValidationError, code: 'ROME_VALUE_RANGE' }
const invalid = { constructor: ValidationError, code: 'ROME_VALUE_INVALID' }
const usage = { constructor: UsageError, code: 'ROME_ARGUMENT' }
const notStored = { constructor: CodecError, code: 'ROME_CODEC' }
const defect = { constructor: InternalError, code: 'ROME_INTERNAL' }

t.test('bytes are copied on their way in and out, and Buffers become plain', async (t) => {
  const { type } = types.bytes()
  const given = Buffer.from([1, 2, 3])
  const row = type.toRow(given) as Uint8Array
  given[0] = 9
  t.strictSame(row, Uint8Array.of(1, 2, 3))
  t.equal(row.constructor, Uint8Array)
  t.equal(row.buffer.byteLength, 3, 'no view of a larger buffer')
  const out = type.fromRow(row) as Uint8Array
  out[0] = 9
  t.equal(row[0], 1)
  t.strictSame(type.fromDisk(Buffer.from([5])), Uint8Array.of(5))
  t.equal((type.fromDisk(Buffer.from([5])) as Uint8Array).constructor, Uint8Array)
})

t.test('bytes take no more than max, and no other views', async (t) => {
  const { type } = types.bytes({ max: 2 })
  t.strictSame(type.toRow(Uint8Array.of(1, 2)), Uint8Array.of(1, 2))
  t.throws(() => type.toRow(Uint8Array.of(1, 2, 3)), outOfRange)
  for (const value of [[1], 'ab', new Uint16Array(1), new ArrayBuffer(1)]) t.throws(() => type.toRow(value), wrongType)
  t.throws(() => type.fromDisk('ab'), notStored)
  t.throws(() => type.decodeKey('ab'), notStored)
  t.throws(() => types.bytes({ max: -1 }), usage)
})

const ids = { idOf: (text: string) => (text === 'b' ? 1 : 2), textOf: (id: number) => [undefined, 'b', 'old'][id] }

t.test('an enum takes its texts only, and stores an id', async (t) => {
  const { type } = types.enum('b', 'a')
  t.strictSame(type.enumTexts, ['b', 'a'])
  t.equal(type.toRow('b'), 'b')
  t.throws(() => type.toRow('c'), { ...invalid, context: { texts: ['b', 'a'], received: '"c"' } })
  t.throws(() => type.toRow(1), wrongType)
  t.equal(type.toDisk('b', ids), 1)
  t.equal(type.fromDisk(1, ids), 'b')
  t.equal(type.fromDisk(2, ids), 'old', 'a text that the model no longer names is still read')
  t.throws(() => type.fromDisk(3, ids), notStored)
  t.throws(() => type.fromDisk('b', ids), notStored)
  t.throws(() => type.toDisk('b'), defect)
  t.throws(() => type.fromDisk(1), defect)
})

t.test('an enum orders by its texts, not as declared', async (t) => {
  const { type } = types.enum('b', 'a')
  t.ok(type.compare('a', 'b') < 0)
  t.ok(type.encodeKey('a') < type.encodeKey('b'))
})

t.test('an enum without texts, with one twice or with one that is no text cannot be declared', async (t) => {
  t.throws(() => types.enum(...([] as unknown as ['a'])), usage)
  t.throws(() => types.enum('a', 'b', 'a'), usage)
  t.throws(() => types.enum('\ud800'), usage)
  t.throws(() => types.enum(5 as unknown as 'a'), usage)
})

t.test('json holds a deeply frozen copy, and gives a deep copy that may be changed', async (t) => {
  const { type } = types.json()
  const given = { list: [1, { a: 'é' }], zero: -0, no: null }
  const row = type.toRow(given) as { list: [number, { a: string }]; zero: number }
  given.list[0] = 9
  t.equal(row.list[0], 1)
  t.ok(Object.is(row.zero, 0))
  t.ok(Object.isFrozen(row) && Object.isFrozen(row.list) && Object.isFrozen(row.list[1]))
  t.equal(Object.getPrototypeOf(row), null)
  const out = type.fromRow(row) as typeof row
  out.list[1].a = 'changed'
  t.equal(row.list[1].a, 'é')
  t.strictSame(type.fromRow(type.toRow({ a: { b: 1 } })), { a: { b: 1 } }, 'what is given out are plain objects')
})

t.test('json takes what JSON can say at the top level too, except null', async (t) => {
  const { type } = types.json()
  for (const value of [true, 0, 'text', [], {}, Object.create(null)]) {
    t.same(type.fromDisk(type.toDisk(type.toRow(value))), value)
  }
})

t.test('json refuses what JSON cannot say or would change', async (t) => {
  const { type } = types.json()
  const cyclic: unknown[] = []
  cyclic.push({ again: cyclic })
  for (const value of [new Date(), new Map(), new (class Own {})(), () => 1, 5n, Symbol('x'), new Uint8Array(1)]) {
    t.throws(() => type.toRow(value), wrongType)
    t.throws(() => type.toRow({ a: [value] }), wrongType)
  }
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, '\ud800', { '\ud800': 1 }, { [Symbol('x')]: 1 }]) {
    t.throws(() => type.toRow(value), invalid)
    t.throws(() => type.toRow({ a: [value] }), invalid)
  }
  t.throws(() => type.toRow(JSON.parse('{"a":{"__proto__":1}}')), invalid)
  t.throws(() => type.toRow({ a: undefined }), { constructor: UsageError, code: 'ROME_UNDEFINED' })
  t.throws(() => type.toRow(new Array(1)), { constructor: UsageError, code: 'ROME_UNDEFINED' }, 'a hole')
  t.throws(() => type.toRow(cyclic), outOfRange)
})

t.test('json takes a hundred levels and about 16 MiB, and no more', async (t) => {
  const { type } = types.json()
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
  t.ok(type.toRow(nested(100)))
  t.throws(() => type.toRow(nested(101)), outOfRange)
  t.throws(() => type.toRow(['x'.repeat(8_400_000), 'x'.repeat(8_400_000)]), outOfRange)
  let shared: unknown = 1
  for (let level = 0; level < 40; level++) shared = [shared, shared]
  t.throws(() => type.toRow(shared), outOfRange, 'a small object that is large when written out')
})

t.test('json is equal whatever the order of keys, and has no key form', async (t) => {
  const { type } = types.json()
  const a = type.toRow({ a: 1, b: [{ c: 2, d: 3 }] })
  const b = type.toRow({ b: [{ d: 3, c: 2 }], a: 1 })
  t.ok(rowValuesEqual(type, a, b))
  t.notOk(rowValuesEqual(type, a, type.toRow({ a: 1, b: [{ c: 2, d: 4 }] })))
  t.notOk(rowValuesEqual(type, type.toRow([1, 2]), type.toRow([2, 1])))
  t.notOk(rowValuesEqual(type, type.toRow({}), type.toRow([])))
  t.notOk(rowValuesEqual(type, 'a', a))
  t.ok(rowValuesEqual(type, 'a', 'a'))
  t.throws(() => type.encodeKey(a), defect)
  t.throws(() => type.decodeKey('{}'), defect)
})

t.test('json from disk is checked as json from a user is', async (t) => {
  const { type } = types.json()
  for (const text of ['', 'null', '{', '{"__proto__":1}', '"\\ud800"', '1e999', '['.repeat(101) + ']'.repeat(101)]) {
    t.throws(() => type.fromDisk(text), notStored, text.slice(0, 20))
  }
  t.throws(() => type.fromDisk({ a: 1 } as JsonValue), notStored)
  t.throws(() => type.fromDisk('['.repeat(1_000_000)), notStored)
})

t.test('nulls are last, and equal to each other', async (t) => {
  const { type } = types.integer()
  t.strictSame(
    [null, 2, null, -1].sort((a, b) => compareRowValues(type, a, b)),
    [-1, 2, null, null],
  )
  t.equal(compareRowValues(type, null, null), 0)
  t.ok(rowValuesEqual(type, null, null))
  t.notOk(rowValuesEqual(type, null, 0))
  t.ok(rowValuesEqual(types.bytes().type, Uint8Array.of(1), Uint8Array.of(1)))
  t.notOk(rowValuesEqual(types.bytes().type, Uint8Array.of(1), null))
})

t.test('text orders by code point', async (t) => {
  const ordered = [
    '',
    '\0',
    'A',
    'a',
    'aa',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10000}a',
    '\u{10001}',
    '\u{10ffff}',
  ]
  t.strictSame([...ordered].reverse().sort(compareText), ordered)
})

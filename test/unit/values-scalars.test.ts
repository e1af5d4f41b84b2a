import t from 'tap'
import { CodecError, UsageError, ValidationError } from '../../lib/errors/rome-error.js'
import type { ColumnType } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'
import { Timestamp } from '../../lib/values/timestamp.js'

const wrongType = { constructor: ValidationError, code: 'ROME_VALUE_TYPE' }
const outOfRange = { constructor: ValidationError, code: 'ROME_VALUE_RANGE' }
const invalid = { constructor: ValidationError, code: 'ROME_VALUE_INVALID' }
const usage = { constructor: UsageError, code: 'ROME_ARGUMENT' }
const notStored = { constructor: CodecError, code: 'ROME_CODEC' }

const everyType: Readonly<Record<string, ColumnType>> = {
  string: types.string().type,
  text: types.text().type,
  integer: types.integer().type,
  bigint: types.bigint().type,
  float: types.float().type,
  decimal: types.decimal().type,
  boolean: types.boolean().type,
  datetime: types.datetime().type,
  timestamp: types.datetime({ precision: 6 }).type,
  date: types.date().type,
  uuid: types.uuid().type,
  bytes: types.bytes().type,
  enum: types.enum('a').type,
  json: types.json().type,
}

for (const [kind, type] of Object.entries(everyType)) {
  t.test(`${kind} refuses undefined as misuse and null as not nullable, and is frozen`, async (t) => {
    t.equal(type.kind, kind)
    t.equal(type.isOrdered, kind !== 'json')
    t.ok(Object.isFrozen(type) && Object.isFrozen(type.parameters))
    t.throws(() => type.toRow(undefined), { constructor: UsageError, code: 'ROME_UNDEFINED' })
    t.throws(() => type.toRow(null), { ...wrongType, message: /nullable\(\)/ })
    t.throws(() => type.toRow(Symbol('x')), wrongType)
    t.throws(() => type.fromDisk(undefined), notStored)
    t.throws(() => type.fromDisk(null), notStored)
  })
}

t.test('string counts code points, 255 when not told', async (t) => {
  const { type } = types.string({ max: 3 })
  t.equal(type.toRow('😀😀😀'), '😀😀😀')
  t.throws(() => type.toRow('😀😀😀a'), outOfRange)
  t.throws(() => type.toRow('abcd'), outOfRange)
  t.equal(types.string().type.toRow('x'.repeat(255)), 'x'.repeat(255))
  t.throws(() => types.string().type.toRow('x'.repeat(256)), outOfRange)
  t.equal(type.fromDisk('written when max was larger'), 'written when max was larger')
  for (const max of [-1, 1.5, Number.NaN, '5' as unknown as number]) t.throws(() => types.string({ max }), usage)
})

t.test('text and string keep U+0000 and the empty text, and refuse lone surrogates', async (t) => {
  for (const { type } of [types.string(), types.text()]) {
    for (const text of ['', '\0', 'a\0b', '\u{10ffff}']) t.equal(type.toRow(text), text)
    for (const text of ['\ud800', 'a\udc00', '\udc00\ud800']) t.throws(() => type.toRow(text), invalid)
    t.throws(() => type.toRow(5), wrongType)
    t.throws(() => type.toRow(new String('x')), wrongType)
  }
})

t.test('text takes 16 MiB of UTF-8 and no more', async (t) => {
  const { type } = types.text()
  const mebibyte = 1024 * 1024
  t.ok(type.toRow('x'.repeat(16 * mebibyte)))
  t.throws(() => type.toRow('x'.repeat(16 * mebibyte + 1)), outOfRange)
  t.throws(() => type.toRow('é'.repeat(8 * mebibyte + 1)), outOfRange)
})

t.test('integer takes safe integers between its bounds', async (t) => {
  const { type } = types.integer()
  for (const value of [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) t.equal(type.toRow(value), value)
  t.ok(Object.is(type.toRow(-0), 0))
  t.throws(() => type.toRow(2 ** 53), outOfRange)
  t.throws(() => type.toRow(1.5), invalid)
  t.throws(() => type.toRow(Number.NaN), invalid)
  t.throws(() => type.toRow(5n), wrongType)
  t.throws(() => type.toRow('5'), wrongType)
  const bounded = types.integer({ min: -1, max: 3 }).type
  t.equal(bounded.toRow(3), 3)
  t.throws(() => bounded.toRow(4), outOfRange)
  t.throws(() => bounded.toRow(-2), outOfRange)
  t.equal(bounded.fromDisk(100), 100, 'bounds may have been wider when it was written')
  t.throws(() => type.fromDisk(1.5), notStored)
  t.throws(() => type.fromDisk(-0), notStored)
  t.throws(() => type.decodeKey('5'), notStored)
  t.throws(() => types.integer({ min: 5, max: 1 }), usage)
  t.throws(() => types.integer({ min: Number.NaN }), usage)
})

t.test('bigint takes 64 bits with sign', async (t) => {
  const { type } = types.bigint()
  for (const value of [0n, 2n ** 63n - 1n, -(2n ** 63n)]) t.equal(type.toRow(value), value)
  t.throws(() => type.toRow(2n ** 63n), outOfRange)
  t.throws(() => type.toRow(-(2n ** 63n) - 1n), outOfRange)
  t.throws(() => type.toRow(5), wrongType)
  t.throws(() => type.fromDisk(5), notStored)
  t.throws(() => type.fromDisk(2n ** 63n), notStored)
  t.equal(type.decodeKey(5), 5n, 'a tuple gives safe integers as numbers')
  t.throws(() => type.decodeKey(1.5), notStored)
})

t.test('float takes finite numbers, and -0 as 0', async (t) => {
  const { type } = types.float()
  t.equal(type.toRow(0.1), 0.1)
  t.ok(Object.is(type.toRow(-0), 0))
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => type.toRow(value), invalid)
    t.throws(() => type.fromDisk(value), notStored)
  }
  t.throws(() => type.toRow('1'), wrongType)
})

t.test('decimal makes one text of every way to write a number', async (t) => {
  const { type } = types.decimal()
  const written: Readonly<Record<string, readonly unknown[]>> = {
    '1.5': ['1.5', '1.50', '01.5', '+1.500'],
    '0': ['0', '-0', '+0', '0.0', '000', '.0', '0.', '-.000', 0, -0, 0n],
    '-0.05': ['-0.05', '-.050'],
    '100': ['100', '100.', '0100.0', 100, 100n],
    '-12345678901234567890.123': ['-12345678901234567890.1230'],
  }
  for (const [canonical, texts] of Object.entries(written)) {
    for (const text of texts) t.equal(type.toRow(text), canonical)
    t.equal(type.fromDisk(canonical), canonical)
  }
  for (const text of ['', '.', '-', '+', '-.', '1e5', '1,5', ' 1', '1\n', '0x1', '1.2.3', '--1', '١', 'NaN']) {
    t.throws(() => type.toRow(text), invalid, JSON.stringify(text))
    t.throws(() => type.fromDisk(text), notStored)
  }
  for (const text of ['1.50', '-0', '01', '+1', '.5']) t.throws(() => type.fromDisk(text), notStored, text)
  for (const value of [1.5, Number.NaN, 2 ** 53, true]) t.throws(() => type.toRow(value), wrongType)
})

t.test('decimal takes a thousand digits and no more', async (t) => {
  const { type } = types.decimal()
  t.ok(type.toRow('9'.repeat(1000)))
  t.ok(type.toRow(`-0.${'9'.repeat(999)}`))
  t.throws(() => type.toRow('9'.repeat(1001)), outOfRange)
  t.throws(() => type.toRow(`0.${'9'.repeat(1000)}`), outOfRange)
  t.throws(() => type.toRow('9'.repeat(1_000_000)), outOfRange)
  t.throws(() => type.fromDisk('9'.repeat(1001)), notStored)
})

t.test('decimal refuses a long text that is nearly a number as fast as any other', async (t) => {
  const zeros = '0'.repeat(100_000)
  const begun = performance.now()
  t.throws(() => types.decimal().type.toRow(`${zeros}.${zeros}x`), invalid)
  t.throws(() => types.decimal().type.toRow(`${zeros}.${zeros}.`), invalid)
  t.equal(types.decimal().type.toRow(`${zeros}5.${zeros}`), '5')
  t.ok(performance.now() - begun < 1000)
})

t.test('decimal orders by value', async (t) => {
  const { type } = types.decimal()
  const ordered = [
    '-100',
    '-99.5',
    '-1.5',
    '-1.05',
    '-1',
    '-0.5',
    '-0.05',
    '0',
    '0.05',
    '0.5',
    '1',
    '1.05',
    '1.5',
    '99.5',
    '100',
  ]
  t.strictSame(
    [...ordered].reverse().sort((a, b) => type.compare(a, b)),
    ordered,
  )
})

t.test('boolean takes true and false only', async (t) => {
  const { type } = types.boolean()
  t.equal(type.toRow(true), true)
  for (const value of [0, 1, 'true', new Boolean(true)]) t.throws(() => type.toRow(value), wrongType)
  t.throws(() => type.fromDisk(1), notStored)
})

t.test('datetime holds milliseconds and gives a Date of its own each time', async (t) => {
  const { type } = types.datetime()
  const date = new Date('1969-12-31T23:59:59.999Z')
  const row = type.toRow(date)
  t.equal(row, -1)
  const given = type.fromRow(-1) as Date
  given.setTime(5)
  t.strictSame(type.fromRow(-1), date)
  t.throws(() => type.toRow(new Date(Number.NaN)), invalid)
  for (const value of [5, '2024-01-01', Timestamp.now()]) t.throws(() => type.toRow(value), wrongType)
  for (const value of [1.5, 8.64e15 + 1, -0, '5']) t.throws(() => type.fromDisk(value), notStored)
})

t.test('datetime takes no precision but 3 and 6', async (t) => {
  t.equal(types.datetime({ precision: 3 }).type.kind, 'datetime')
  t.throws(() => types.datetime({ precision: 4 as 3 }), usage)
})

t.test('timestamp takes a Timestamp or a Date', async (t) => {
  const { type } = types.datetime({ precision: 6 })
  t.equal(type.toRow(Timestamp.from('1970-01-01T00:00:00.000001Z')), 1n)
  t.equal(type.toRow(new Date(-1)), -1000n)
  t.ok((type.fromRow(7n) as Timestamp).equals(Timestamp.from(7n)))
  t.throws(() => type.toRow(new Date(Number.NaN)), invalid)
  for (const value of [5, 5n, '2024-01-01T00:00:00Z']) t.throws(() => type.toRow(value), wrongType)
  for (const value of [5, 2n ** 63n - 1n]) t.throws(() => type.fromDisk(value), notStored)
})

t.test('date takes real days of the years 1 to 9999', async (t) => {
  const { type } = types.date()
  t.equal(type.toRow('1970-01-01'), 0)
  t.equal(type.toRow('1969-12-31'), -1)
  t.equal(type.fromRow(0), '1970-01-01')
  for (const day of ['0001-01-01', '0099-12-31', '1900-02-28', '2000-02-29', '2024-02-29', '9999-12-31']) {
    t.equal(type.fromRow(type.toRow(day)), day)
  }
  const wrong = ['', '2023-02-29', '1900-02-29', '2024-02-30', '2024-13-01', '2024-00-01', '2024-1-1', '0000-12-31']
  for (const day of [
    ...wrong,
    '10000-01-01',
    '+010000-01-01',
    '-000001-01-01',
    '2024-01-01T00:00:00Z',
    ' 2024-01-01',
  ]) {
    t.throws(() => type.toRow(day), invalid, day)
  }
  t.throws(() => type.toRow(new Date()), wrongType)
  for (const value of [0.5, -0, 3e6, '0']) t.throws(() => type.fromDisk(value), notStored)
})

t.test('uuid takes text in any case, holds lower case and stores 16 bytes', async (t) => {
  const { type } = types.uuid()
  const id = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'
  t.equal(type.toRow(id.toUpperCase()), id)
  t.equal(type.fromRow(id), id)
  const disk = type.toDisk(id) as Uint8Array
  t.equal(Buffer.from(disk).toString('hex'), id.replaceAll('-', ''))
  t.equal(type.fromDisk(disk), id)
  t.equal(type.fromDisk(Buffer.from(disk)), id)
  for (const text of ['', id.replaceAll('-', ''), `{${id}}`, `${id}0`, `${id.slice(0, -1)}g`, `${id}\n`]) {
    t.throws(() => type.toRow(text), invalid, JSON.stringify(text))
    t.throws(() => type.decodeKey(text), notStored)
  }
  t.throws(() => type.toRow(disk), wrongType)
  t.throws(() => type.fromDisk(disk.subarray(1)), notStored)
  t.throws(() => type.fromDisk(id), notStored)
})

t.test('messages name the received value, shortened', async (t) => {
  const shown: readonly [unknown, string][] = [
    ['x'.repeat(1000), `"${'x'.repeat(79)}…`],
    [5n, '5n'],
    [-0, '-0'],
    [[1, 2], 'an array of 2'],
    [Buffer.alloc(3), '3 bytes'],
    [new Map(), 'an object of class Map'],
    [Object.create(null), 'an object'],
    [() => 1, 'a function'],
  ]
  for (const [value, received] of shown) {
    t.throws(() => types.boolean().type.toRow(value), { ...wrongType, context: { received } })
  }
})

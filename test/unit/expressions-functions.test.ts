import t from 'tap'
import { cast, literal } from '../../lib/expressions/cast.js'
import { Column } from '../../lib/expressions/column.js'
import { day, hour, minute, month, second, year } from '../../lib/expressions/date-functions.js'
import { type Access, compileValue } from '../../lib/expressions/evaluate.js'
import type { Expression } from '../../lib/expressions/expression.js'
import { arrayContains, hasKey, jsonAt, jsonContains } from '../../lib/expressions/json-functions.js'
import { abs, round } from '../../lib/expressions/number-functions.js'
import { concat, length, lower, substring, trim, upper } from '../../lib/expressions/text-functions.js'
import { typeOf } from '../../lib/expressions/type-of.js'
import type { ColumnSpec } from '../../lib/values/column-spec.js'
import type { ColumnType, JsonValue, RowValue } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'
import { Timestamp } from '../../lib/values/timestamp.js'

const source = Object.freeze({ name: 'things' })
const access: Access<RowValue> = () => (row) => row

function columnOf<T>({ type }: ColumnSpec<T>): Column<T> {
  return new Column<T>(source, { name: 'c', type, isNullable: true, position: 0 })
}

/** The property value of an expression over a column that holds `value`. */
function evaluated({ node }: Expression<unknown>, value: RowValue = null): unknown {
  const result = compileValue(node, access)(value)
  return result === null ? null : typeOf(node).fromRow(result)
}

const integer = columnOf(types.integer({ min: 0, max: 10 }))
const float = columnOf(types.float())
const bigint = columnOf(types.bigint())
const decimal = columnOf(types.decimal())
const text = columnOf(types.string({ max: 5 }))
const json = columnOf(types.json())

// What a program without types, or with wrong ones, can hand over.
const missing = undefined as never
const nothing = null as never
const notNumbers = columnOf(types.string()) as unknown as Expression<number>
const notText = columnOf(types.integer()) as unknown as Expression<string>

const invalidQuery = { name: 'QueryError', code: 'ROME_QUERY_INVALID' }

t.test('integers are calculated exactly, and beyond 2^53 by an error', async (t) => {
  t.equal(evaluated(integer.plus(3), 4), 7)
  t.equal(evaluated(integer.minus(30), 4), -26, 'the bounds of the column do not bind the result')
  t.equal(evaluated(integer.times(integer), 7), 49)
  t.equal(evaluated(integer.modulo(4), -7), -3)
  t.ok(Object.is(evaluated(integer.modulo(7), -7), 0), 'no negative zero')
  t.ok(Object.is(evaluated(integer.negated(), 0), 0))
  t.ok(Object.is(evaluated(integer.times(0), -7), 0))
  t.equal(evaluated(integer.plus(0), Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
  t.throws(() => evaluated(integer.plus(1), Number.MAX_SAFE_INTEGER), invalidQuery)
  t.throws(() => evaluated(integer.minus(2), -Number.MAX_SAFE_INTEGER), invalidQuery)
  t.throws(() => evaluated(integer.times(3), 2 ** 52), invalidQuery)
})

t.test('a quotient of integers is a float, one of bigints is cut off', async (t) => {
  t.equal(evaluated(integer.dividedBy(2), 7), 3.5)
  t.equal(typeOf(integer.dividedBy(2).node).kind, 'float')
  t.equal(evaluated(cast(integer.dividedBy(2), types.integer()), -7), -3)
  t.equal(evaluated(bigint.dividedBy(2n), -7n), -3n)
  t.equal(evaluated(bigint.modulo(2n), -7n), -1n)
})

t.test('a division by zero is null', async (t) => {
  t.equal(evaluated(integer.dividedBy(0), 7), null)
  t.equal(evaluated(integer.modulo(0), 7), null)
  t.equal(evaluated(float.dividedBy(0), 0.5), null)
  t.equal(evaluated(float.modulo(-0), 0.5), null)
  t.equal(evaluated(bigint.dividedBy(0n), 7n), null)
  t.equal(evaluated(bigint.modulo(0n), 7n), null)
  t.equal(evaluated(decimal.dividedBy('0.00'), '7'), null)
  t.equal(evaluated(decimal.modulo('0'), '7'), null)
})

t.test('integers and floats go together, and make floats', async (t) => {
  t.equal(evaluated(integer.plus(0.5), 1), 1.5)
  t.equal(evaluated(integer.times(literal(0.5, types.float())), 3), 1.5)
  t.equal(typeOf(integer.plus(float).node).kind, 'float')
  t.equal(evaluated(integer.dividedBy(2).gt(integer), 3), false)
  t.equal(evaluated(integer.gt(integer.dividedBy(2)), 3), true)
  t.equal(evaluated(float.plus(0.2), 0.1), 0.1 + 0.2)
  t.throws(() => evaluated(float.times(10), Number.MAX_VALUE), invalidQuery, 'no infinity')
})

t.test('bigints are exact within 64 bits, and an error beyond', async (t) => {
  const greatest = 2n ** 63n - 1n
  t.equal(evaluated(bigint.minus(1n), greatest), greatest - 1n)
  t.throws(() => evaluated(bigint.plus(1n), greatest), invalidQuery)
  t.throws(() => evaluated(bigint.times(2n), greatest), invalidQuery)
  t.throws(() => evaluated(bigint.negated(), -(2n ** 63n)), invalidQuery)
  t.throws(() => evaluated(abs(bigint), -(2n ** 63n)), invalidQuery)
  t.throws(() => evaluated(bigint.dividedBy(-1n), -(2n ** 63n)), invalidQuery)
})

t.test('decimals are exact, and a quotient has twenty digits after the point', async (t) => {
  t.equal(evaluated(decimal.plus('0.2'), '0.1'), '0.3')
  t.equal(evaluated(decimal.minus('1.00'), '0.999'), '-0.001')
  t.equal(evaluated(decimal.times('-0.5'), '0.2'), '-0.1')
  t.equal(evaluated(decimal.dividedBy('3'), '2'), '0.66666666666666666667')
  t.equal(evaluated(decimal.dividedBy('-3'), '2'), '-0.66666666666666666667')
  t.equal(evaluated(decimal.dividedBy('0.5'), '2'), '4')
  t.equal(
    evaluated(decimal.dividedBy('2'), '0.0000000000000000000000001'),
    '0.0000000000000000000000001',
    'half, rounded',
  )
  t.equal(evaluated(decimal.modulo('0.3'), '-1'), '-0.1')
  t.equal(evaluated(decimal.negated(), '0'), '0')
  t.equal(evaluated(decimal.negated(), '-1.5'), '1.5')
  t.throws(() => evaluated(decimal.times(decimal), '9'.repeat(1000)), invalidQuery)
})

t.test('what is no number is not calculated with, nor numbers of different types', async (t) => {
  t.throws(() => notNumbers.plus(1), { name: 'ValidationError', code: 'ROME_VALUE_TYPE' })
  t.throws(() => notNumbers.plus(notNumbers), invalidQuery)
  t.throws(() => notNumbers.negated(), invalidQuery)
  t.throws(() => abs(notNumbers), invalidQuery)
  t.throws(() => integer.plus(bigint as unknown as Expression<number>), invalidQuery)
  t.throws(() => decimal.plus(text), invalidQuery)
  t.throws(() => integer.plus(missing), { code: 'ROME_UNDEFINED' })
  t.throws(() => integer.plus(nothing), { code: 'ROME_ARGUMENT' })
  t.throws(() => integer.plus(Number.NaN), { code: 'ROME_VALUE_INVALID' })
  t.throws(() => decimal.plus('x'), { code: 'ROME_VALUE_INVALID' })
})

t.test('round goes away from zero at a half, by the digits that are written', async (t) => {
  t.equal(evaluated(round(float), 2.5), 3)
  t.equal(evaluated(round(float), -2.5), -3)
  t.ok(Object.is(evaluated(round(float), -0.4), 0))
  t.equal(evaluated(round(float, 2), 2.675), 2.68)
  t.equal(evaluated(round(float, 2), 1.005), 1.01)
  t.equal(evaluated(round(float, 3), 1e21), 1e21)
  t.equal(evaluated(round(float, 100), 5e-324), 0)
  t.equal(evaluated(round(float, 20), 1.5e-7), 1.5e-7)
  t.equal(evaluated(round(decimal, 1), '-0.25'), '-0.3')
  t.equal(evaluated(round(decimal), '99.5'), '100')
  t.equal(evaluated(round(integer, 2), 7), 7)
  t.equal(evaluated(round(bigint), 7n), 7n)
  t.equal(evaluated(abs(decimal), '-1.5'), '1.5')
  t.equal(evaluated(abs(float), -1.5), 1.5)
  for (const digits of [-1, 0.5, 101, Number.NaN, '1' as unknown as number]) {
    t.throws(() => round(float, digits), { code: 'ROME_ARGUMENT' }, String(digits))
  }
  t.throws(() => round(float, missing), { code: 'ROME_UNDEFINED' })
})

t.test('functions of text count code points', async (t) => {
  t.equal(evaluated(lower(text), 'ÀB\u{10400}'), 'àb\u{10428}')
  t.equal(evaluated(upper(text), 'straße'), 'STRASSE')
  t.equal(evaluated(length(text), 'a\u{1f600}é'), 3)
  t.equal(evaluated(length(text), ''), 0)
  t.equal(evaluated(trim(text), '  a b\t '), 'a b\t', 'spaces only')
  t.equal(evaluated(trim(text), '   '), '')
  t.equal(evaluated(concat(text, '-', text), 'ab'), 'ab-ab')
  t.equal(evaluated(substring(text, 2), '\u{1f600}bc'), 'bc')
  t.equal(evaluated(substring(text, 1, 1), '\u{1f600}bc'), '\u{1f600}')
  t.equal(evaluated(substring(text, 0, 2), 'abc'), 'a', 'places before the first count')
  t.equal(evaluated(substring(text, 2, 0), 'abc'), '')
  t.equal(evaluated(substring(text, 2, -1), 'abc'), '')
  t.equal(evaluated(substring(text, 9), 'abc'), '')
  t.equal(evaluated(substring(text, length(text)), 'abc'), 'c')
})

t.test('results of text have no bound of their column', async (t) => {
  t.equal(evaluated(concat(text, text).eq('abcdeabcde'), 'abcde'), true)
})

t.test('functions of text take text only', async (t) => {
  for (const take of [lower, upper, trim, length]) {
    t.throws(() => take(notText), invalidQuery)
    t.throws(() => take(missing), { code: 'ROME_UNDEFINED' })
  }
  t.throws(() => concat(), { code: 'ROME_ARGUMENT' })
  t.throws(() => concat(text, nothing), { code: 'ROME_ARGUMENT' })
  t.throws(() => concat(text, '\ud800'), { code: 'ROME_VALUE_INVALID' })
  t.throws(() => concat(text, notText), invalidQuery)
  t.throws(() => substring(text, 1.5), invalidQuery)
  t.throws(() => substring(text, 1, missing), { code: 'ROME_UNDEFINED' })
})

t.test('every function is null when an argument is', async (t) => {
  const functions = [
    integer.plus(1),
    literal(1, types.integer()).minus(integer),
    float.times(2),
    bigint.dividedBy(2n),
    decimal.modulo('2'),
    integer.negated(),
    abs(float),
    round(decimal, 1),
    lower(text),
    upper(text),
    trim(text),
    length(text),
    concat('a', text),
    substring(text, 1),
    substring(literal('abc', types.text()), integer, 1),
    cast(integer, types.text()),
    year(columnOf(types.date())),
    hour(columnOf(types.datetime())),
    jsonAt(json, 'a', types.text()),
    jsonContains(json, 1),
    arrayContains(columnOf(types.json<number[]>()), 1),
    hasKey(json, 'a'),
    hasKey(literal({ a: 1 }, types.json()), text),
  ]
  for (const [index, expression] of functions.entries()) t.equal(evaluated(expression, null), null, `${index}`)
})

t.test('parts of dates and times are those of UTC', async (t) => {
  const instant = new Date('2024-02-29T23:59:58.999Z')
  const datetime = columnOf(types.datetime())
  const timestamp = columnOf(types.datetime({ precision: 6 }))
  const date = columnOf(types.date())
  const microseconds = Timestamp.from('1969-12-31T23:59:59.999999Z').microseconds
  const partsOf = (of: Expression<Date | Timestamp>, row: RowValue) =>
    [year(of), month(of), day(of), hour(of), minute(of), second(of)].map((part) => evaluated(part, row))
  t.same(partsOf(datetime, instant.getTime()), [2024, 2, 29, 23, 59, 58])
  t.same(partsOf(datetime, -1), [1969, 12, 31, 23, 59, 59])
  t.same(partsOf(timestamp, microseconds), [1969, 12, 31, 23, 59, 59])
  t.same(
    [year(date), month(date), day(date)].map((part) => evaluated(part, types.date().type.toRow('0001-12-31'))),
    [1, 12, 31],
  )
  t.throws(() => hour(date as unknown as Expression<Date>), invalidQuery, 'a day has no hour')
  t.throws(() => year(text), invalidQuery)
  t.throws(() => year(missing), { code: 'ROME_UNDEFINED' })
})

t.test('a literal is of the type it is given', async (t) => {
  t.equal(evaluated(literal('2024-02-29', types.date())), '2024-02-29')
  t.equal(evaluated(literal(1, types.float())), 1)
  t.throws(() => literal('x' as never, types.integer()), { code: 'ROME_VALUE_TYPE' })
  t.throws(() => literal(missing, types.integer()), { code: 'ROME_UNDEFINED' })
  t.throws(() => literal(nothing, types.integer()), { code: 'ROME_VALUE_TYPE' })
  t.throws(() => literal(1, missing), { code: 'ROME_ARGUMENT' })
})

/** A column whose type of values does not matter. */
interface Typed {
  readonly type: ColumnType
}

t.test('cast gives null for what is no value of the type', async (t) => {
  const casts: readonly [Typed, RowValue, Typed, unknown][] = [
    [types.string(), '+007', types.integer(), 7],
    [types.string(), '-7', types.bigint(), -7n],
    [types.string(), '7.0', types.integer(), null],
    [types.string(), ' 7', types.integer(), null],
    [types.string(), '', types.integer(), null],
    [types.string(), '9007199254740992', types.integer(), null],
    [types.string(), '9223372036854775808', types.bigint(), null],
    [types.string(), '-9223372036854775808', types.bigint(), -(2n ** 63n)],
    [types.string(), '1.5e3', types.float(), 1500],
    [types.string(), '1e999', types.float(), null],
    [types.string(), 'Infinity', types.float(), null],
    [types.string(), '0x10', types.float(), null],
    [types.string(), '01.50', types.decimal(), '1.5'],
    [types.string(), '1e3', types.decimal(), null],
    [types.string(), '1'.repeat(1001), types.decimal(), null],
    [types.string(), 'true', types.boolean(), true],
    [types.string(), 'yes', types.boolean(), null],
    [types.string(), '2024-02-30', types.date(), null],
    [types.string(), '2024-02-29', types.date(), '2024-02-29'],
    [types.string(), '2024-02-29T12:00:00+01:00', types.datetime(), new Date('2024-02-29T11:00:00Z')],
    [types.string(), 'today', types.datetime(), null],
    [types.string(), '0190A6E0-0000-7000-8000-000000000000', types.uuid(), '0190a6e0-0000-7000-8000-000000000000'],
    [types.string(), 'x', types.uuid(), null],
    [types.enum('5', '6'), '5', types.integer(), 5],
    [types.integer(), 7, types.text(), '7'],
    [types.integer(), 7, types.bigint(), 7n],
    [types.integer(), 7, types.decimal(), '7'],
    [types.integer(), 0, types.boolean(), false],
    [types.float(), -7.9, types.integer(), -7],
    [types.float(), 1e300, types.integer(), null],
    [types.float(), 1e18, types.bigint(), 10n ** 18n],
    [types.float(), 1e19, types.bigint(), null],
    [types.float(), 1.5e-7, types.decimal(), '0.00000015'],
    [types.float(), 1e21, types.decimal(), '1000000000000000000000'],
    [types.bigint(), 2n ** 53n, types.integer(), null],
    [types.bigint(), 2n ** 53n, types.float(), 2 ** 53],
    [types.decimal(), '-7.9', types.bigint(), -7n],
    [types.decimal(), `1${'0'.repeat(400)}`, types.float(), null],
    [types.boolean(), true, types.integer(), 1],
    [types.boolean(), false, types.text(), 'false'],
    [types.datetime(), 0, types.text(), '1970-01-01T00:00:00.000Z'],
    [types.datetime(), -1, types.date(), '1969-12-31'],
    [types.datetime(), 8.64e15, types.date(), null],
    [types.datetime({ precision: 6 }), -1n, types.datetime(), new Date(-1)],
    [types.date(), 1, types.datetime(), new Date(86_400_000)],
    [types.date(), 1, types.text(), '1970-01-02'],
  ]
  for (const [from, value, to, expected] of casts) {
    t.same(
      evaluated(cast(columnOf(from as ColumnSpec<unknown>), to as ColumnSpec<unknown>), value),
      expected,
      `${from.type.kind} ${value} to ${to.type.kind}`,
    )
  }
  const asTimestamp = evaluated(cast(columnOf(types.date()), types.datetime({ precision: 6 })), 1)
  t.equal(String(asTimestamp), '1970-01-02T00:00:00.000000Z')
})

t.test('cast refuses types that have no values in common', async (t) => {
  t.throws(() => cast(integer, types.datetime()), invalidQuery)
  t.throws(() => cast(json, types.text()), invalidQuery)
  t.throws(() => cast(text, types.enum('a')), invalidQuery)
  t.throws(() => cast(text, types.bytes()), invalidQuery)
  t.throws(() => cast(missing, types.text()), { code: 'ROME_UNDEFINED' })
  t.throws(() => cast(5 as never, types.text()), { code: 'ROME_ARGUMENT' })
})

type Json = Exclude<JsonValue, null>

const document: JsonValue = {
  title: 'Emma',
  pages: 474,
  weight: 0.5,
  isPrinted: true,
  authors: [{ name: 'Jane', born: null }, 'unknown'],
  none: null,
}

t.test('jsonAt gives what lies at a path, when it is of the type', async (t) => {
  const row = types.json().type.toRow(document)
  const at = <T>(...pathAndType: [...path: (string | number)[], type: ColumnSpec<T>]) =>
    evaluated(jsonAt(json, ...pathAndType), row)
  t.equal(at('title', types.string({ max: 2 })), 'Emma')
  t.equal(at('authors', 0, 'name', types.text()), 'Jane')
  t.equal(at('authors', 1, types.text()), 'unknown')
  t.equal(at('pages', types.integer()), 474)
  t.equal(at('pages', types.float()), 474)
  t.equal(at('weight', types.float()), 0.5)
  t.equal(at('weight', types.integer()), null, 'a fraction is no integer')
  t.equal(at('isPrinted', types.boolean()), true)
  t.same(at('authors', 0, types.json()), { name: 'Jane', born: null })
  t.equal(at('pages', types.text()), null, 'nothing is converted')
  t.equal(at('none', types.text()), null)
  t.equal(at('none', types.json()), null)
  t.equal(at('authors', 5, types.text()), null)
  t.equal(at('authors', '0', types.text()), null, 'a key is no place')
  t.equal(at(0, types.text()), null, 'a place is no key')
  t.equal(at('title', 0, types.text()), null, 'a text has no elements')
  t.equal(at('toString', types.json()), null, 'nothing is inherited')
  t.same(at(types.json()), document)
  t.throws(() => jsonAt(json, -1, types.text()), { code: 'ROME_ARGUMENT' })
  t.throws(() => jsonAt(json, 0.5, types.text()), { code: 'ROME_ARGUMENT' })
  t.throws(() => jsonAt(json, 'a', missing), { code: 'ROME_ARGUMENT' })
  t.throws(() => jsonAt(json, 'a', types.datetime()), invalidQuery)
  t.throws(() => jsonAt(text, 'a', types.text()), invalidQuery)
})

t.test('jsonContains follows the examples of PostgreSQL', async (t) => {
  const contains = (whole: Json, part: Json) => evaluated(jsonContains(json, part), whole)
  t.equal(contains('foo', 'foo'), true)
  t.equal(contains([1, 2, 3], [1, 3]), true)
  t.equal(contains([1, 2, 3], [3, 1]), true)
  t.equal(contains([1, 2, 3], [1, 2, 2]), true)
  t.equal(contains({ product: 'PostgreSQL', version: 9.4, jsonb: true }, { version: 9.4 }), true)
  t.equal(contains([1, 2, [1, 3]], [1, 3]), false)
  t.equal(contains([1, 2, [1, 3]], [[1, 3]]), true)
  t.equal(contains({ foo: { bar: 'baz' } }, { bar: 'baz' }), false)
  t.equal(contains({ foo: { bar: 'baz' } }, { foo: {} }), true)
  t.equal(contains(['foo', 'bar'], 'bar'), true)
  t.equal(contains('bar', ['bar']), false)
  t.equal(contains([[1]], [1]), false)
  t.equal(contains({ a: null }, { a: null }), true)
  t.equal(contains({}, { a: null }), false)
  t.equal(contains({ a: 1 }, { toString: 1 }), false)
  t.equal(contains([], []), true)
  t.equal(contains([], {}), false)
  t.equal(contains(1, '1'), false)
  t.throws(() => jsonContains(json, missing), { code: 'ROME_UNDEFINED' })
  t.throws(() => jsonContains(json, nothing), { code: 'ROME_NULL_COMPARISON' })
  t.throws(() => jsonContains(text, 'a'), invalidQuery)
  t.throws(() => jsonContains(json, bigint), invalidQuery)
})

t.test('arrayContains finds an equal element, hasKey a member', async (t) => {
  const arrays = columnOf(types.json<JsonValue[]>())
  t.equal(evaluated(arrayContains(arrays, 'b'), ['a', 'b']), true)
  t.equal(evaluated(arrayContains(arrays, { a: 1, b: [2] }), [{ b: [2], a: 1 }]), true)
  t.equal(evaluated(arrayContains(arrays, { a: 1 }), [{ a: 1, b: 2 }]), false)
  t.equal(evaluated(arrayContains(arrays, ['a']), ['a']), false)
  t.equal(evaluated(arrayContains(arrays, 'a'), { a: 'a' }), false)
  t.equal(evaluated(arrayContains(arrays, literal('a', types.text())), ['a']), true)
  t.equal(evaluated(hasKey(json, 'a'), { a: null }), true)
  t.equal(evaluated(hasKey(json, 'b'), { a: null }), false)
  t.equal(evaluated(hasKey(json, 'constructor'), {}), false)
  t.equal(evaluated(hasKey(json, 'a'), ['a']), false)
  t.throws(() => hasKey(json, missing), { code: 'ROME_UNDEFINED' })
  t.throws(() => arrayContains(arrays, nothing), { code: 'ROME_NULL_COMPARISON' })
})

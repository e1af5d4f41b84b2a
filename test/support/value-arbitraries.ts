import fc from 'fast-check'
import type { ColumnType, EnumIds } from '../../lib/values/column-type.js'
import { t } from '../../lib/values/t.js'
import { Timestamp } from '../../lib/values/timestamp.js'

/** A column type with an arbitrary of property values, the awkward ones made likely. */
export interface TypeArbitrary {
  readonly name: string
  readonly type: ColumnType
  readonly values: fc.Arbitrary<unknown>
}

/** Well-formed text in which what breaks orders and escapes is frequent. */
export const texts: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\x01', '\x02', '\x7f', '\x80', 'a', 'b', 'é', 'ÿ', '\u07ff', '\u0800'),
    fc.constantFrom('\ud7ff', '\ue000', '\ufffe', '\uffff', '\u{10000}', '\u{1f600}', '\u{10ffff}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 8,
})

const smallIntegers = fc.integer({ min: -70_000, max: 70_000 })

const integers = fc.oneof(
  smallIntegers,
  fc.maxSafeInteger(),
  // The neighbours of the powers of 256, where the number of bytes changes.
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([power, offset, isNegative]) => (256 ** power + offset) * (isNegative ? -1 : 1)),
)

const bigints = fc.oneof(
  smallIntegers.map(BigInt),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc
    .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([power, offset, isNegative]) => (256n ** BigInt(power) + BigInt(offset)) * (isNegative ? -1n : 1n)),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n)),
)

const floats = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  smallIntegers,
  fc.constantFrom(0, -0, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE),
)

const decimals = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.string({ unit: fc.constantFrom('0', '0', '1', '5', '9'), maxLength: 6 }),
    fc.string({ unit: fc.constantFrom('0', '0', '1', '5', '9'), minLength: 1, maxLength: 6 }),
  )
  .map(([sign, whole, fraction]) => `${sign}${whole}.${fraction}`)

const dates = fc.oneof(
  fc.date({ noInvalidDate: true }),
  smallIntegers.map((milliseconds) => new Date(milliseconds)),
)

const timestamps = fc
  .oneof(smallIntegers.map(BigInt), fc.bigInt({ min: -8_640_000_000_000_000_000n, max: 8_640_000_000_000_000_000n }))
  .map(Timestamp.from)

const days = fc
  .integer({
    min: Date.parse('0001-01-01T00:00:00Z') / 86_400_000,
    max: Date.parse('9999-12-31T00:00:00Z') / 86_400_000,
  })
  .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10))

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc.array(fc.constantFrom(0, 1, 2, 0xfe, 0xff), { maxLength: 4 }).map((values) => Uint8Array.from(values)),
)

const json = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => value !== null && !JSON.stringify(value).includes('__proto__'))

const enumTexts = ['queued', 'active', '', '\uffff', '\u{1f600}', 'a', 'B'] as const

/** Every ordered type of `t`. */
export const orderedTypes: readonly TypeArbitrary[] = [
  { name: 'string', type: t.string().type, values: texts },
  { name: 'text', type: t.text().type, values: texts },
  { name: 'integer', type: t.integer().type, values: integers },
  { name: 'bigint', type: t.bigint().type, values: bigints },
  { name: 'float', type: t.float().type, values: floats },
  { name: 'decimal', type: t.decimal().type, values: decimals },
  { name: 'boolean', type: t.boolean().type, values: fc.boolean() },
  { name: 'datetime', type: t.datetime().type, values: dates },
  { name: 'timestamp', type: t.datetime({ precision: 6 }).type, values: timestamps },
  { name: 'date', type: t.date().type, values: days },
  { name: 'uuid', type: t.uuid().type, values: fc.uuid() },
  { name: 'bytes', type: t.bytes().type, values: bytes },
  { name: 'enum', type: t.enum(...enumTexts).type, values: fc.constantFrom(...enumTexts) },
]

/** Every type of `t`. */
export const allTypes: readonly TypeArbitrary[] = [...orderedTypes, { name: 'json', type: t.json().type, values: json }]

/** Ids for the texts of the enum above, in another order than theirs. */
export const enumIds: EnumIds = {
  idOf: (text) => enumTexts.length - enumTexts.indexOf(text as (typeof enumTexts)[number]),
  textOf: (id) => enumTexts[enumTexts.length - id],
}

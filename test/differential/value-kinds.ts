import type { ColumnSpec } from '../../lib/values/column-spec.js'
import { t } from '../../lib/values/t.js'
import { Timestamp } from '../../lib/values/timestamp.js'
import { canonicalJson, type Json, jsonValues } from './values/json-values.js'

/** A value as SQLite keeps it; its order there is the order of the contract. */
export type SqlValue = number | bigint | Uint8Array | null

/** A type of column with values that are worth a test, and the same values in SQLite. */
export interface ValueKind {
  readonly name: string
  /** Values of one family are compared with each other, and are kept in one way in SQLite. */
  readonly family: string
  readonly sqlType: 'INTEGER' | 'REAL' | 'BLOB'
  makeSpec(): ColumnSpec<unknown>
  /** Properties of entities, the simplest first. */
  readonly pool: readonly unknown[]
  /** As many different properties as one likes; absent where there are few. */
  readonly nth?: (position: number) => unknown
  toSql(property: unknown): SqlValue
  readonly isOrdered: boolean
  /** Sums are exact on both sides. */
  readonly isSummable: boolean
  /** SQLite's LIKE reads it as it is: no U+0000, U+FFFE, U+FFFF. */
  readonly isLikeable: boolean
  /** Results that are rounded: compared by their leading digits. */
  readonly isRounded: boolean
}

function kind(
  given: Partial<ValueKind> & Pick<ValueKind, 'name' | 'sqlType' | 'makeSpec' | 'pool' | 'toSql'>,
): ValueKind {
  return {
    family: given.name,
    isOrdered: true,
    isSummable: false,
    isLikeable: false,
    isRounded: false,
    ...given,
  }
}

/** Makes sure that Rome gives out the kind of value that the column promises. */
function checked<T>(
  isRight: (value: unknown) => value is T,
  toSql: (value: T) => SqlValue,
): (value: unknown) => SqlValue {
  return (value) => {
    if (isRight(value)) return toSql(value)
    throw new TypeError(`a value of another type: ${typeof value} ${String(value)}`)
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number'
const isBigint = (value: unknown): value is bigint => typeof value === 'bigint'

const utf8 = new TextEncoder()
const textToSql = checked(isText, (text) => utf8.encode(text))

/** By its place in a pool that is in order: for values that SQLite has no type for. */
function rankIn(ordered: readonly unknown[], identity: (value: unknown) => string): (value: unknown) => SqlValue {
  const ranks = new Map(ordered.map((value, rank) => [identity(value), rank]))
  return (value) => {
    const rank = ranks.get(identity(value))
    if (rank === undefined) throw new TypeError(`a value that was never stored: ${identity(value)}`)
    return BigInt(rank)
  }
}

const hundredths = checked(isText, (text) => {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(text) ?? []
  if (fraction.length > 2) throw new RangeError(`more than hundredths: ${text}`)
  return BigInt(`${sign}${whole}${fraction.padEnd(2, '0')}`)
})

const wideDecimals = [
  '-123456789012345678901234567890.5',
  '-1',
  '-0.00000000000000000001',
  '0',
  '0.00000000000000000001',
  '1',
  '99999999999999999999',
]

const uuids = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '0190a6b2-7c1e-7def-8abc-0123456789ab',
  '0190a6b2-7c1e-7def-8abc-0123456789ac',
  '7fffffff-0000-4000-8000-000000000000',
]
const dayOf = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10)

export const string = kind({
  name: 'string',
  family: 'text',
  sqlType: 'BLOB',
  isLikeable: true,
  makeSpec: () => t.string() as ColumnSpec<unknown>,
  pool: [
    '',
    'a',
    'b',
    'ab',
    'aB',
    'A',
    'é',
    'É',
    '%',
    '_',
    'a%b',
    '\\',
    'b\\',
    '😀',
    '\ud7ff',
    '\ue000',
    'a\u{10ffff}',
    'aaab',
    ' a ',
    '12',
    '-1.50',
    'true',
    '2024-02-29',
    '1969-12-31T23:59:59.999Z',
  ],
  nth: (position) => `n${position}`,
  toSql: textToSql,
})
export const text = kind({
  name: 'text',
  family: 'text',
  sqlType: 'BLOB',
  makeSpec: () => t.text() as ColumnSpec<unknown>,
  pool: ['', 'a', '\0', '\0\0', 'a\0', 'a\0b', '\x01', 'a\x01', '\uffff', '\ufffe', '\u{10000}', '\x02', 'ab'],
  nth: (position) => `m\0${position}`,
  toSql: textToSql,
})
export const enumeration = kind({
  name: 'enum',
  family: 'text',
  sqlType: 'BLOB',
  isLikeable: true,
  toSql: textToSql,
  makeSpec: () => t.enum('b', 'a', '', '😀', 'aB', '\ue000') as ColumnSpec<unknown>,
  pool: ['b', 'a', '', '😀', 'aB', '\ue000'],
})
export const integer = kind({
  name: 'integer',
  sqlType: 'INTEGER',
  isSummable: true,
  makeSpec: () => t.integer() as ColumnSpec<unknown>,
  pool: [0, 1, -1, 2, 3, 255, 256, -255, -256, -257, -0, 65_536],
  nth: (position) => position * 7 - 100,
  toSql: checked(isNumber, (value) => BigInt(value)),
})
export const wideInteger = kind({
  name: 'wideInteger',
  family: 'integer',
  sqlType: 'INTEGER',
  makeSpec: () => t.integer() as ColumnSpec<unknown>,
  pool: [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32), 2 ** 48 - 1, 1, -1],
  nth: (position) => (position - 20) * 2 ** 40,
  toSql: integer.toSql,
})
export const bigint = kind({
  name: 'bigint',
  sqlType: 'INTEGER',
  isSummable: true,
  makeSpec: () => t.bigint() as ColumnSpec<unknown>,
  pool: [0n, 1n, -1n, 2n, 255n, -256n, 2n ** 40n + 1n, -(2n ** 40n) - 1n],
  nth: (position) => BigInt(position) * 3n - 50n,
  toSql: checked(isBigint, (value) => value),
})
export const wideBigint = kind({
  name: 'wideBigint',
  family: 'bigint',
  sqlType: 'INTEGER',
  makeSpec: () => t.bigint() as ColumnSpec<unknown>,
  pool: [0n, 2n ** 63n - 1n, -(2n ** 63n), 1n, -1n, 2n ** 56n, -(2n ** 56n) - 1n],
  nth: (position) => (BigInt(position) - 20n) * 2n ** 50n,
  toSql: bigint.toSql,
})
export const float = kind({
  name: 'float',
  sqlType: 'REAL',
  isSummable: true,
  makeSpec: () => t.float() as ColumnSpec<unknown>,
  pool: [0, 1, -0, 0.5, -0.5, 1.25, -1.25, 3, 1024.125, -7],
  nth: (position) => position / 4 + 100,
  // -0 is 0 on both sides.
  toSql: checked(isNumber, (value) => value + 0),
})
export const wideFloat = kind({
  name: 'wideFloat',
  family: 'float',
  sqlType: 'REAL',
  makeSpec: () => t.float() as ColumnSpec<unknown>,
  pool: [0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 0.1, -0, 1e300, -1],
  nth: (position) => position * 1e100 + 1,
  toSql: float.toSql,
})
export const decimal = kind({
  name: 'decimal',
  sqlType: 'INTEGER',
  isSummable: true,
  makeSpec: () => t.decimal() as ColumnSpec<unknown>,
  pool: ['0', '1', '-1', '0.1', '-0.01', '10', '9.99', '-10', '100.5', '0.10', '-0'],
  nth: (position) => `${position}.25`,
  toSql: hundredths,
})
export const wideDecimal = kind({
  name: 'wideDecimal',
  sqlType: 'INTEGER',
  makeSpec: () => t.decimal() as ColumnSpec<unknown>,
  pool: wideDecimals,
  toSql: rankIn(wideDecimals, String),
})
export const boolean = kind({
  name: 'boolean',
  sqlType: 'INTEGER',
  makeSpec: () => t.boolean() as ColumnSpec<unknown>,
  pool: [false, true],
  toSql: checked(
    (value): value is boolean => typeof value === 'boolean',
    (value) => (value ? 1n : 0n),
  ),
})
export const datetime = kind({
  name: 'datetime',
  sqlType: 'INTEGER',
  makeSpec: () => t.datetime() as ColumnSpec<unknown>,
  pool: [0, -1, 1, -86_400_000, 1.7e12, -8.64e15, 8.64e15].map((time) => new Date(time)),
  nth: (position) => new Date(position * 1000 - 5000),
  toSql: checked(
    (value): value is Date => value instanceof Date,
    (value) => BigInt(value.getTime()),
  ),
})
export const timestamp = kind({
  name: 'timestamp',
  sqlType: 'INTEGER',
  makeSpec: () => t.datetime({ precision: 6 }) as ColumnSpec<unknown>,
  pool: [0n, 1n, -1n, 1000n, -1001n, 1_700_000_000_000_001n, -8_640_000_000_000_000_000n].map(Timestamp.from),
  nth: (position) => Timestamp.from(BigInt(position) - 10n),
  toSql: checked(
    (value): value is Timestamp => value instanceof Timestamp,
    (value) => value.microseconds,
  ),
})
export const date = kind({
  name: 'date',
  sqlType: 'BLOB',
  makeSpec: () => t.date() as ColumnSpec<unknown>,
  pool: ['1970-01-01', '1969-12-31', '0001-01-01', '9999-12-31', '2024-02-29'],
  nth: (position) => dayOf(position - 10),
  toSql: textToSql,
})
export const uuid = kind({
  name: 'uuid',
  sqlType: 'BLOB',
  makeSpec: () => t.uuid() as ColumnSpec<unknown>,
  pool: uuids,
  nth: (position) => `01900000-0000-7000-8000-${position.toString(16).padStart(12, '0')}`,
  toSql: textToSql,
})
export const bytes = kind({
  name: 'bytes',
  sqlType: 'BLOB',
  makeSpec: () => t.bytes() as ColumnSpec<unknown>,
  pool: [[], [0], [0, 0], [1], [1, 0], [2], [0xff], [0xff, 0], [0xfe]].map((values) => Uint8Array.from(values)),
  nth: (position) => Uint8Array.of(position >> 8, position & 0xff, 1),
  toSql: checked(
    (value): value is Uint8Array => value instanceof Uint8Array,
    (value) => value,
  ),
})
export const json = kind({
  name: 'json',
  sqlType: 'BLOB',
  isOrdered: false,
  makeSpec: () => t.json() as ColumnSpec<unknown>,
  pool: jsonValues,
  toSql: (value) => utf8.encode(canonicalJson(value as Json)),
})

/** Averages of bigints and decimals are decimals of many digits in Rome and floats in SQLite. */
export const bigintQuotient = kind({
  name: 'bigintQuotient',
  sqlType: 'REAL',
  isRounded: true,
  makeSpec: decimal.makeSpec,
  pool: ['0', '1', '-1', '0.5', '255'],
  toSql: checked(isText, (value) => Number(value)),
})
export const decimalQuotient = kind({
  name: 'decimalQuotient',
  sqlType: 'REAL',
  isRounded: true,
  makeSpec: decimal.makeSpec,
  pool: ['0', '1', '-1', '0.1', '10'],
  toSql: checked(isText, (value) => Number(value) * 100),
})

/** What columns are made of. */
export const columnKinds: readonly ValueKind[] = [
  integer,
  string,
  boolean,
  bigint,
  enumeration,
  text,
  float,
  decimal,
  datetime,
  date,
  uuid,
  bytes,
  timestamp,
  wideInteger,
  wideBigint,
  wideFloat,
  wideDecimal,
  json,
]

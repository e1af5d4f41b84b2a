import { UsageError } from '../errors/rome-error.js'
import { BigintType } from './bigint.js'
import { BooleanType } from './boolean.js'
import { type BytesOptions, BytesType } from './bytes.js'
import { ColumnSpec } from './column-spec.js'
import type { JsonValue } from './column-type.js'
import { DateType } from './date.js'
import { DatetimeType } from './datetime.js'
import { DecimalType } from './decimal.js'
import { EnumType } from './enum.js'
import { FloatType } from './float.js'
import { type IntegerOptions, IntegerType } from './integer.js'
import { JsonType } from './json.js'
import { type StringOptions, StringType } from './string.js'
import { TextType } from './text.js'
import type { Timestamp } from './timestamp.js'
import { TimestampType } from './timestamp-type.js'
import { UuidType } from './uuid.js'

/** How exact the times of a column are: digits of the second's fraction. */
export interface DatetimeOptions<Precision extends 3 | 6 = 3 | 6> {
  /** 3 for a `Date`, 6 for a {@link Timestamp}; 3 when not given. */
  readonly precision?: Precision
}

function datetime(options?: DatetimeOptions<3>): ColumnSpec<Date>
function datetime(options: DatetimeOptions<6> & { readonly precision: 6 }): ColumnSpec<Timestamp>
function datetime({ precision = 3 }: DatetimeOptions = {}): ColumnSpec<Date> | ColumnSpec<Timestamp> {
  if (precision === 3) return ColumnSpec.of(new DatetimeType())
  if (precision === 6) return ColumnSpec.of(new TimestampType())
  throw new UsageError('ROME_ARGUMENT', 'The precision of a datetime is 3 or 6.', { context: { precision } })
}

/**
 * The column types. Each call gives a column that is not nullable and has no default; see {@link ColumnSpec} for
 * `.nullable()`, `.default()` and `.validate()`.
 *
 * @example
 * ```ts
 * import { t } from 'rome-orm'
 * const status = t.enum('queued', 'active', 'deleted').default('queued')
 * ```
 */
export const t = Object.freeze({
  /** Text of up to `max` characters, 255 when not given. */
  string: (options?: StringOptions): ColumnSpec<string> => ColumnSpec.of(new StringType(options)),
  /** Text of up to 16 MiB. */
  text: (): ColumnSpec<string> => ColumnSpec.of(new TextType()),
  /** Safe integers, optionally between `min` and `max`. */
  integer: (options?: IntegerOptions): ColumnSpec<number> => ColumnSpec.of(new IntegerType(options)),
  /** Integers of 64 bits with sign. */
  bigint: (): ColumnSpec<bigint> => ColumnSpec.of(new BigintType()),
  /** Finite numbers of 64 bits; -0 is 0. */
  float: (): ColumnSpec<number> => ColumnSpec.of(new FloatType()),
  /** Exact decimal numbers, as canonical text such as `'1.5'`. */
  decimal: (): ColumnSpec<string> => ColumnSpec.of(new DecimalType()),
  boolean: (): ColumnSpec<boolean> => ColumnSpec.of(new BooleanType()),
  /** Points in time: a `Date`, or a {@link Timestamp} with `{ precision: 6 }`. */
  datetime,
  /** Days, as text `YYYY-MM-DD`. */
  date: (): ColumnSpec<string> => ColumnSpec.of(new DateType()),
  /** UUIDs, as lower-case text. */
  uuid: (): ColumnSpec<string> => ColumnSpec.of(new UuidType()),
  /** Bytes, up to `max` of them. */
  bytes: (options?: BytesOptions): ColumnSpec<Uint8Array> => ColumnSpec.of(new BytesType(options)),
  /** One of a few texts. */
  enum: <const Texts extends readonly [string, ...string[]]>(...texts: Texts): ColumnSpec<Texts[number]> =>
    ColumnSpec.of(new EnumType<Texts[number]>(texts)),
  /** What JSON can say. The type parameter is a promise of the user: only that it is JSON is checked. */
  json: <T = JsonValue>(): ColumnSpec<T> => ColumnSpec.of(new JsonType<T>()),
})

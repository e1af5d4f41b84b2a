import type { Key } from '../codec/key.js'

/**
 * A value as rows hold it in memory: canonical, immutable and cheap to compare. Dates are numbers, uuids are
 * lower-case text, microsecond times are bigints; what a user sees is made from it by {@link ColumnType.fromRow}.
 * Bytes and JSON are shared between rows and must not be changed; `fromRow` gives out copies.
 */
export type RowValue = null | boolean | number | bigint | string | Uint8Array | JsonValue

/** Any value JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A value as the row codec stores it: nothing that the serialiser could change on its way. */
export type DiskValue = null | boolean | number | bigint | string | Uint8Array | readonly DiskValue[]

/** How many numeric ids an enum needs on disk, given out by the catalogue when a model is first opened. */
export interface EnumIds {
  idOf(text: string): number
  textOf(id: number): string | undefined
}

/**
 * What is known of a column's values: how they are checked, compared, kept in memory, stored, and put into keys.
 * A column type is frozen and holds no state; `T` is the type of the entity's property, null excluded.
 *
 * One total order holds everywhere: `compare` orders row values as the bytes of `encodeKey` do.
 */
export interface ColumnType<T = unknown> {
  /** The stored name of the type, compared with what a store was created with. */
  readonly kind: ColumnKind
  /** What else must agree with the store (length, precision, enum texts are not: they may grow). */
  readonly parameters: Readonly<Record<string, string | number | readonly string[]>>
  /** Whether the type has an order-preserving key form, so that it can be indexed, ordered and compared with `<`. */
  readonly isOrdered: boolean
  /** The texts of an enum, in order of declaration; absent for every other type. */
  readonly enumTexts?: readonly string[]
  /**
   * Checks a property's value and gives its canonical row value.
   * @throws ValidationError `ROME_VALUE_TYPE`, `ROME_VALUE_RANGE` or `ROME_VALUE_INVALID`, with the fix in the message.
   */
  toRow(value: unknown): Exclude<RowValue, null>
  /** The property's value; a fresh object where it is mutable. */
  fromRow(row: Exclude<RowValue, null>): T
  /** Total order of row values: negative, zero, positive. Null is not asked about. */
  compare(a: Exclude<RowValue, null>, b: Exclude<RowValue, null>): number
  /** What the row codec stores. */
  toDisk(row: Exclude<RowValue, null>, enumIds?: EnumIds): DiskValue
  /** @throws CodecError `ROME_CODEC` when the value cannot have come from `toDisk`. */
  fromDisk(disk: unknown, enumIds?: EnumIds): Exclude<RowValue, null>
  /** One self-delimiting element of an order-preserving tuple. Only where `isOrdered`. */
  encodeKey(row: Exclude<RowValue, null>): Key
  /** The inverse of `encodeKey`, given what the tuple decoder read. @throws CodecError `ROME_CODEC`. */
  decodeKey(element: KeyElement): Exclude<RowValue, null>
  /** Keeps the type of the property; never there at run time. */
  readonly _property?: T
}

/** What a decoded tuple element can be. */
export type KeyElement = null | boolean | number | bigint | string | Uint8Array

/** The stored names of the column types. */
export type ColumnKind =
  | 'string'
  | 'text'
  | 'integer'
  | 'bigint'
  | 'float'
  | 'decimal'
  | 'boolean'
  | 'datetime'
  | 'timestamp'
  | 'date'
  | 'uuid'
  | 'bytes'
  | 'enum'
  | 'json'

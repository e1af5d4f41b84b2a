import type { Key } from '../codec/key.js'
import { keyBytesMax } from '../codec/limits.js'
import { decodeRow, encodeRow } from '../codec/row.js'
import { rowPrefix } from '../codec/space.js'
import { CorruptionError, InternalError, ValidationError } from '../errors/rome-error.js'
import type { ColumnDefinition, EntitySchema } from '../schema/entity-schema.js'
import type { DiskValue, EnumIds, RowValue } from '../values/column-type.js'
import type { StoredTable } from './catalogue.js'
import { ownTexts } from './own-texts.js'
import type { Row } from './row.js'
import { RowKey } from './row-key.js'
import { enumIdsOf, unpackFill } from './stored-column.js'
import { EntryCell, RowCell, type StoredValue } from './stored-value.js'

/** A column with what the catalogue adds to it. */
interface BoundColumn {
  readonly definition: ColumnDefinition
  /** Position of its value in stored rows. */
  readonly id: number
  readonly enumIds: EnumIds | undefined
  /** The value of rows that were stored without the column. */
  readonly fill: RowValue
}

/** How one store keeps the rows of a model: makes keys and bytes of rows, and rows of bytes. */
export class RowFormat<T extends object = object> {
  readonly schema: EntitySchema<T>
  readonly id: number
  readonly schemaVersion: number
  /** Every key of a row begins with it. */
  readonly prefix: Key
  readonly #columns: readonly BoundColumn[]
  readonly #storedLength: number
  /** Ids of stored columns that the model does not name. */
  readonly #unnamedIds: readonly number[]
  #lastValue: string | undefined
  #lastKey: Key = ''

  constructor(schema: EntitySchema<T>, stored: StoredTable) {
    this.schema = schema
    this.id = stored.id
    this.schemaVersion = stored.schemaVersion
    this.prefix = rowPrefix(stored.id)
    this.#storedLength = stored.nextColumnId
    this.#columns = schema.columns.map((definition) => {
      const column = stored.columns[definition.storedName]
      const enumIds = column.enumIds && enumIdsOf(column.enumIds)
      return { definition, id: column.id, enumIds, fill: unpackFill(definition, column, enumIds) }
    })
    this.#unnamedIds = Object.values(stored.columns).flatMap(({ id, isUnnamed }) => (isUnnamed ? [id] : []))
  }

  /** Whether stored rows may have values of columns that the model does not name. */
  get hasUnnamedColumns(): boolean {
    return this.#unnamedIds.length > 0
  }

  /** @throws ValidationError `ROME_KEY_TOO_LONG`. */
  keyOf(row: Row): Key {
    let key = this.prefix
    for (const column of this.schema.primaryKey) key += encodeKeyValue(column, row[column.position])
    return this.#checkedKey(key)
  }

  /** As {@link keyOf}. A row as it was read need not be asked for its values: that takes a tenth of a query's time. */
  keyOfRead(row: Row): Key {
    return RowKey.of(row) ?? this.keyOf(row)
  }

  /** As {@link keyOf}, of a row that is about to be stored: it knows its key from then on. */
  keyOfNew(row: Row): Key {
    const key = this.keyOf(row)
    RowKey.keep(row, key)
    return key
  }

  /** Whether two rows have the same primary key. */
  isSameKey(row: Row, other: Row): boolean {
    for (const { position } of this.schema.primaryKey) {
      // Values that are objects may be equal without being the same.
      if (row[position] !== other[position]) return this.keyOf(row) === this.keyOf(other)
    }
    return true
  }

  /** The key of the row with these primary key values, in the order of the primary key. */
  keyOfPrimaryKey(values: readonly RowValue[]): Key {
    if (values.length !== 1) return this.#keyOfValues(values)
    // Rows that refer to the same one come one after the other.
    const [value] = values
    if (typeof value !== 'string') return this.#keyOfValues(values)
    if (value !== this.#lastValue) {
      this.#lastKey = this.#keyOfValues(values)
      this.#lastValue = value
    }
    return this.#lastKey
  }

  #keyOfValues(values: readonly RowValue[]): Key {
    let key = this.prefix
    this.schema.primaryKey.forEach((column, index) => {
      key += encodeKeyValue(column, values[index])
    })
    return this.#checkedKey(key)
  }

  /** The primary key's values of a row, in the order of the primary key. */
  primaryKeyOf(row: Row): Row {
    return this.schema.primaryKey.map((column) => row[column.position])
  }

  /** Whether the row is hidden from usual queries. */
  isDeleted(row: Row): boolean {
    const column = this.schema.deletedAt
    return column !== undefined && row[column.position] !== null
  }

  /**
   * The sealed bytes of a row. Values of columns that the model does not name are taken over from the bytes of the row
   * that it replaces: an older program that runs on a newer store loses nothing.
   * @throws ValidationError `ROME_ROW_TOO_LARGE`.
   */
  encode(key: Key, row: Row, replaced?: Uint8Array): Uint8Array {
    const values: DiskValue[] = new Array<DiskValue>(this.#storedLength).fill(null)
    if (replaced !== undefined && this.hasUnnamedColumns) {
      const before = decodeRow(key, replaced).values
      for (const id of this.#unnamedIds) values[id] = (before[id] ?? null) as DiskValue
    }
    for (const { definition, id } of this.#columns) values[id] = this.toDisk(definition, row[definition.position])
    return encodeRow(key, this.schemaVersion, values)
  }

  /** The row of what is stored under a key. @throws CorruptionError, CodecError. */
  decode(key: Key, value: StoredValue): Row {
    if (!(value instanceof RowCell)) {
      if (value instanceof EntryCell) throw new InternalError('ROME_INTERNAL', 'an index entry is not a row')
      return this.#decode(key, value)
    }
    const { content } = value
    if (!(content instanceof Uint8Array)) return content
    const row = this.#decode(key, content)
    ownTexts(row)
    value.content = row
    return row
  }

  #decode(key: Key, bytes: Uint8Array): RowValue[] {
    const { values } = decodeRow(key, bytes)
    const row: RowValue[] = new Array<RowValue>(this.#columns.length)
    for (const { definition, id, fill } of this.#columns) {
      const value = values[id]
      // Null stands for a value too while a model does not name a column that needs one.
      const isLacking = value === undefined || (value === null && !definition.isNullable)
      row[definition.position] = isLacking && fill !== null ? fill : this.fromDisk(definition, value ?? null)
    }
    RowKey.keep(row, key)
    return row
  }

  /** A row value as it is stored. */
  toDisk(column: ColumnDefinition, value: RowValue): DiskValue {
    return value === null ? null : column.type.toDisk(value, this.#columns[column.position].enumIds)
  }

  /** The row value of a stored one. @throws CodecError, CorruptionError. */
  fromDisk(column: ColumnDefinition, value: unknown): RowValue {
    if (value !== null) return column.type.fromDisk(value, this.#columns[column.position].enumIds)
    if (column.isNullable) return null
    throw new CorruptionError('ROME_CORRUPT', 'a stored row lacks a required value: run `rome verify` on the store', {
      context: { model: this.schema.name, column: column.name },
    })
  }

  #checkedKey(key: Key): Key {
    if (key.length > keyBytesMax) {
      throw new ValidationError('ROME_KEY_TOO_LONG', 'shorten the primary key: its encoded form is too long', {
        context: { model: this.schema.name, bytes: key.length, bytesMax: keyBytesMax },
      })
    }
    return key
  }
}

function encodeKeyValue(column: ColumnDefinition, value: RowValue | undefined): Key {
  if (value === null || value === undefined) {
    throw new ValidationError('ROME_VALUE_MISSING', 'a primary key needs a value in each of its columns', {
      context: { column: column.name },
    })
  }
  return column.type.encodeKey(value)
}

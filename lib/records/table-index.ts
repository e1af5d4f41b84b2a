import { decodeEntry, encodeEntry } from '../codec/entry.js'
import { type Key, keyFromBytes, keyToBytes } from '../codec/key.js'
import { keyBytesMax } from '../codec/limits.js'
import { entryPrefix } from '../codec/space.js'
import { decodeElement, elementEnd, encodeNull, invertElement } from '../codec/tuple.js'
import { CorruptionError, InternalError, ValidationError } from '../errors/rome-error.js'
import { compilePredicate } from '../expressions/evaluate.js'
import type { ColumnReference } from '../expressions/nodes.js'
import { columnsOf } from '../expressions/walk.js'
import type { ColumnDefinition, EntitySchema, IndexDefinition } from '../schema/entity-schema.js'
import type { DiskValue, KeyElement, RowValue } from '../values/column-type.js'
import type { StoredIndex } from './catalogue.js'
import { ownTexts } from './own-texts.js'
import { columnOfRow, type Row } from './row.js'
import type { RowFormat } from './row-format.js'
import { EntryCell, RowCell, type StoredValue } from './stored-value.js'

/** Where an entry of an index is. */
export interface EntryKey {
  readonly key: Key
  /** No other row may have this key: it ends with the indexed values. */
  readonly isExclusive: boolean
}

/** One entry of an index. */
export interface IndexEntry extends EntryKey {
  readonly value: Uint8Array
}

/** Of an entry's columns those that are wanted. */
interface WantedColumns {
  /** In the order of the key; those that are not wanted are skipped. */
  readonly indexed: readonly (ColumnDefinition | undefined)[]
  /** With where they are among the values that the entry has besides its key. */
  readonly included: readonly { readonly column: ColumnDefinition; readonly at: number }[]
}

/** Most entries say nothing besides their key. */
const noValues: readonly unknown[] = Object.freeze([])

/** An index bound to its id: makes entries of rows, and finds the rows of entries. */
export class TableIndex {
  readonly definition: IndexDefinition
  readonly id: number
  readonly state: 'building' | 'ready'
  /** Every key of an entry of a live row begins with it. */
  readonly prefix: Key
  /** The same for soft-deleted rows. */
  readonly deletedPrefix: Key
  readonly #rows: RowFormat
  /** The columns that an entry is made of. */
  readonly #positions: readonly number[]
  readonly #includesColumns: boolean
  readonly #isIndexed: ((row: Row) => boolean | null) | undefined
  readonly #emptyRow: readonly RowValue[]
  readonly #allColumns: WantedColumns
  /** Of the columns that plans want. */
  readonly #wanted = new WeakMap<ReadonlySet<ColumnReference>, WantedColumns>()

  constructor(rows: RowFormat, definition: IndexDefinition, stored: StoredIndex) {
    this.#rows = rows
    this.definition = definition
    this.id = stored.id
    this.state = stored.state
    this.prefix = entryPrefix(stored.id, false)
    this.deletedPrefix = entryPrefix(stored.id, true)
    this.#positions = positionsOf(rows.schema, definition)
    this.#includesColumns = definition.include.length > 0
    this.#isIndexed = definition.where && compilePredicate<Row>(definition.where, columnOfRow)
    this.#emptyRow = new Array<null>(rows.schema.columns.length).fill(null)
    this.#allColumns = {
      indexed: definition.columns.map(({ column }) => column),
      // The first is the primary key, where the key of the entry does not have it.
      included: definition.include.map((column, at) => ({ column, at: at + 1 })),
    }
  }

  /**
   * The entry of a row; `undefined` when a partial index leaves the row out.
   * @throws ValidationError `ROME_KEY_TOO_LONG`, `ROME_ROW_TOO_LARGE`.
   */
  entryOf(rowKey: Key, row: Row): IndexEntry | undefined {
    const entry = this.entryKeyOf(rowKey, row)
    if (entry === undefined) return undefined
    const { key, isExclusive } = entry
    const primaryKey = isExclusive ? rowKey.slice(this.#rows.prefix.length) : undefined
    return { key, value: encodeEntry(key, this.#entryValues(primaryKey, row)), isExclusive }
  }

  /** Where the entry of a row is, as {@link entryOf}. @throws ValidationError `ROME_KEY_TOO_LONG`. */
  entryKeyOf(rowKey: Key, row: Row): EntryKey | undefined {
    if (this.#isIndexed !== undefined && this.#isIndexed(row) !== true) return undefined
    const isDeleted = this.#rows.isDeleted(row)
    let key = isDeleted ? this.deletedPrefix : this.prefix
    let hasNull = false
    for (const { column, isDescending } of this.definition.columns) {
      const value = row[column.position]
      if (value === null) hasNull = true
      key += this.encodeValue(column.type, value, isDescending)
    }
    const primaryKey = rowKey.slice(this.#rows.prefix.length)
    const isExclusive = this.definition.isUnique && !hasNull && !isDeleted
    // With the primary key in any case: what can be stored can be deleted softly, which puts it into the key.
    const bytes = key.length + primaryKey.length
    if (bytes > keyBytesMax) {
      throw new ValidationError('ROME_KEY_TOO_LONG', 'shorten the indexed values: their encoded form is too long', {
        context: { index: this.definition.name, bytes, bytesMax: keyBytesMax },
      })
    }
    if (!isExclusive) key += primaryKey
    return { key, isExclusive }
  }

  #entryValues(primaryKey: Key | undefined, row: Row): DiskValue[] {
    const { include } = this.definition
    if (primaryKey === undefined && include.length === 0) return []
    const values: DiskValue[] = [primaryKey === undefined ? null : keyToBytes(primaryKey)]
    for (const column of include) values.push(this.#rows.toDisk(column, row[column.position]))
    return values
  }

  /** Whether both rows certainly have the same entry. The primary key is taken to be the same. */
  isUntouched(previous: Row, next: Row): boolean {
    return this.#positions.every((position) => previous[position] === next[position])
  }

  /** One value as an element of an entry's key. */
  encodeValue(type: { encodeKey(value: Exclude<RowValue, null>): Key }, value: RowValue, isDescending: boolean): Key {
    const element = value === null ? encodeNull() : type.encodeKey(value)
    return isDescending ? invertElement(element) : element
  }

  /** Whether an entry alone tells the values of all these columns. */
  covers(columns: Iterable<ColumnReference>): boolean {
    const { primaryKey } = this.#rows.schema
    for (const column of columns) {
      const isThere =
        this.definition.columns.some((indexed) => indexed.column === column) ||
        primaryKey.some((key) => key === column) ||
        this.definition.include.some((included) => included === column)
      if (!isThere) return false
    }
    return true
  }

  /** The key of the row an entry stands for. @throws CorruptionError, CodecError. */
  rowKeyOf(entryKey: Key, entryValue: StoredValue): Key {
    if (!(entryValue instanceof EntryCell)) return this.#rowKeyOf(entryKey, decodeValues(entryKey, entryValue))
    entryValue.rowKey ??= this.#includesColumns
      ? this.#rows.keyOf(this.rowOf(entryKey, entryValue))
      : this.#rowKeyOf(entryKey, decodeValues(entryKey, entryValue))
    return entryValue.rowKey
  }

  #rowKeyOf(entryKey: Key, values: readonly unknown[]): Key {
    let offset = this.prefix.length
    for (let column = 0; column < this.definition.columns.length; column++) offset = elementEnd(entryKey, offset)
    return this.#rows.prefix + (offset < entryKey.length ? entryKey.slice(offset) : this.#primaryKeyIn(values))
  }

  /**
   * A row with the values that the entry tells, null elsewhere: for queries that {@link covers} says need no more. The
   * primary key is always there, of the others those that are wanted.
   */
  rowOf(entryKey: Key, entryValue: StoredValue, wanted?: ReadonlySet<ColumnReference>): Row {
    if (!this.#includesColumns || !(entryValue instanceof EntryCell)) {
      return this.#rowOf(entryKey, decodeValues(entryKey, entryValue), wanted)
    }
    // To make it again takes longer than to find it in memory.
    if (!(entryValue.content instanceof Uint8Array)) return entryValue.content as Row
    const row = this.#rowOf(entryKey, decodeEntry(entryKey, entryValue.content))
    ownTexts(row)
    entryValue.content = row
    return row
  }

  #rowOf(entryKey: Key, values: readonly unknown[], wanted?: ReadonlySet<ColumnReference>): RowValue[] {
    const { indexed, included } = this.#wantedOf(wanted)
    const row = this.#emptyRow.slice()
    let offset = this.prefix.length
    for (const column of indexed) {
      const end = elementEnd(entryKey, offset)
      if (column !== undefined) row[column.position] = keyValue(column, decodeElement(entryKey, offset, end))
      offset = end
    }
    if (offset < entryKey.length) this.#readPrimaryKey(row, entryKey, offset)
    else this.#readPrimaryKey(row, this.#primaryKeyIn(values), 0)
    for (const { column, at } of included) row[column.position] = this.#rows.fromDisk(column, values[at])
    return row
  }

  #readPrimaryKey(row: RowValue[], key: Key, offset: number): void {
    let start = offset
    for (const column of this.#rows.schema.primaryKey) {
      const end = elementEnd(key, start)
      row[column.position] = keyValue(column, decodeElement(key, start, end))
      start = end
    }
  }

  #wantedOf(wanted: ReadonlySet<ColumnReference> | undefined): WantedColumns {
    if (wanted === undefined) return this.#allColumns
    const known = this.#wanted.get(wanted)
    if (known !== undefined) return known
    const { indexed, included } = this.#allColumns
    const made = {
      indexed: indexed.map((column) => (column !== undefined && wanted.has(column) ? column : undefined)),
      included: included.filter(({ column }) => wanted.has(column)),
    }
    this.#wanted.set(wanted, made)
    return made
  }

  #primaryKeyIn(values: readonly unknown[]): Key {
    const primaryKey = values[0]
    if (primaryKey instanceof Uint8Array) {
      return keyFromBytes(Buffer.from(primaryKey.buffer, primaryKey.byteOffset, primaryKey.length))
    }
    throw new CorruptionError('ROME_CORRUPT', 'an index entry does not say which row it is of: run `rome verify`', {
      context: { index: this.definition.name },
    })
  }
}

function positionsOf({ deletedAt }: EntitySchema, definition: IndexDefinition): readonly number[] {
  const columns: ColumnReference[] = [...definition.columns.map(({ column }) => column), ...definition.include]
  if (definition.where !== undefined) columns.push(...columnsOf(definition.where).map((node) => node.column))
  if (deletedAt !== undefined) columns.push(deletedAt)
  return [...new Set(columns.map((column) => column.position))]
}

/** What an entry says besides its key. */
function decodeValues(entryKey: Key, value: StoredValue): readonly unknown[] {
  if (value instanceof RowCell) throw new InternalError('ROME_INTERNAL', 'a row is not an index entry')
  if (!(value instanceof EntryCell)) return decodeEntry(entryKey, value)
  const { content } = value
  if (!(content instanceof Uint8Array)) return content
  const values = decodeEntry(entryKey, content)
  value.content = values.length === 0 ? noValues : values
  return value.content
}

function keyValue(column: ColumnDefinition, element: KeyElement | undefined): RowValue {
  return element === null || element === undefined ? null : column.type.decodeKey(element)
}

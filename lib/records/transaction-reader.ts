import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key, KeyRange } from '../codec/key.js'
import { Space } from '../codec/space.js'
import type { EngineSnapshot, Scan, ScanOptions } from '../engines/contract.js'
import type { ReadMeter } from './read-meter.js'
import { ReadSet } from './read-set.js'
import { ResidentScan } from './resident/resident-scan.js'
import type { ResidentView } from './resident/resident-view.js'
import type { Row } from './row.js'
import { storedAmong } from './stored-keys.js'
import { EntryCell, type GrowingBatch, type RowSlot, type StoredBatch, type StoredValue } from './stored-value.js'
import type { Table } from './table.js'
import type { TableIndex } from './table-index.js'
import { scanWithWrites } from './transaction-scan.js'
import type { WriteBuffer } from './write-buffer.js'

/** `null`: known not to be stored. `undefined`: not known. */
type Found = StoredValue | null | undefined

/**
 * Reads a snapshot with a transaction's writes laid over it, from memory what is resident, and notes what it read.
 */
export class TransactionReader {
  readonly reads: ReadSet
  readonly #snapshot: EngineSnapshot
  readonly #resident: ResidentView | undefined
  readonly #writes: WriteBuffer

  constructor(
    snapshot: EngineSnapshot,
    resident: ResidentView | undefined,
    writes: WriteBuffer,
    reads: ReadSet = new ReadSet(),
  ) {
    this.#snapshot = snapshot
    this.#resident = resident
    this.#writes = writes
    this.reads = reads
  }

  get(table: Table, key: Key): MaybePromise<Row | undefined> {
    this.reads.noteKey(key)
    const known = this.#known(key)
    if (known !== undefined) return known === null ? undefined : table.decode(key, known)
    return andThen(this.#snapshot.get(key), (bytes) => {
      const value = this.#keep(key, bytes)
      return value === null ? undefined : table.decode(key, value)
    })
  }

  /** Rows by key, in the order of the keys. */
  getMany(table: Table, keys: readonly Key[], meter?: ReadMeter): MaybePromise<(Row | undefined)[]> {
    for (const key of keys) this.reads.noteKey(key)
    return this.#rowsOf(
      table,
      keys,
      keys.map((key) => this.#known(key)),
      meter,
    )
  }

  /** The rows that entries stand for, in the order of the entries. */
  getByEntries(
    table: Table,
    index: TableIndex,
    batch: StoredBatch,
    meter?: ReadMeter,
  ): MaybePromise<(Row | undefined)[]> {
    const { keys, values } = batch
    const rowKeys = new Array<Key>(keys.length)
    const found = new Array<Found>(keys.length)
    const resident = this.#resident
    for (let at = 0; at < keys.length; at++) {
      const entry = values[at] as StoredValue
      const rowKey = index.rowKeyOf(keys[at] as Key, entry)
      rowKeys[at] = rowKey
      this.reads.noteKey(rowKey)
      const written = this.#writes.get(rowKey)
      if (written !== undefined || resident === undefined) found[at] = written
      else if (!(entry instanceof EntryCell)) found[at] = cellOf(resident.row(rowKey), resident)
      else {
        const cell = entry.row?.at(resident.version)
        if (entry.row !== undefined && cell !== undefined) entry.row.isUsed = true
        else entry.row = resident.row(rowKey) ?? undefined
        found[at] = cell ?? entry.row?.at(resident.version)
      }
    }
    return this.#rowsOf(table, rowKeys, found, meter)
  }

  /** The rows of a unique index by the keys of their entries, in the order of the keys. */
  getByUnique(table: Table, index: TableIndex, keys: readonly Key[]): MaybePromise<(Row | undefined)[]> {
    for (const key of keys) this.reads.noteKey(key)
    const written = keys.map((key) => this.#writes.get(key))
    const unwritten = keys.filter((_, at) => written[at] === undefined)
    return andThen(unwritten.length === 0 ? [] : this.#snapshot.getMany(unwritten), (stored) => {
      let next = 0
      const values = written.map((value) => (value === undefined ? stored[next++] : (value ?? undefined)))
      const found = { keys: keys.filter((_, at) => values[at]), values: values.filter((value) => value !== undefined) }
      return andThen(this.getByEntries(table, index, found), (rows) => {
        let row = 0
        return values.map((value) => (value === undefined ? undefined : rows[row++]))
      })
    })
  }

  /** Whether a row or an entry is stored under each of the keys. */
  hasMany(keys: readonly Key[]): MaybePromise<readonly boolean[]> {
    const found = keys.map((key) => {
      this.reads.noteKey(key)
      return this.#isKnown(key)
    })
    const unknown = keys.filter((_, at) => found[at] === undefined)
    if (unknown.length === 0) return found as boolean[]
    const scan = (range: KeyRange, options: ScanOptions): Scan<unknown> => this.#scanStored(range, options)
    return andThen(storedAmong(unknown, this.#snapshot, scan), (stored) =>
      found.map((isThere, at) => isThere ?? stored.has(keys[at])),
    )
  }

  scan(range: KeyRange, options: ScanOptions = {}): Scan<StoredValue> {
    const isReverse = options.reverse ?? false
    const noted = this.reads.noteScan(range, isReverse)
    return scanWithWrites(this.#scanStored(range, options), this.#writes, range, noted, isReverse)
  }

  /**
   * Puts all that is in ranges, one after the other, behind what a batch has, as far as memory tells and the batch has
   * no more than `most` then; they are noted as read. For short ranges: a scan costs more than its reading.
   * @returns how many of the ranges were read.
   */
  readKnown(batch: GrowingBatch, ranges: readonly KeyRange[], most: number): number {
    if (this.#resident === undefined) return 0
    const written = ranges.findIndex((range) => this.#writes.cursor(range, false) !== undefined)
    const read = this.#resident.readInto(batch, written === -1 ? ranges : ranges.slice(0, written), most)
    for (let at = 0; at < read; at++) this.reads.noteScan(ranges[at] as KeyRange, false).reachedEnd()
    return read
  }

  /**
   * How many keys a range has, if memory tells; it is noted as read then. Cost: the height of a tree, and the writes of
   * the transaction in the range.
   */
  countKnown(range: KeyRange): number | undefined {
    if (this.#resident === undefined || this.#writes.cursor(range, false) !== undefined) return undefined
    const count = this.#resident.count(range)
    if (count !== undefined) this.reads.noteScan(range, false).reachedEnd()
    return count
  }

  #scanStored(range: KeyRange, options: ScanOptions): Scan<StoredValue> {
    return this.#resident === undefined || range.start < Space.row
      ? this.#snapshot.scan(range, options)
      : new ResidentScan(this.#resident, this.#snapshot, range, options)
  }

  /** Reads from the snapshot what was not found, and makes rows of it all. */
  #rowsOf(table: Table, keys: readonly Key[], found: Found[], meter?: ReadMeter): MaybePromise<(Row | undefined)[]> {
    const unknown = keys.filter((_, at) => found[at] === undefined)
    if (unknown.length === 0) return decodeAll(table, keys, found, meter)
    return andThen(this.#snapshot.getMany(unknown), (stored) => {
      let next = 0
      found.forEach((value, at) => {
        if (value === undefined) found[at] = this.#keep(keys[at] as Key, stored[next++])
      })
      return decodeAll(table, keys, found, meter)
    })
  }

  /** What memory tells of a row. */
  #known(key: Key): Found {
    const written = this.#writes.get(key)
    if (written !== undefined || this.#resident === undefined) return written
    return cellOf(this.#resident.row(key), this.#resident)
  }

  /** What memory tells about whether there is something under a key. */
  #isKnown(key: Key): boolean | undefined {
    const written = this.#writes.get(key)
    return written === undefined ? this.#resident?.has(key) : written !== null
  }

  /** What was read of a row is kept for others, unless there is a newer one by now. */
  #keep(key: Key, bytes: Uint8Array | undefined): StoredValue | null {
    if (bytes === undefined) return null
    const resident = this.#resident
    if (!resident?.isNewest) return bytes
    return resident.set.addRow(key, bytes)
  }
}

function cellOf(slot: RowSlot | null | undefined, { version }: ResidentView): Found {
  return slot ? slot.at(version) : slot
}

function decodeAll(
  table: Table,
  keys: readonly Key[],
  found: readonly Found[],
  meter: ReadMeter | undefined,
): (Row | undefined)[] {
  let bytes = 0
  const rows = new Array<Row | undefined>(keys.length)
  for (let at = 0; at < keys.length; at++) {
    const value = found[at]
    bytes += value?.length ?? 0
    rows[at] = value ? table.decode(keys[at] as Key, value) : undefined
  }
  meter?.add(keys.length, bytes)
  return rows
}

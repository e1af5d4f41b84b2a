import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key, KeyRange } from '../codec/key.js'
import type { EngineSnapshot, Scan, ScanOptions } from '../engines/contract.js'
import type { ReadMeter } from './read-meter.js'
import { ReadSet } from './read-set.js'
import type { Row } from './row.js'
import type { Table } from './table.js'
import { scanWithWrites } from './transaction-scan.js'
import type { WriteBuffer } from './write-buffer.js'

/** Reads a snapshot with a transaction's writes laid over it, and notes what it read. */
export class TransactionReader {
  readonly reads: ReadSet
  readonly #snapshot: EngineSnapshot
  readonly #writes: WriteBuffer

  constructor(snapshot: EngineSnapshot, writes: WriteBuffer, reads = new ReadSet()) {
    this.#snapshot = snapshot
    this.#writes = writes
    this.reads = reads
  }

  get(table: Table, key: Key): MaybePromise<Row | undefined> {
    return andThen(this.read(key), (bytes) => (bytes === undefined ? undefined : table.decode(key, bytes)))
  }

  getMany(table: Table, keys: readonly Key[], meter?: ReadMeter): MaybePromise<(Row | undefined)[]> {
    return andThen(this.readMany(keys), (values) => {
      let bytesRead = 0
      const rows = values.map((bytes, index) => {
        if (bytes === undefined) return undefined
        bytesRead += bytes.length
        return table.decode(keys[index], bytes)
      })
      meter?.add(keys.length, bytesRead)
      return rows
    })
  }

  scan(range: KeyRange, options: ScanOptions = {}): Scan {
    const noted = this.reads.noteScan(range, options.reverse ?? false)
    return scanWithWrites(this.#snapshot.scan(range, options), this.#writes, range, noted, options.reverse ?? false)
  }

  /** The bytes of one key. */
  read(key: Key): MaybePromise<Uint8Array | undefined> {
    this.reads.noteKey(key)
    const written = this.#writes.get(key)
    if (written !== undefined) return written ?? undefined
    return this.#snapshot.get(key)
  }

  /** The bytes of keys, in their order. */
  readMany(keys: readonly Key[]): MaybePromise<readonly (Uint8Array | undefined)[]> {
    for (const key of keys) this.reads.noteKey(key)
    if (this.#writes.size === 0) return this.#snapshot.getMany(keys)
    const written = keys.map((key) => this.#writes.get(key))
    const unwritten = keys.filter((_, position) => written[position] === undefined)
    if (unwritten.length === 0) return written.map((value) => value ?? undefined)
    return andThen(this.#snapshot.getMany(unwritten), (stored) => {
      let next = 0
      return written.map((value) => (value === undefined ? stored[next++] : (value ?? undefined)))
    })
  }
}

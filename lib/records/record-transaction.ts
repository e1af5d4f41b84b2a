import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key, KeyRange } from '../codec/key.js'
import { changedSince } from '../engines/conflicts.js'
import type { Durability, Engine, EngineSnapshot, Scan, ScanOptions, Version } from '../engines/contract.js'
import { ConflictError, InternalError, UsageError } from '../errors/rome-error.js'
import { newCommitId } from './commit-id.js'
import { checkRow, claimsOf, entryChanges, type PreparedWrite, type RowWrite, refuseTaken } from './prepared-write.js'
import type { ReadMeter } from './read-meter.js'
import { ReadSet, UnkeptReads } from './read-set.js'
import { ReferenceNotes, type SavedReferences } from './reference-notes.js'
import type { References } from './references.js'
import type { ResidentView } from './resident/resident-view.js'
import type { Row } from './row.js'
import type { ChangesByTable } from './row-change.js'
import type { RowClaims } from './row-claims.js'
import { RowOrigins } from './row-origins.js'
import { settleReferences } from './settle-references.js'
import type { Statistics } from './statistics.js'
import type { GrowingBatch, StoredBatch, StoredValue } from './stored-value.js'
import type { Table } from './table.js'
import type { TableIndex } from './table-index.js'
import { TransactionClaims } from './transaction-claims.js'
import { TransactionReader } from './transaction-reader.js'
import { WriteBuffer } from './write-buffer.js'

/** What a commit must prove: all that was read, or only the rows it writes. */
export type Isolation = 'serializable' | 'snapshot'

/** How a transaction is committed. */
export interface RecordCommitOptions {
  readonly isolation: Isolation
  readonly durability?: Durability
  readonly signal?: AbortSignal
}

/** A point in a transaction's writes to go back to. */
export interface Savepoint {
  readonly writes: WriteBuffer
  readonly rowChanges: ReadonlyMap<number, number>
  readonly references: SavedReferences
}

/** Where a transaction commits. */
export interface TransactionHost {
  readonly engine: Engine
  readonly statistics: Statistics
  readonly references: References
  /** None where others than this process write: there a claim is what the commit validates. */
  readonly claims: RowClaims | undefined
  /** What is in memory, as of a version; nothing if that is not the newest one. */
  residentAt(version: Version): ResidentView | undefined
  explainConflict(error: ConflictError): ConflictError
}

const nothingChanged: ChangesByTable = new Map()

/**
 * One transaction over rows and their index entries: reads one snapshot with its own writes laid over it, notes what
 * it read, and commits all or nothing. Entities are unknown here.
 */
export class RecordTransaction {
  readonly #host: TransactionHost
  #snapshot: EngineSnapshot
  /** What was in memory at the snapshot's version. */
  #resident: ResidentView | undefined
  readonly #writes = new WriteBuffer()
  /** What the caller decides by, which only a serializable commit proves. */
  #reader: TransactionReader
  /** What the rules of the models rely on, and rows read for update, which every commit proves. */
  #ruleReader: TransactionReader | undefined
  readonly #references: ReferenceNotes
  #origins: RowOrigins | undefined
  /** How many rows more or less each table has by this transaction. */
  #rowChanges = new Map<number, number>()
  /** Rows that nobody else may write until the end of the transaction. */
  readonly claims: TransactionClaims
  #isReleased = false

  /** When it is read only nothing may be written: what it reads is not noted. */
  constructor(host: TransactionHost, snapshot: EngineSnapshot, isReadOnly = false) {
    this.#host = host
    this.#snapshot = snapshot
    this.#resident = host.residentAt(snapshot.version)
    this.claims = new TransactionClaims(host.claims)
    this.#reader = this.#newReader(isReadOnly ? new UnkeptReads() : new ReadSet())
    this.#references = new ReferenceNotes(host.references)
  }

  /** The version of the store that is read. */
  get readVersion(): Version {
    return this.#snapshot.version
  }

  get #rules(): TransactionReader {
    this.#ruleReader ??= this.#newReader()
    return this.#ruleReader
  }

  get hasWrites(): boolean {
    return this.#writes.size > 0
  }

  /** Nothing was read or written in it: it may as well have begun now. */
  get isUntouched(): boolean {
    return !this.hasWrites && this.#reader.reads.isEmpty && (this.#ruleReader?.reads.isEmpty ?? true)
  }

  /** One row by key. Cost: one read. */
  get(table: Table, key: Key): MaybePromise<Row | undefined> {
    this.#assertLive()
    return this.#reader.get(table, key)
  }

  /** Rows by key, in the order of the keys. Cost: one read each, in one call. */
  getMany(table: Table, keys: readonly Key[], meter?: ReadMeter): MaybePromise<(Row | undefined)[]> {
    this.#assertLive()
    return this.#reader.getMany(table, keys, meter)
  }

  /** The rows that a batch of entries stands for, in the order of the entries. Cost: as {@link getMany}. */
  getByEntries(
    table: Table,
    index: TableIndex,
    batch: StoredBatch,
    meter?: ReadMeter,
  ): MaybePromise<(Row | undefined)[]> {
    this.#assertLive()
    return this.#reader.getByEntries(table, index, batch, meter)
  }

  /** Rows of a unique index by the keys of their entries, in the order of the keys. Cost: a read of all, twice. */
  getByUnique(table: Table, index: TableIndex, keys: readonly Key[]): MaybePromise<(Row | undefined)[]> {
    this.#assertLive()
    return this.#reader.getByUnique(table, index, keys)
  }

  /** Puts all that is in a short range behind what a batch has, if memory tells and it has no more than `most` then. */
  readKnown(batch: GrowingBatch, ranges: readonly KeyRange[], most: number): number {
    this.#assertLive()
    return this.#reader.readKnown(batch, ranges, most)
  }

  /** How many keys a range has, if memory tells. */
  countKnown(range: KeyRange): number | undefined {
    this.#assertLive()
    return this.#reader.countKnown(range)
  }

  /** Keys and values of a range as this transaction sees them now; later writes do not show in the scan. */
  scan(range: KeyRange, options: ScanOptions = {}): Scan<StoredValue> {
    this.#assertLive()
    return this.#reader.scan(range, options)
  }

  /**
   * Adds a row and its entries.
   * @throws ConstraintError `ROME_PRIMARY_KEY_EXISTS`, `ROME_UNIQUE`, `ROME_CHECK`; then nothing was written.
   */
  insert(table: Table, row: Row): MaybePromise<void> {
    return this.write([{ table, previous: undefined, next: row }])
  }

  /**
   * Puts `next` in the place of `previous`, which must be the row as this transaction reads it.
   * @throws ConstraintError `ROME_UNIQUE`, `ROME_CHECK`; then nothing was written.
   */
  update(table: Table, previous: Row, next: Row): MaybePromise<void> {
    return this.write([{ table, previous, next }])
  }

  /** Removes a row and its entries. */
  erase(table: Table, row: Row): void {
    this.#assertLive()
    this.#put([this.#prepare({ table, previous: row, next: undefined })])
  }

  /**
   * Writes rows as if all at once. What counts is how things are after the last of them: rows may hand keys and unique
   * values on to each other. Cost: one read of all keys and unique values that are taken.
   * @throws ConstraintError `ROME_PRIMARY_KEY_EXISTS`, `ROME_UNIQUE`, `ROME_CHECK`; then nothing was written.
   */
  write(writes: readonly RowWrite[]): MaybePromise<void> {
    this.#assertLive()
    const prepared = writes.filter(({ previous, next }) => previous !== next).map((write) => this.#prepare(write))
    const claims = claimsOf(prepared)
    const keys = [...claims.keys()]
    return andThen(keys.length === 0 ? [] : this.#reader.hasMany(keys), (isTaken) => {
      refuseTaken(claims, keys[isTaken.indexOf(true)])
      return andThen(this.#completed(prepared), (completed) => this.#put(completed))
    })
  }

  /**
   * Brings the foreign keys in order for the rows as they are now, whatever the order of the writes that made them so:
   * rows that refer to erased or soft-deleted ones follow them as their relations declare, and every foreign key that
   * was written must lead to a row. What it reads is validated at the commit under every isolation.
   * @param now the time that rows it changes get.
   * @param settle how far it goes.
   * @returns the rows that it changed.
   * @throws ConstraintError `ROME_FOREIGN_KEY`, `ROME_CHECK`; then nothing was changed.
   */
  checkReferences(now: Date, settle = settleReferences): MaybePromise<ChangesByTable> {
    this.#assertLive()
    return this.#references.isEmpty ? nothingChanged : this.#settleReferences(now, settle)
  }

  /** Marks the writes made so far. Cost: constant, and what is to be checked of foreign keys. */
  savepoint(): Savepoint {
    return {
      writes: this.#writes.copy(),
      rowChanges: new Map(this.#rowChanges),
      references: this.#references.save(),
    }
  }

  /** Takes back the writes made since. What was read stays noted: decisions may have been made by it. */
  rollbackTo(savepoint: Savepoint): void {
    this.#writes.restore(savepoint.writes)
    this.#rowChanges = new Map(savepoint.rowChanges)
    this.#references.restore(savepoint.references)
  }

  /**
   * Makes the writes durable if everything read is still so. Without writes nothing needs to be proved: the
   * snapshot was consistent. Foreign keys that were not checked yet are.
   * @throws ConflictError `ROME_CONFLICT`, `ROME_SNAPSHOT_TOO_OLD`, which say the model and key they are about;
   * ConstraintError `ROME_FOREIGN_KEY`; CommitUnknownError; EngineError `ROME_COMMIT_TOO_LARGE` and others.
   */
  async commit(options: RecordCommitOptions): Promise<Version> {
    this.#assertLive()
    if (!this.hasWrites) return this.readVersion
    await this.checkReferences(new Date())
    const writes = this.#writes.toWrites(this.#origins?.markOf)
    await this.claims.takeToWrite(writes, options.signal)
    const { reads: read } = this.#reader
    const { reads: relied } = this.#rules
    const isSerializable = options.isolation === 'serializable'
    try {
      const version = await this.#host.engine.commit({
        id: newCommitId(),
        readVersion: this.readVersion,
        // Under snapshot isolation the first of two writers of a key wins; that also keeps unique entries unique.
        readKeys: [...(isSerializable ? read.keys : writes.map(({ key }) => key)), ...relied.keys],
        readRanges: [...(isSerializable ? read.ranges : []), ...relied.ranges],
        writes,
        ...(options.durability === undefined ? {} : { durability: options.durability }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      for (const [tableId, change] of this.#rowChanges) this.#host.statistics.addRows(tableId, change)
      this.#host.statistics.noteWrites(writes)
      return version
    } catch (error) {
      throw error instanceof ConflictError ? this.#host.explainConflict(error) : error
    }
  }

  /** Every commit validates these rows, whatever its isolation. */
  relyOn(keys: readonly Key[]): void {
    const { reads } = this.#rules
    for (const key of keys) reads.noteKey(key)
  }

  /**
   * Reads the newest snapshot from now on, and forgets what was read: only for one who was
   * {@link RecordTransaction.isUntouched | untouched}.
   * @returns whether there is a newer one.
   */
  async moveOn(): Promise<boolean> {
    const newest = await this.#host.engine.snapshot()
    const older = newest.version === this.readVersion ? newest : this.#snapshot
    older.release()
    if (older === newest) return false
    this.#resident?.release()
    this.#snapshot = newest
    this.#resident = this.#host.residentAt(newest.version)
    this.#reader = this.#newReader()
    this.#ruleReader = undefined
    return true
  }

  /** The conflicts over these rows that a commit made now would meet, by their keys. */
  async conflicts(keys: readonly Key[]): Promise<ReadonlyMap<Key, ConflictError>> {
    const newest = await this.#host.engine.snapshot()
    try {
      if (newest.version === this.readVersion) return new Map()
      const [ours, theirs] = await Promise.all([this.#snapshot.getMany(keys), newest.getMany(keys)])
      const changed = keys.filter((_, at) => !isEqual(ours[at], theirs[at]))
      const conflictOf = (key: Key) => this.#host.explainConflict(changedSince(key, this.readVersion, newest.version))
      return new Map(changed.map((key) => [key, conflictOf(key)]))
    } finally {
      newest.release()
    }
  }

  /** Runs what reads without relying on it: nothing of it is validated. */
  async unnoted<T>(work: () => MaybePromise<T>): Promise<T> {
    const reader = this.#reader
    this.#reader = this.#newReader()
    try {
      return await work()
    } finally {
      this.#reader = reader
    }
  }

  /** Gives the snapshot back. Nothing can be read or written afterwards. May be called more than once. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.claims.release()
    this.#resident?.release()
    this.#snapshot.release()
  }

  #assertLive(): void {
    if (this.#isReleased) {
      throw new UsageError('ROME_TRANSACTION_STATE', 'this transaction has ended: begin another and query again')
    }
  }

  async #settleReferences(now: Date, settle: typeof settleReferences): Promise<ChangesByTable> {
    const before = this.savepoint()
    try {
      return await settle(
        { reader: this.#rules, writer: this, references: this.#host.references, notes: this.#references },
        now,
      )
    } catch (error) {
      this.rollbackTo(before)
      throw error
    }
  }

  #newReader(reads?: ReadSet): TransactionReader {
    return new TransactionReader(this.#snapshot, this.#resident, this.#writes, reads)
  }

  #countRow(table: Table, change: 1 | -1): void {
    this.#rowChanges.set(table.id, (this.#rowChanges.get(table.id) ?? 0) + change)
  }

  #prepare({ table, previous, next }: RowWrite): PreparedWrite {
    if (next !== undefined) checkRow(table, next)
    const key = table.keyOfRead((previous ?? next) as Row)
    if (previous !== undefined && next !== undefined && !table.isSameKey(previous, next)) {
      throw new InternalError('ROME_INTERNAL', 'an update keeps the primary key')
    }
    const entries = entryChanges(table, key, previous, next)
    return { table, key, previous, next, entries, bytes: next === undefined ? null : table.encode(key, next) }
  }

  /** With the stored values of columns that the models do not name. */
  #completed(prepared: readonly PreparedWrite[]): MaybePromise<readonly PreparedWrite[]> {
    const isPartial = ({ table, next }: PreparedWrite): boolean => next !== undefined && table.hasUnnamedColumns
    const keys = prepared.filter(isPartial).map(({ key }) => key)
    if (keys.length === 0) return prepared
    return andThen(this.#snapshot.getMany(keys), (stored) => {
      const bytesByKey = new Map(keys.map((key, at) => [key, stored[at]]))
      return prepared.map((write) => {
        const { table, key, next } = write
        if (next === undefined || !isPartial(write)) return write
        // Also when the row was erased and is inserted again, as an exchange of unique values may do.
        return { ...write, bytes: table.encode(key, next, this.#writes.get(key) ?? bytesByKey.get(key)) }
      })
    })
  }

  readonly #isWritten = (key: Key): boolean => this.#writes.get(key) !== undefined

  /** The last step of every change: nothing can fail any more. What is given up goes before what is taken. */
  #put(prepared: readonly PreparedWrite[]): void {
    if (this.#host.engine.manifest.watch) this.#origins ??= new RowOrigins()
    for (const write of prepared) {
      const { key, next, entries } = write
      for (const { before, after } of entries) {
        if (before !== undefined && before.key !== after?.key) this.#writes.set(before.key, null)
      }
      if (next !== undefined) continue
      this.#origins?.note(write, key, this.#isWritten)
      this.#writes.set(key, null)
    }
    for (const write of prepared) {
      const { table, key, previous, next, entries, bytes } = write
      if (next !== undefined) this.#origins?.note(write, key, this.#isWritten)
      for (const { after } of entries) if (after !== undefined) this.#writes.set(after.key, after.value)
      if (next !== undefined) this.#writes.set(key, bytes)
      if (next === undefined) {
        this.#countRow(table, -1)
        this.#references.erased(table, key, previous as Row)
      } else if (previous === undefined) {
        this.#countRow(table, 1)
        this.#references.inserted(table, key, next)
      } else this.#references.updated(table, key, previous, next)
    }
  }
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
}

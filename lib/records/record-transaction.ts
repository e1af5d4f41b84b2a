import { v7 as uuidv7 } from 'uuid'
import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key, KeyRange } from '../codec/key.js'
import type { Durability, Engine, EngineSnapshot, Scan, ScanOptions, Version } from '../engines/contract.js'
import { ConflictError, ConstraintError, InternalError, UsageError } from '../errors/rome-error.js'
import type { ReadMeter } from './read-meter.js'
import { ReferenceNotes, type SavedReferences } from './reference-notes.js'
import type { References } from './references.js'
import type { Row } from './row.js'
import type { ChangesByTable } from './row-change.js'
import { settleReferences } from './settle-references.js'
import type { Statistics } from './statistics.js'
import type { Table } from './table.js'
import type { IndexEntry, TableIndex } from './table-index.js'
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
  explainConflict(error: ConflictError): ConflictError
}

/** What a row's index entry was and becomes. */
interface EntryChange {
  readonly index: TableIndex
  readonly before: IndexEntry | undefined
  readonly after: IndexEntry | undefined
}

const nothingChanged: ChangesByTable = new Map()

/**
 * One transaction over rows and their index entries: reads one snapshot with its own writes laid over it, notes what
 * it read, and commits all or nothing. Entities are unknown here.
 */
export class RecordTransaction {
  readonly #host: TransactionHost
  readonly #snapshot: EngineSnapshot
  readonly #writes = new WriteBuffer()
  /** What the caller decides by, which only a serializable commit proves. */
  readonly #reader: TransactionReader
  /** What the rules of the models rely on, which every commit proves. */
  readonly #ruleReader: TransactionReader
  readonly #references: ReferenceNotes
  /** How many rows more or less each table has by this transaction. */
  #rowChanges = new Map<number, number>()
  #isReleased = false

  constructor(host: TransactionHost, snapshot: EngineSnapshot) {
    this.#host = host
    this.#snapshot = snapshot
    this.#reader = new TransactionReader(snapshot, this.#writes)
    this.#ruleReader = new TransactionReader(snapshot, this.#writes)
    this.#references = new ReferenceNotes(host.references)
  }

  /** The version of the store that is read. */
  get readVersion(): Version {
    return this.#snapshot.version
  }

  get hasWrites(): boolean {
    return this.#writes.size > 0
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

  /** Keys and values of a range as this transaction sees them now; later writes do not show in the scan. */
  scan(range: KeyRange, options: ScanOptions = {}): Scan {
    this.#assertLive()
    return this.#reader.scan(range, options)
  }

  /**
   * Adds a row and its entries.
   * @throws ConstraintError `ROME_PRIMARY_KEY_EXISTS`, `ROME_UNIQUE`, `ROME_CHECK`; then nothing was written.
   */
  insert(table: Table, row: Row): MaybePromise<void> {
    this.#checkRow(table, row)
    const key = table.keyOf(row)
    const changes = this.#entryChanges(table, key, undefined, row)
    return andThen(this.#reader.read(key), (existing) => {
      if (existing !== undefined) {
        throw new ConstraintError(
          'ROME_PRIMARY_KEY_EXISTS',
          'a row with this primary key is stored already: read and change it',
          {
            context: { model: table.schema.name, key: table.primaryKeyOf(row) },
          },
        )
      }
      return andThen(this.#checkUnique(table, row, changes), () =>
        andThen(this.#write(table, key, row, changes), () => {
          this.#countRow(table, 1)
          this.#references.inserted(table, key, row)
        }),
      )
    })
  }

  /**
   * Puts `next` in the place of `previous`, which must be the row as this transaction reads it.
   * @throws ConstraintError `ROME_UNIQUE`, `ROME_CHECK`; then nothing was written.
   */
  update(table: Table, previous: Row, next: Row): MaybePromise<void> {
    this.#checkRow(table, next)
    const key = table.keyOf(previous)
    if (table.keyOf(next) !== key) throw new InternalError('ROME_INTERNAL', 'an update keeps the primary key')
    const changes = this.#entryChanges(table, key, previous, next)
    return andThen(this.#checkUnique(table, next, changes), () =>
      andThen(this.#write(table, key, next, changes), () => this.#references.updated(table, key, previous, next)),
    )
  }

  /** Removes a row and its entries. */
  erase(table: Table, row: Row): void {
    this.#assertLive()
    const key = table.keyOf(row)
    this.#put(key, null, this.#entryChanges(table, key, row, undefined))
    this.#countRow(table, -1)
    this.#references.erased(table, key, row)
  }

  /**
   * Brings the foreign keys in order for the rows as they are now, whatever the order of the writes that made them so:
   * rows that refer to erased or soft-deleted ones follow them as their relations declare, and every foreign key that
   * was written must lead to a row. What it reads is validated at the commit under every isolation.
   * @param now the time that rows it changes get.
   * @returns the rows that it changed.
   * @throws ConstraintError `ROME_FOREIGN_KEY`, `ROME_CHECK`; then nothing was changed.
   */
  checkReferences(now: Date): MaybePromise<ChangesByTable> {
    this.#assertLive()
    return this.#references.isEmpty ? nothingChanged : this.#settleReferences(now)
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
    const writes = this.#writes.toWrites()
    const { reads: read } = this.#reader
    const { reads: relied } = this.#ruleReader
    const isSerializable = options.isolation === 'serializable'
    try {
      const version = await this.#host.engine.commit({
        id: uuidv7(),
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

  /** Gives the snapshot back. Nothing can be read or written afterwards. May be called more than once. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#snapshot.release()
  }

  #assertLive(): void {
    if (this.#isReleased) {
      throw new UsageError('ROME_TRANSACTION_STATE', 'this transaction has ended: begin another and query again')
    }
  }

  async #settleReferences(now: Date): Promise<ChangesByTable> {
    const before = this.savepoint()
    try {
      return await settleReferences(
        { reader: this.#ruleReader, writer: this, references: this.#host.references, notes: this.#references },
        now,
      )
    } catch (error) {
      this.rollbackTo(before)
      throw error
    }
  }

  #countRow(table: Table, change: 1 | -1): void {
    this.#rowChanges.set(table.id, (this.#rowChanges.get(table.id) ?? 0) + change)
  }

  #checkRow(table: Table, row: Row): void {
    this.#assertLive()
    for (const check of table.checks) {
      if (check.holds(row) === false) {
        throw new ConstraintError('ROME_CHECK', 'the row breaks a rule of its model: change the values it names', {
          context: { model: table.schema.name, check: check.name, key: table.primaryKeyOf(row) },
        })
      }
    }
  }

  #entryChanges(table: Table, key: Key, previous: Row | undefined, next: Row | undefined): EntryChange[] {
    const changes: EntryChange[] = []
    for (const index of table.indexes) {
      if (previous !== undefined && next !== undefined && index.isUntouched(previous, next)) continue
      const before = previous && index.entryOf(key, previous)
      const after = next && index.entryOf(key, next)
      if (before !== undefined || after !== undefined) changes.push({ index, before, after })
    }
    return changes
  }

  #checkUnique(table: Table, row: Row, changes: readonly EntryChange[]): MaybePromise<void> {
    const claims = changes.filter(({ before, after }) => after?.isExclusive && before?.key !== after.key)
    if (claims.length === 0) return undefined
    return andThen(this.#reader.readMany(claims.map((claim) => (claim.after as IndexEntry).key)), (holders) => {
      const taken = holders.findIndex((holder) => holder !== undefined)
      if (taken === -1) return
      const { definition } = claims[taken].index
      throw new ConstraintError('ROME_UNIQUE', 'another row has these values already: they must be unique', {
        context: {
          model: table.schema.name,
          index: definition.name,
          columns: definition.columns.map(({ column }) => column.name),
          values: definition.columns.map(({ column }) => row[column.position]),
        },
      })
    })
  }

  #write(table: Table, key: Key, row: Row, changes: readonly EntryChange[]): MaybePromise<void> {
    if (!table.hasUnnamedColumns) return this.#put(key, table.encode(key, row), changes)
    // Also when the row was erased and is inserted again, as an exchange of unique values may do.
    return andThen(this.#writes.get(key) ?? this.#snapshot.get(key), (replaced) =>
      this.#put(key, table.encode(key, row, replaced), changes),
    )
  }

  /** The last step of every change: nothing can fail any more. */
  #put(key: Key, bytes: Uint8Array | null, changes: readonly EntryChange[]): void {
    for (const { before, after } of changes) {
      if (before !== undefined && before.key !== after?.key) this.#writes.set(before.key, null)
      if (after !== undefined) this.#writes.set(after.key, after.value)
    }
    this.#writes.set(key, bytes)
  }
}

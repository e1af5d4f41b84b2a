import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Key, type KeyRange, keyAfter, keyToBytes, prefixEnd, prefixRange } from '../codec/key.js'
import { entryPrefix, prefixBytes, rowPrefix, Space } from '../codec/space.js'
import { decodeTuple } from '../codec/tuple.js'
import type { Batch, EngineSnapshot } from '../engines/contract.js'
import { AbortError, RomeError } from '../errors/rome-error.js'
import type { Catalogue } from './catalogue.js'
import { ForeignKey } from './foreign-key.js'
import type { OnProgress } from './progress.js'
import type { RecordStore } from './record-store.js'
import type { ResidentSet } from './resident/resident-set.js'
import { verifyResident } from './resident/verify-resident.js'
import type { Table } from './table.js'
import { type IndexEntry, TableIndex } from './table-index.js'

/** What takes long and can be watched and given up. */
export interface VerifyOptions {
  /** Called after every thousand or so rows and entries. */
  readonly onProgress?: OnProgress | undefined
  /** Ends it with `ROME_ABORTED`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What can be wrong with a row or an entry:
 *
 * - `unreadable row`: its bytes are damaged, or not those of its model;
 * - `misplaced row`: it lies under another key than its primary key says;
 * - `missing target`: the row that a foreign key of it refers to is not stored;
 * - `missing entry`: an index lacks the entry of a row;
 * - `wrong entry`: the entry of a row holds something else than the row says, or stands for another row;
 * - `unreadable entry`: the bytes of an entry are damaged;
 * - `stray entry`: no row is stored that says so;
 * - `wrong cache`: what is kept of it in memory is not what is stored;
 * - `unknown keys`: there are keys of a table or index that the catalogue does not know.
 */
export type ProblemKind =
  | 'unreadable row'
  | 'misplaced row'
  | 'missing target'
  | 'missing entry'
  | 'wrong entry'
  | 'unreadable entry'
  | 'stray entry'
  | 'wrong cache'
  | 'unknown keys'

/** One thing that is wrong in a store. */
export interface VerifyProblem {
  readonly what: ProblemKind
  /** The stored name of the model; absent for unknown keys. */
  readonly model?: string | undefined
  /** The index, when it is about an entry. */
  readonly index?: string | undefined
  /** The relation, when it is about a foreign key. */
  readonly relation?: string | undefined
  /** The bytes of the key, hexadecimal. */
  readonly key: string
  /** What the key says: a row's primary key; an entry's indexed values and primary key. Absent when it says nothing. */
  readonly values?: readonly unknown[] | undefined
  /** The error it was found by. */
  readonly cause?: RomeError | undefined
}

/** What was read, and what is wrong. */
export interface VerifyReport {
  /** Rows that were read. */
  readonly rows: number
  /** Index entries that were read. */
  readonly entries: number
  /** How many problems there are. The store is sound when there is none. */
  readonly problemCount: number
  /** The first hundred of them. */
  readonly problems: readonly VerifyProblem[]
  /** Stored names of models in the store that it was not opened with, and which were not looked at. */
  readonly unchecked: readonly string[]
}

const problemsMax = 100
const keysPerBatch = 1000

/** What is verified. Foreign keys are left out where nobody knows them. */
export type VerifiableStore = Pick<RecordStore, 'engine' | 'catalogue' | 'tables'> &
  Partial<Pick<RecordStore, 'references' | 'resident'>>

/**
 * Reads one snapshot and checks that every row can be read, that it has exactly the entries its indexes want, that its
 * foreign keys lead to rows, and that every entry is of a stored row that says so. Repairs nothing. Cost: reads all of
 * the store, and each row once more for each of its entries and for each row that refers to it; memory for a few
 * thousand rows.
 * @throws AbortError `ROME_ABORTED`, EngineError.
 */
export async function verifyStore(store: VerifiableStore, options: VerifyOptions = {}): Promise<VerifyReport> {
  const snapshot = await store.engine.snapshot()
  try {
    const verification = new Verification(snapshot, options)
    const models = new Set<string>()
    for (const table of store.tables) {
      models.add(table.schema.name)
      await verification.verifyRows(table, store.references?.from(table) ?? [])
      for (const index of table.indexes) await verification.verifyEntries(table, index)
    }
    await verification.findUnknownKeys(knownPrefixes(store.catalogue))
    if (store.resident !== undefined) await verification.verifyCache(store.resident, store.tables)
    const unchecked = Object.keys(store.catalogue.tables).filter((name) => !models.has(name))
    return { ...verification.result(), unchecked }
  } finally {
    snapshot.release()
  }
}

/** One run over one snapshot. */
class Verification {
  readonly #snapshot: EngineSnapshot
  readonly #options: VerifyOptions
  readonly #problems: VerifyProblem[] = []
  #problemCount = 0
  #rows = 0
  #entries = 0

  constructor(snapshot: EngineSnapshot, options: VerifyOptions) {
    this.#snapshot = snapshot
    this.#options = options
  }

  result(): Omit<VerifyReport, 'unchecked'> {
    return { rows: this.#rows, entries: this.#entries, problemCount: this.#problemCount, problems: this.#problems }
  }

  /** From the rows to their entries, and to the rows that they refer to. */
  async verifyRows(table: Table, foreignKeys: readonly ForeignKey[]): Promise<void> {
    const { name } = table.schema
    await this.#forEachBatch('verify rows', name, prefixRange(table.prefix), async ({ keys, values }) => {
      this.#rows += keys.length
      const expected: { readonly index: TableIndex; readonly entry: IndexEntry }[] = []
      const targets: { readonly foreignKey: ForeignKey; readonly key: Key; readonly targetKey: Key }[] = []
      keys.forEach((key, position) => {
        try {
          const row = table.decode(key, values[position])
          if (table.keyOf(row) !== key) this.#report('misplaced row', key, table)
          for (const index of table.indexes) {
            const entry = index.entryOf(key, row)
            if (entry !== undefined) expected.push({ index, entry })
          }
          for (const foreignKey of foreignKeys) {
            const targetKey = foreignKey.targetKeyOf(row)
            if (targetKey !== undefined) targets.push({ foreignKey, key, targetKey })
          }
        } catch (error) {
          this.#report('unreadable row', key, table, undefined, romeError(error))
        }
      })
      const found = await this.#snapshot.getMany(expected.map(({ entry }) => entry.key))
      expected.forEach(({ index, entry }, position) => {
        const value = found[position]
        if (value === undefined) this.#report('missing entry', entry.key, table, index)
        else if (Buffer.compare(value, entry.value) !== 0) this.#report('wrong entry', entry.key, table, index)
      })
      const stored = await this.#snapshot.getMany(targets.map(({ targetKey }) => targetKey))
      targets.forEach(({ foreignKey, key }, position) => {
        if (stored[position] === undefined) this.#report('missing target', key, table, foreignKey)
      })
    })
  }

  /** From the entries to their rows. */
  async verifyEntries(table: Table, index: TableIndex): Promise<void> {
    const name = `${table.schema.name}.${index.definition.name}`
    for (const prefix of [index.prefix, index.deletedPrefix]) {
      await this.#forEachBatch('verify entries', name, prefixRange(prefix), async ({ keys, values }) => {
        this.#entries += keys.length
        const entryKeys: Key[] = []
        const rowKeys: Key[] = []
        keys.forEach((key, position) => {
          try {
            rowKeys.push(index.rowKeyOf(key, values[position]))
            entryKeys.push(key)
          } catch (error) {
            this.#report('unreadable entry', key, table, index, romeError(error))
          }
        })
        const rows = await this.#snapshot.getMany(rowKeys)
        entryKeys.forEach((key, position) => {
          const isSaid = this.#says(table, index, rowKeys[position], rows[position], key)
          if (!isSaid) this.#report('stray entry', key, table, index)
        })
      })
    }
  }

  /** Leaps from the first key of one table or index to that of the next. */
  async findUnknownKeys(known: ReadonlySet<Key>): Promise<void> {
    let start: Key | undefined = Space.row
    while (start !== undefined) {
      const key: Key | undefined = await this.#firstKey({ start, end: '\xff' })
      if (key === undefined) return
      const prefix = key.slice(0, prefixBytes)
      const isKnown = known.has(prefix)
      if (!isKnown) this.#report('unknown keys', key)
      start = prefix.length < prefixBytes ? keyAfter(key) : prefixEnd(prefix)
    }
  }

  /** What is kept in memory is a copy of what is stored. */
  async verifyCache(resident: ResidentSet, tables: Iterable<Table>): Promise<void> {
    const parts = new Map<Key, { readonly table: Table; readonly index?: TableIndex }>()
    for (const table of tables) {
      parts.set(table.prefix, { table })
      for (const index of table.indexes) {
        parts.set(index.prefix, { table, index })
        parts.set(index.deletedPrefix, { table, index })
      }
    }
    const partOf = (key: Key) => parts.get(key.slice(0, prefixBytes))
    await verifyResident(resident, {
      snapshot: this.#snapshot,
      meaningOf: (key, value) => {
        const part = partOf(key)
        try {
          if (part?.index === undefined) return part?.table.decode(key, value)
          return [part.index.rowKeyOf(key, value), part.index.rowOf(key, value)]
        } catch (error) {
          // Damage in the store was reported already.
          return romeError(error).code
        }
      },
      onDifference: (key) => this.#report('wrong cache', key, partOf(key)?.table, partOf(key)?.index),
    })
  }

  #says(table: Table, index: TableIndex, rowKey: Key, bytes: Uint8Array | undefined, entryKey: Key): boolean {
    if (bytes === undefined) return false
    try {
      return index.entryKeyOf(rowKey, table.decode(rowKey, bytes))?.key === entryKey
    } catch (error) {
      romeError(error)
      // The row was reported; nobody knows what it would say.
      return true
    }
  }

  async #firstKey(range: KeyRange): Promise<Key | undefined> {
    const scan = this.#snapshot.scan(range, { expected: 1 })
    try {
      return (await scan.next())?.keys[0]
    } finally {
      await scan.close()
    }
  }

  async #forEachBatch(
    task: string,
    name: string,
    range: KeyRange,
    visit: (batch: Batch) => Promise<void>,
  ): Promise<void> {
    const { onProgress, signal } = this.#options
    const scan = this.#snapshot.scan(range, { expected: keysPerBatch })
    let done = 0
    try {
      for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
        await visit(batch)
        done += batch.keys.length
        onProgress?.({ task, name, done })
        // An engine in memory never waits, but others want their turn, and so does what fires the signal.
        await nextTurn()
        if (signal?.aborted) {
          throw new AbortError('ROME_ABORTED', 'the verification was given up by its signal', { cause: signal.reason })
        }
      }
    } finally {
      await scan.close()
    }
  }

  #report(what: ProblemKind, key: Key, table?: Table, part?: TableIndex | ForeignKey, cause?: RomeError): void {
    this.#problemCount++
    if (this.#problems.length >= problemsMax) return
    this.#problems.push({
      what,
      model: table?.schema.name,
      index: part instanceof TableIndex ? part.definition.name : undefined,
      relation: part instanceof ForeignKey ? part.name : undefined,
      key: keyToBytes(key).toString('hex'),
      values: valuesIn(key),
      cause,
    })
  }
}

function knownPrefixes({ tables, droppedIndexes }: Catalogue): Set<Key> {
  const stored = Object.values(tables)
  const indexIds = [...stored.flatMap(({ indexes }) => Object.values(indexes)), ...droppedIndexes].map(({ id }) => id)
  return new Set([
    ...stored.map(({ id }) => rowPrefix(id)),
    ...indexIds.flatMap((id) => [entryPrefix(id, false), entryPrefix(id, true)]),
  ])
}

function valuesIn(key: Key): readonly unknown[] | undefined {
  try {
    return decodeTuple(key, prefixBytes)
  } catch (error) {
    romeError(error)
    return undefined
  }
}

/** What bytes from disk can make Rome raise; anything else is not about them. */
function romeError(error: unknown): RomeError {
  if (error instanceof RomeError) return error
  throw error
}

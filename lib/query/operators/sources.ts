import { andThen, isPromise, type MaybePromise } from '../../async/maybe-promise.js'
import type { Key, KeyRange } from '../../codec/key.js'
import { firstBatchSize } from '../../engines/batch-size.js'
import type { Scan } from '../../engines/contract.js'
import { CorruptionError } from '../../errors/rome-error.js'
import type { ReadMeter } from '../../records/read-meter.js'
import type { Row } from '../../records/row.js'
import type { GrowingBatch, StoredBatch, StoredValue } from '../../records/stored-value.js'
import type { Table } from '../../records/table.js'
import type { TableIndex } from '../../records/table-index.js'
import type { EntriesPlan } from '../plan/plan-node.js'
import type { Budget } from './budget.js'
import { again, checkExecution, type Execution, type Operator, pull, type Rows } from './operator.js'

const keysPerBatch = 256
/** Of so many ranges that are not in memory the first entries are read at once: most have no more than these. */
const readingsMax = 16

/** No rows. */
export const nothing: Operator = { next: () => undefined, close: () => undefined }

/** Rows by primary key, as many as there are. */
export class KeysOperator implements Operator {
  readonly #execution: Execution
  readonly #table: Table
  readonly #keys: readonly Key[]
  #position = 0

  readonly #meter: ReadMeter

  constructor(execution: Execution, table: Table, keys: readonly Key[], meter: ReadMeter) {
    this.#execution = execution
    this.#meter = meter
    this.#table = table
    this.#keys = keys
  }

  next(): MaybePromise<Rows> {
    return pull(() => {
      checkExecution(this.#execution)
      if (this.#position >= this.#keys.length) return undefined
      const { budget } = this.#execution
      const most = Math.max(1, Math.min(keysPerBatch, budget?.keysLeft ?? keysPerBatch))
      const keys = this.#keys.slice(this.#position, this.#position + most)
      budget?.takeKeys(keys.length)
      this.#position += keys.length
      return andThen(this.#execution.transaction.getMany(this.#table, keys, this.#meter), (rows) => {
        const found = rows.filter((row) => row !== undefined)
        return found.length === 0 ? again : found
      })
    })
  }

  close(): void {
    this.#position = this.#keys.length
  }
}

/** Ranges of keys read one after the other, each batch turned into rows. */
export class RangesOperator implements Operator {
  readonly #execution: Execution
  readonly #ranges: readonly KeyRange[]
  readonly #isReverse: boolean
  readonly #expected: number
  readonly #meter: ReadMeter
  readonly #toRows: (batch: StoredBatch) => MaybePromise<readonly Row[]>
  readonly #keysEach: number
  #position = 0
  /** The ranges that are being read, the next one first. */
  readonly #readings: Reading[] = []
  /** The budget has no room for what was read. */
  #isCut = false

  constructor(
    execution: Execution,
    ranges: readonly KeyRange[],
    options: { readonly isReverse: boolean; readonly expected: number },
    meter: ReadMeter,
    toRows: (batch: StoredBatch) => MaybePromise<readonly Row[]>,
    /** How many keys of the budget an entry takes: two where its row will be read. */
    keysEach = 1,
  ) {
    this.#execution = execution
    this.#ranges = options.isReverse ? ranges.toReversed() : ranges
    this.#isReverse = options.isReverse
    this.#expected = options.expected
    this.#meter = meter
    this.#toRows = toRows
    this.#keysEach = keysEach
  }

  next(): MaybePromise<Rows> {
    return pull(() => {
      checkExecution(this.#execution)
      const { budget } = this.#execution
      if (this.#isCut && budget !== undefined) throw budget.exceeded('keys')
      if (this.#readings.length === 0) {
        const known = this.#readKnown()
        if (known !== undefined) return this.#rowsOf(known)
        if (this.#position >= this.#ranges.length) return undefined
        this.#begin(budget)
      }
      const reading = this.#readings[0] as Reading
      const next = reading.first ?? reading.scan.next()
      reading.first = undefined
      return andThen(next, (read) => {
        if (read === undefined) return andThen(this.#readings.shift()?.scan.close(), () => again)
        const batch = budget?.hasKeys ? this.#within(budget, read) : read
        return this.#rowsOf(batch)
      })
    })
  }

  /** Begins with the next range, and with some more where entries of several are expected to be wanted. */
  #begin(budget: Budget | undefined): void {
    const { transaction } = this.#execution
    const most = budget?.hasKeys ? { most: () => this.#most(budget) } : {}
    const options = { reverse: this.#isReverse, expected: this.#expected, ...most }
    const count = budget?.hasKeys ? 1 : Math.min(readingsMax, Math.max(1, Math.ceil(this.#expected)))
    for (const range of this.#ranges.slice(this.#position, this.#position + count)) {
      const reading: Reading = { scan: transaction.scan(range, options), first: undefined }
      this.#readings.push(reading)
      this.#position++
      reading.first = reading.scan.next()
      // A failure is met again when it is this range's turn.
      if (isPromise(reading.first)) reading.first.catch(() => undefined)
    }
  }

  #rowsOf(batch: StoredBatch): MaybePromise<readonly Row[]> {
    this.#meter.addBatch(batch)
    return this.#toRows(batch)
  }

  /** As many of several ranges as memory tells of and are wanted, in one batch: most have an entry or two. */
  #readKnown(): StoredBatch | undefined {
    if (this.#isReverse || this.#ranges.length === 1 || this.#execution.budget?.hasKeys) return undefined
    const most = firstBatchSize(this.#expected)
    const batch: GrowingBatch = { keys: [], values: [] }
    const { transaction } = this.#execution
    while (this.#position < this.#ranges.length && batch.keys.length < most) {
      const next = this.#ranges.slice(this.#position, this.#position + most)
      const read = transaction.readKnown(batch, next, most)
      this.#position += read
      if (read < next.length) break
    }
    return batch.keys.length === 0 ? undefined : batch
  }

  /** How many more entries the budget has room for. */
  #most(budget: Budget): number {
    return Math.floor(budget.keysLeft / this.#keysEach)
  }

  /** As much of a batch as the budget has room for. */
  #within(budget: Budget, batch: StoredBatch): StoredBatch {
    const most = this.#most(budget)
    this.#isCut = batch.keys.length > most
    if (most === 0) throw budget.exceeded('keys')
    const within = this.#isCut ? { keys: batch.keys.slice(0, most), values: batch.values.slice(0, most) } : batch
    budget.takeKeys(within.keys.length * this.#keysEach)
    return within
  }

  close(): MaybePromise<void> {
    this.#position = this.#ranges.length
    if (this.#readings.length === 0) return undefined
    return Promise.all(this.#readings.splice(0).map(({ scan }) => scan.close())).then(() => undefined)
  }
}

/** A range that is being read; `first` is what came of its first step, unless that was given out. */
interface Reading {
  readonly scan: Scan<StoredValue>
  first: MaybePromise<StoredBatch | undefined>
}

/** A batch of a table's own keys and values, as rows. */
export function rowsOfTable(table: Table): (batch: StoredBatch) => readonly Row[] {
  return ({ keys, values }) => {
    const rows = new Array<Row>(keys.length)
    for (let at = 0; at < keys.length; at++) rows[at] = table.decode(keys[at] as Key, values[at] as StoredValue)
    return rows
  }
}

/** A batch of entries, as the rows they stand for, which the budget has room for. */
export function rowsOfEntries(
  execution: Execution,
  { table, index, reads, columns }: EntriesPlan,
  meter: ReadMeter,
): (batch: StoredBatch) => MaybePromise<readonly Row[]> {
  if (reads === 'nothing') {
    // As wide as any row of the table, since a join puts others behind it.
    const unread: Row = Object.freeze(new Array<null>(table.schema.columns.length).fill(null))
    return (batch) => new Array<Row>(batch.keys.length).fill(unread)
  }
  if (reads === 'entry') return (batch) => batch.keys.map((key, at) => index.rowOf(key, batch.values[at], columns))
  return (batch) =>
    andThen(execution.transaction.getByEntries(table, index, batch, meter), (rows) => {
      for (const row of rows) if (row === undefined) danglingEntry(index)
      return rows as Row[]
    })
}

function danglingEntry(index: TableIndex): never {
  throw new CorruptionError('ROME_CORRUPT', 'an index entry stands for a row that is not stored: run `rome verify`', {
    context: { index: index.definition.name },
  })
}

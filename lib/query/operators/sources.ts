import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import type { Key, KeyRange } from '../../codec/key.js'
import type { Scan } from '../../engines/contract.js'
import { CorruptionError } from '../../errors/rome-error.js'
import type { ReadMeter } from '../../records/read-meter.js'
import type { Row } from '../../records/row.js'
import type { StoredBatch, StoredValue } from '../../records/stored-value.js'
import type { Table } from '../../records/table.js'
import type { TableIndex } from '../../records/table-index.js'
import { again, checkExecution, type Execution, type Operator, pull, type Rows } from './operator.js'

const keysPerBatch = 256

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
      const keys = this.#keys.slice(this.#position, this.#position + keysPerBatch)
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
  #position = 0
  #scan: Scan<StoredValue> | undefined

  constructor(
    execution: Execution,
    ranges: readonly KeyRange[],
    options: { readonly isReverse: boolean; readonly expected: number },
    meter: ReadMeter,
    toRows: (batch: StoredBatch) => MaybePromise<readonly Row[]>,
  ) {
    this.#execution = execution
    this.#ranges = options.isReverse ? ranges.toReversed() : ranges
    this.#isReverse = options.isReverse
    this.#expected = options.expected
    this.#meter = meter
    this.#toRows = toRows
  }

  next(): MaybePromise<Rows> {
    return pull(() => {
      checkExecution(this.#execution)
      if (this.#scan === undefined) {
        if (this.#position >= this.#ranges.length) return undefined
        const options = { reverse: this.#isReverse, expected: this.#expected }
        this.#scan = this.#execution.transaction.scan(this.#ranges[this.#position++], options)
      }
      return andThen(this.#scan.next(), (batch) => {
        if (batch === undefined) return this.#endScan()
        this.#meter.add(batch.keys.length, bytesOf(batch))
        return this.#toRows(batch)
      })
    })
  }

  #endScan(): MaybePromise<typeof again> {
    const scan = this.#scan
    this.#scan = undefined
    return andThen(scan?.close(), () => again)
  }

  close(): MaybePromise<void> {
    this.#position = this.#ranges.length
    const scan = this.#scan
    this.#scan = undefined
    return scan?.close()
  }
}

function bytesOf({ keys, values }: StoredBatch): number {
  let bytes = 0
  for (const key of keys) bytes += key.length
  for (const value of values) bytes += value.length
  return bytes
}

/** A batch of a table's own keys and values, as rows. */
export function rowsOfTable(table: Table): (batch: StoredBatch) => readonly Row[] {
  return (batch) => batch.keys.map((key, index) => table.decode(key, batch.values[index]))
}

/** A batch of entries, as the rows they stand for. */
export function rowsOfEntries(
  execution: Execution,
  table: Table,
  index: TableIndex,
  reads: 'nothing' | 'entry' | 'row',
  meter: ReadMeter,
): (batch: StoredBatch) => MaybePromise<readonly Row[]> {
  if (reads === 'nothing') {
    // As wide as any row of the table, since a join puts others behind it.
    const unread: Row = Object.freeze(new Array<null>(table.schema.columns.length).fill(null))
    return (batch) => new Array<Row>(batch.keys.length).fill(unread)
  }
  if (reads === 'entry') return (batch) => batch.keys.map((key, position) => index.rowOf(key, batch.values[position]))
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

import { andThen, type MaybePromise, repeat } from '../../async/maybe-promise.js'
import type { Row } from '../../records/row.js'
import type { Operator } from './operator.js'
import { bytesOfRow } from './row-size.js'
import type { SortMemory, SpillCount } from './sort-memory.js'
import { SpilledRows } from './spilled-rows.js'

type Compare = (a: Row, b: Row) => number

const rowsPerBatch = 1024

/** How a sort is done. */
export interface SortOptions {
  readonly compare: Compare
  /** Tells rows that are equal in the coarser order in which they come already, if in any. */
  readonly isSameGroup: ((a: Row, b: Row) => boolean) | undefined
  /** Only so many of the first rows are wanted. */
  readonly top: number | undefined
  readonly memory: SortMemory
  /** Called before every piece of work on disk; throws when the query shall not go on. */
  readonly check: () => void
  /** Counts what was put on disk. */
  readonly spilled: SpillCount
}

/**
 * Rows in order; equal ones in the order in which they come. What does not fit into the memory goes to disk as sorted
 * runs, which are merged; without that it answers synchronously. When rows come in a coarser order already, one group
 * of those is sorted at a time, so that a limit above ends the reading early. With `top` no more than a few times as
 * many rows are held.
 */
export class SortOperator implements Operator {
  readonly #input: Operator
  readonly #options: SortOptions
  readonly #top: number
  /** Rows that were read and not looked at yet, from `#batchPosition`. */
  #batch: readonly Row[] = []
  #batchPosition = 0
  #hasInputEnded = false
  /** A row of the group being read. */
  #groupRow: Row | undefined
  /** Rows of that group in memory, not sorted yet. */
  #group: Row[] = []
  #groupBytes = 0
  /** The other rows of that group. */
  #spilled: SpilledRows | undefined
  /** Gives out a spilled group that was read to its end. */
  #merged: Operator | undefined
  /** Rows in order, to be given out from `#readyPosition`. */
  #ready: readonly Row[] = []
  #readyPosition = 0
  #given = 0
  #isClosed = false

  constructor(input: Operator, options: SortOptions) {
    this.#input = input
    this.#options = options
    this.#top = options.top ?? Number.POSITIVE_INFINITY
  }

  next(): MaybePromise<readonly Row[] | undefined> {
    const isReady = repeat(() => this.#ready.length === 0 && this.#step())
    if (!(isReady instanceof Promise)) return this.#take()
    return isReady.then(
      () => this.#take(),
      (error) => {
        // Its files were closed under it.
        if (this.#isClosed) return undefined
        throw error
      },
    )
  }

  close(): MaybePromise<void> {
    this.#isClosed = true
    this.#batch = this.#group = []
    this.#ready = []
    return andThen(this.#discardSpilled(), () => this.#input.close())
  }

  /** Whether there may be more to do before rows are ready. */
  #step(): MaybePromise<boolean> {
    if (this.#isClosed) return false
    if (this.#merged !== undefined) return this.#readMerged(this.#merged)
    if (this.#batchPosition < this.#batch.length) return this.#takeIn()
    if (!this.#hasInputEnded) return this.#readBatch()
    return this.#groupRow === undefined ? false : this.#finishGroup()
  }

  #readBatch(): MaybePromise<boolean> {
    return andThen(this.#input.next(), (rows) => {
      this.#batch = rows ?? []
      this.#batchPosition = 0
      this.#hasInputEnded = rows === undefined
      return true
    })
  }

  /** Takes in what is left of the batch; the groups that it completes are ready, or are merged then. */
  #takeIn(): MaybePromise<boolean> {
    const { isSameGroup, memory } = this.#options
    const wanted = Math.max(0, this.#top - this.#given)
    const ready: Row[] = []
    let work: MaybePromise<boolean> = true
    while (this.#batchPosition < this.#batch.length && work === true) {
      const row = this.#batch[this.#batchPosition]
      if (this.#groupRow !== undefined && isSameGroup !== undefined && !isSameGroup(this.#groupRow, row)) {
        if (this.#spilled === undefined) this.#moveGroupTo(ready)
        else if (ready.length > 0) break
        else work = this.#finishGroup()
        continue
      }
      this.#groupRow ??= row
      this.#group.push(row)
      this.#groupBytes += bytesOfRow(row)
      this.#batchPosition++
      if (this.#groupBytes > memory.bytes || this.#group.length > 4 * wanted + rowsPerBatch)
        work = this.#makeRoom(wanted)
    }
    if (ready.length > 0) this.#ready = ready
    return work
  }

  /** Drops the rows of the group that cannot be among the first `wanted` any more; others go to disk. */
  #makeRoom(wanted: number): MaybePromise<boolean> {
    const { compare, memory, check, spilled } = this.#options
    this.#group.sort(compare)
    if (this.#group.length > wanted) {
      this.#group.length = wanted
      this.#groupBytes = this.#group.reduce((bytes, row) => bytes + bytesOfRow(row), 0)
    }
    // Little room would soon be full, and all be sorted again.
    if (this.#groupBytes <= memory.bytes / 2) return true
    this.#spilled ??= new SpilledRows(compare, memory, check, spilled)
    return this.#spilled.add(this.#group).then(() => {
      this.#clearGroup()
      return true
    })
  }

  #finishGroup(): MaybePromise<boolean> {
    const rows: Row[] = []
    this.#moveGroupTo(rows)
    if (this.#spilled === undefined) {
      this.#ready = rows
      return true
    }
    return this.#spilled.merged(new RowsOperator(rows)).then((merged) => {
      this.#merged = merged
      return true
    })
  }

  #moveGroupTo(rows: Row[]): void {
    this.#group.sort(this.#options.compare)
    // One by one: a spread would put a large group on the stack.
    for (const row of this.#group) rows.push(row)
    this.#groupRow = undefined
    this.#clearGroup()
  }

  #clearGroup(): void {
    this.#group = []
    this.#groupBytes = 0
  }

  #readMerged(merged: Operator): MaybePromise<boolean> {
    this.#options.check()
    return andThen(merged.next(), (rows) => {
      if (rows !== undefined) {
        this.#ready = rows
        return false
      }
      this.#merged = undefined
      return andThen(this.#discardSpilled(), () => true)
    })
  }

  #discardSpilled(): MaybePromise<void> {
    const spilled = this.#spilled
    this.#spilled = undefined
    return spilled?.close()
  }

  /** A part of what is ready: steps above hold a batch at a time. */
  #take(): readonly Row[] | undefined {
    const start = this.#readyPosition
    const end = Math.min(start + rowsPerBatch, this.#ready.length)
    const rows = end - start === this.#ready.length ? this.#ready : this.#ready.slice(start, end)
    this.#readyPosition = end
    this.#given += rows.length
    if (end === this.#ready.length) {
      this.#ready = []
      this.#readyPosition = 0
    }
    return rows.length === 0 ? undefined : rows
  }
}

/** Rows that are there. */
class RowsOperator implements Operator {
  #rows: readonly Row[]

  constructor(rows: readonly Row[]) {
    this.#rows = rows
  }

  next(): readonly Row[] | undefined {
    const rows = this.#rows
    this.#rows = []
    return rows.length === 0 ? undefined : rows
  }

  close(): void {
    this.#rows = []
  }
}

import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import type { Row } from '../../records/row.js'
import { again, type Operator, pull, type Rows } from './operator.js'

const rowsPerBatch = 128

/** One step's rows that are there and the next to give out. */
interface Head {
  readonly operator: Operator
  /** Its place among the steps: of equal rows those of earlier steps come first. */
  readonly place: number
  rows: readonly Row[]
  position: number
}

/** Several ordered steps as one, in the same order. */
export class MergeOperator implements Operator {
  readonly #inputs: readonly Operator[]
  readonly #compare: (a: Row, b: Row) => number
  /** The steps that have rows left: a binary heap, the one whose next row is least on top. */
  #heads: Head[] = []
  #hasBegun = false

  constructor(inputs: readonly Operator[], compare: (a: Row, b: Row) => number) {
    this.#inputs = inputs
    this.#compare = compare
  }

  next(): MaybePromise<readonly Row[] | undefined> {
    if (!this.#hasBegun) return this.#begin()
    const top = this.#heads[0]
    if (top === undefined || top.position < top.rows.length) return this.#take()
    return andThen(fill(top), () => {
      this.#settleTop()
      return this.#take()
    })
  }

  async close(): Promise<void> {
    this.#heads = []
    await Promise.all(this.#inputs.map((input) => input.close()))
  }

  #begin(): MaybePromise<readonly Row[] | undefined> {
    this.#hasBegun = true
    const heads = this.#inputs.map((operator, place): Head => ({ operator, place, rows: [], position: 0 }))
    return andThen(fillAll(heads), () => {
      this.#heads = heads.filter((head) => head.rows.length > 0)
      for (let parent = (this.#heads.length >> 1) - 1; parent >= 0; parent--) this.#sink(parent)
      return this.#take()
    })
  }

  /** Rows until a step has run out of them: they are given out before more is read, since no more may be wanted. */
  #take(): readonly Row[] | undefined {
    const taken: Row[] = []
    while (this.#heads.length > 0 && taken.length < rowsPerBatch) {
      const least = this.#heads[0]
      taken.push(least.rows[least.position++])
      if (least.position === least.rows.length) break
      this.#sink(0)
    }
    return taken.length === 0 ? undefined : taken
  }

  /** Puts the top, which has new rows or none, in its place. */
  #settleTop(): void {
    if (this.#heads[0]?.rows.length === 0) {
      const last = this.#heads.pop() as Head
      if (this.#heads.length > 0) this.#heads[0] = last
    }
    this.#sink(0)
  }

  /** Moves a head down until those below come later. */
  #sink(from: number): void {
    const heads = this.#heads
    const head = heads[from]
    let hole = from
    for (let child = 2 * hole + 1; child < heads.length; child = 2 * hole + 1) {
      if (child + 1 < heads.length && this.#isBefore(heads[child + 1], heads[child])) child++
      if (!this.#isBefore(heads[child], head)) break
      heads[hole] = heads[child]
      hole = child
    }
    if (hole !== from) heads[hole] = head
  }

  #isBefore(a: Head, b: Head): boolean {
    const order = this.#compare(a.rows[a.position], b.rows[b.position])
    return order === 0 ? a.place < b.place : order < 0
  }
}

function fill(head: Head): MaybePromise<void> {
  return andThen(head.operator.next(), (rows) => {
    head.rows = rows ?? []
    head.position = 0
  })
}

/** Asks all at once, so that partitions and ranges are waited for together. */
function fillAll(heads: readonly Head[]): MaybePromise<void> {
  const waiting = heads.map(fill).filter((filled) => filled instanceof Promise)
  return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined)
}

/** Several steps one after the other. */
export class ConcatOperator implements Operator {
  readonly #inputs: readonly Operator[]
  #position = 0

  constructor(inputs: readonly Operator[]) {
    this.#inputs = inputs
  }

  next(): MaybePromise<Rows> {
    return pull(() => {
      const input = this.#inputs[this.#position]
      if (input === undefined) return undefined
      return andThen(input.next(), (rows) => {
        if (rows !== undefined) return rows
        this.#position++
        return again
      })
    })
  }

  async close(): Promise<void> {
    this.#position = this.#inputs.length
    await Promise.all(this.#inputs.map((input) => input.close()))
  }
}

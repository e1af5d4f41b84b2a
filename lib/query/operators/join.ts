import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import type { Row } from '../../records/row.js'
import type { Budget } from './budget.js'
import { again, collect, type Operator, pull, type Rows } from './operator.js'
import { checkRowsInMemory } from './row-budget.js'

/** What becomes of a row at hand and the rows that it may match. */
export interface Pairing {
  readonly kind: 'inner' | 'left' | 'mark'
  /** Whether a joined row is a match. */
  readonly isMatch: (joined: Row) => boolean
  /** What stands for the right side of a row without a match in a left join. */
  readonly missing: Row
}

/** Pairs a left row with candidates of the right. */
export function pair(left: Row, candidates: readonly Row[], { kind, isMatch, missing }: Pairing, joined: Row[]): void {
  if (kind === 'mark') {
    joined.push([...left, candidates.some((candidate) => isMatch(left.concat(candidate)))])
    return
  }
  let hasMatch = false
  for (const candidate of candidates) {
    const row = left.concat(candidate)
    if (!isMatch(row)) continue
    hasMatch = true
    joined.push(row)
  }
  if (!hasMatch && kind === 'left') joined.push(left.concat(missing))
}

const none: readonly Row[] = Object.freeze([])

const rowsPerBatch = 1024

/** Makes a table of the right side once, and looks every left row up in it. A null key matches nothing. */
export class HashJoinOperator implements Operator {
  readonly #left: Operator
  readonly #right: Operator
  readonly #leftKey: (row: Row) => string | undefined
  readonly #rightKey: (row: Row) => string | undefined
  readonly #pairing: Pairing
  #table: Map<string, Row[]> | undefined
  /** Rows of the left, to be joined from `#position`. */
  #rows: readonly Row[] = []
  #position = 0

  constructor(
    left: Operator,
    right: Operator,
    keys: { readonly left: (row: Row) => string | undefined; readonly right: (row: Row) => string | undefined },
    pairing: Pairing,
  ) {
    this.#left = left
    this.#right = right
    this.#leftKey = keys.left
    this.#rightKey = keys.right
    this.#pairing = pairing
  }

  next(): MaybePromise<Rows> {
    return andThen(this.#table ?? this.#build(), (table) => {
      this.#table = table
      return this.#pull(table)
    })
  }

  async close(): Promise<void> {
    this.#table = new Map()
    this.#rows = []
    await Promise.all([this.#left.close(), this.#right.close()])
  }

  #pull(table: ReadonlyMap<string, Row[]>): MaybePromise<Rows> {
    return pull(() => {
      const joined = this.#joinSome(table)
      if (joined.length > 0) return joined
      return andThen(this.#left.next(), (rows) => {
        if (rows === undefined) return undefined
        this.#rows = rows
        this.#position = 0
        return again
      })
    })
  }

  /** As many rows as make a batch: a batch of left rows with thousands of matches each would be millions. */
  #joinSome(table: ReadonlyMap<string, Row[]>): Row[] {
    const joined: Row[] = []
    while (this.#position < this.#rows.length && joined.length < rowsPerBatch) {
      const row = this.#rows[this.#position++]
      const key = this.#leftKey(row)
      pair(row, (key === undefined ? undefined : table.get(key)) ?? none, this.#pairing, joined)
    }
    return joined
  }

  #build(): MaybePromise<Map<string, Row[]>> {
    return andThen(
      collect(this.#right, (rows) => checkRowsInMemory(rows, 'hash join')),
      (rows) => {
        const table = new Map<string, Row[]>()
        for (const row of rows) {
          const key = this.#rightKey(row)
          if (key === undefined) continue
          const same = table.get(key)
          if (same === undefined) table.set(key, [row])
          else same.push(row)
        }
        return table
      },
    )
  }
}

/** So many left rows are looked up together at first, and at most. */
const lookupsAtFirst = 64
const lookupsMax = 256
/** And so few that about so many matches are held. */
const matchesWanted = 4096

/** Finds the matches of many left rows together. */
export class LookupJoinOperator implements Operator {
  readonly #left: Operator
  /** The candidates of each row, in the order of the rows. */
  readonly #findCandidates: (rows: readonly Row[]) => MaybePromise<readonly (readonly Row[])[]>
  readonly #pairing: Pairing
  readonly #budget: Budget | undefined
  #rows: readonly Row[] = []
  #position = 0
  #lookups = lookupsAtFirst

  constructor(
    left: Operator,
    findCandidates: (rows: readonly Row[]) => MaybePromise<readonly (readonly Row[])[]>,
    pairing: Pairing,
    budget?: Budget,
  ) {
    this.#left = left
    this.#findCandidates = findCandidates
    this.#pairing = pairing
    this.#budget = budget
  }

  next(): MaybePromise<Rows> {
    return pull(() =>
      andThen(this.#take(), (rows) =>
        rows === undefined ? undefined : andThen(this.#join(rows), (joined) => (joined.length === 0 ? again : joined)),
      ),
    )
  }

  close(): MaybePromise<void> {
    this.#rows = []
    return this.#left.close()
  }

  /** The next rows of the left. */
  #take(): MaybePromise<readonly Row[] | undefined> {
    if (this.#position < this.#rows.length) {
      // What the budget has no room for is not looked up before the rest is given out: no more may be wanted.
      const most = Math.max(1, Math.min(this.#lookups, this.#budget?.keysLeft ?? this.#lookups))
      const rows = this.#rows.slice(this.#position, this.#position + most)
      this.#position += rows.length
      return rows
    }
    return andThen(this.#left.next(), (rows) => {
      if (rows === undefined) return undefined
      this.#rows = rows
      this.#position = 0
      return this.#take()
    })
  }

  #join(rows: readonly Row[]): MaybePromise<readonly Row[]> {
    return andThen(this.#findCandidates(rows), (candidates) => {
      const joined: Row[] = []
      let matches = 1
      rows.forEach((row, index) => {
        matches += candidates[index].length
        pair(row, candidates[index], this.#pairing, joined)
      })
      this.#lookups = Math.max(1, Math.min(lookupsMax, Math.round((rows.length * matchesWanted) / matches)))
      return joined
    })
  }
}

/** Joins two sides that come in the order of the key; holds the right rows of one key only. */
export class MergeJoinOperator implements Operator {
  readonly #left: Operator
  readonly #right: RowCursor
  /** Negative when the left row's key comes first; `undefined` when the left key is null. */
  readonly #compareKeys: (left: Row, right: Row) => number | undefined
  readonly #isSameKey: (a: Row, b: Row) => boolean
  readonly #pairing: Pairing
  #rows: readonly Row[] = []
  #position = 0
  #group: Row[] = []

  constructor(
    left: Operator,
    right: Operator,
    keys: {
      readonly compare: (left: Row, right: Row) => number | undefined
      readonly isSame: (a: Row, b: Row) => boolean
    },
    pairing: Pairing,
  ) {
    this.#left = left
    this.#right = new RowCursor(right)
    this.#compareKeys = keys.compare
    this.#isSameKey = keys.isSame
    this.#pairing = pairing
  }

  async next(): Promise<readonly Row[] | undefined> {
    const joined: Row[] = []
    while (joined.length < rowsPerBatch) {
      if (this.#position >= this.#rows.length) {
        if (joined.length > 0) return joined
        const rows = await this.#left.next()
        if (rows === undefined) return undefined
        this.#rows = rows
        this.#position = 0
      }
      const row = this.#rows[this.#position++]
      pair(row, await this.#candidatesOf(row), this.#pairing, joined)
    }
    return joined
  }

  async close(): Promise<void> {
    this.#rows = []
    await Promise.all([this.#left.close(), this.#right.close()])
  }

  async #candidatesOf(row: Row): Promise<readonly Row[]> {
    if (this.#group.length > 0) {
      const order = this.#compareKeys(row, this.#group[0])
      if (order === undefined || order < 0) return none
      if (order === 0) return this.#group
    }
    this.#group = []
    for (let right = await this.#right.peek(); right !== undefined; right = await this.#right.peek()) {
      const order = this.#compareKeys(row, right)
      if (order === undefined || order < 0) return none
      this.#right.advance()
      if (order > 0) continue
      this.#group.push(right)
      await this.#readRestOfGroup(right)
      return this.#group
    }
    return none
  }

  async #readRestOfGroup(first: Row): Promise<void> {
    for (;;) {
      const right = this.#right.row ?? (await this.#right.peek())
      if (right === undefined || !this.#isSameKey(first, right)) return
      this.#group.push(right)
      checkRowsInMemory(this.#group.length, 'merge join')
      this.#right.advance()
    }
  }
}

/** Rows of a step one by one. */
class RowCursor {
  readonly #operator: Operator
  #rows: readonly Row[] | undefined = []
  #position = 0

  constructor(operator: Operator) {
    this.#operator = operator
  }

  /** The next row, if it is there already: a promise for each row of a large group would cost more than the row. */
  get row(): Row | undefined {
    return this.#rows?.[this.#position]
  }

  /** The next row without taking it; `undefined` at the end. */
  async peek(): Promise<Row | undefined> {
    while (this.#rows !== undefined && this.#position >= this.#rows.length) {
      this.#rows = await this.#operator.next()
      this.#position = 0
    }
    return this.row
  }

  advance(): void {
    this.#position++
  }

  close(): MaybePromise<void> {
    return this.#operator.close()
  }
}

import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import type { Row } from '../../records/row.js'
import { again, type Operator, pull, type Rows } from './operator.js'

/** Rows of the step below, batch by batch: fewer, or others. */
export class TransformOperator implements Operator {
  readonly #input: Operator
  readonly #transform: (rows: readonly Row[]) => readonly Row[]

  constructor(input: Operator, transform: (rows: readonly Row[]) => readonly Row[]) {
    this.#input = input
    this.#transform = transform
  }

  next(): MaybePromise<Rows> {
    return pullTransformed(this.#input, this.#transform)
  }

  close(): MaybePromise<void> {
    return this.#input.close()
  }
}

/** Skips `offset` rows and ends after `limit`; nothing is read beyond. */
export class LimitOperator implements Operator {
  readonly #input: Operator
  #toSkip: number
  #left: number

  constructor(input: Operator, offset: number, limit: number | undefined) {
    this.#input = input
    this.#toSkip = offset
    this.#left = limit ?? Number.POSITIVE_INFINITY
  }

  next(): MaybePromise<Rows> {
    if (this.#left <= 0) return undefined
    return pullTransformed(this.#input, (rows) => {
      const skipped = Math.min(this.#toSkip, rows.length)
      const end = Math.min(rows.length, skipped + this.#left)
      this.#toSkip -= skipped
      this.#left -= end - skipped
      return skipped === 0 && end === rows.length ? rows : rows.slice(skipped, end)
    })
  }

  close(): MaybePromise<void> {
    this.#left = 0
    return this.#input.close()
  }
}

/** The next batch that is not empty after `transform`. */
function pullTransformed(input: Operator, transform: (rows: readonly Row[]) => readonly Row[]): MaybePromise<Rows> {
  return pull(() =>
    andThen(input.next(), (rows) => {
      if (rows === undefined) return undefined
      const left = transform(rows)
      return left.length === 0 ? again : left
    }),
  )
}

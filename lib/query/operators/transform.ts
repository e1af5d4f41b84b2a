import type { MaybePromise } from '../../async/maybe-promise.js'
import type { Row } from '../../records/row.js'
import type { Operator } from './operator.js'

type Rows = readonly Row[]

/** Rows of the step below, batch by batch: fewer, or others. */
export class TransformOperator implements Operator {
  readonly #input: Operator
  readonly #transform: (rows: Rows) => Rows

  constructor(input: Operator, transform: (rows: Rows) => Rows) {
    this.#input = input
    this.#transform = transform
  }

  next(): MaybePromise<Rows | undefined> {
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

  next(): MaybePromise<Rows | undefined> {
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

/** The next batch that is not empty after `transform`. A loop, since thousands of batches may be. */
function pullTransformed(input: Operator, transform: (rows: Rows) => Rows): MaybePromise<Rows | undefined> {
  for (;;) {
    const rows = input.next()
    if (rows instanceof Promise) return pullTransformedLater(rows, input, transform)
    if (rows === undefined) return undefined
    const left = transform(rows)
    if (left.length > 0) return left
  }
}

async function pullTransformedLater(
  first: Promise<Rows | undefined>,
  input: Operator,
  transform: (rows: Rows) => Rows,
): Promise<Rows | undefined> {
  for (let rows = await first; rows !== undefined; rows = await input.next()) {
    const left = transform(rows)
    if (left.length > 0) return left
  }
  return undefined
}

import { QueryError } from '../../errors/rome-error.js'
import { compileValue } from '../../expressions/evaluate.js'
import type { AggregateNode } from '../../expressions/nodes.js'
import { typeOf } from '../../expressions/type-of.js'
import type { Row } from '../../records/row.js'
import type { ColumnType, RowValue } from '../../values/column-type.js'
import { DecimalSum } from '../../values/decimal-arithmetic.js'
import { accessIn, type Layout } from '../plan/layout.js'
import { checkRowsInMemory } from './row-budget.js'
import { valueIdentity } from './row-identity.js'

type Present = Exclude<RowValue, null>

/** Takes in the non-null values of a group one by one. */
interface Accumulator {
  add(value: Present): void
  result(): RowValue
}

/** Takes in the rows of a group one by one. */
export interface RowAccumulator {
  add(row: Row): void
  result(): RowValue
}

/** Makes the accumulator of an aggregate; one is needed for each group. */
export function accumulatorMaker(node: AggregateNode, layout: Layout): () => RowAccumulator {
  const { operand } = node
  if (operand === undefined) return () => new RowCount()
  const readValue = compileValue<Row>(operand, accessIn(layout))
  const type = typeOf(operand)
  const seen = { values: 0 }
  const make = (): Accumulator => {
    const accumulator = makeAccumulator(node, type)
    return node.isDistinct ? new Distinct(type, accumulator, seen) : accumulator
  }
  return () => {
    const accumulator = make()
    return {
      add(row) {
        const value = readValue(row)
        if (value !== null) accumulator.add(value)
      },
      result: () => accumulator.result(),
    }
  }
}

function makeAccumulator(node: AggregateNode, type: ColumnType): Accumulator {
  switch (node.function) {
    case 'count':
      return new ValueCount()
    case 'min':
      return new Extreme(type, -1)
    case 'max':
      return new Extreme(type, 1)
    case 'sum':
      if (type.kind === 'decimal') return new DecimalTotal(false)
      if (type.kind === 'bigint') return new BigintTotal()
      return type.kind === 'integer' ? new IntegerTotal() : new FloatTotal(false)
    case 'avg':
      return type.kind === 'float' || type.kind === 'integer' ? new FloatTotal(true) : new DecimalTotal(true)
  }
}

class RowCount implements RowAccumulator {
  #count = 0

  add(): void {
    this.#count++
  }

  result(): number {
    return this.#count
  }
}

class ValueCount implements Accumulator {
  #count = 0

  add(): void {
    this.#count++
  }

  result(): number {
    return this.#count
  }
}

class Distinct implements Accumulator {
  readonly #type: ColumnType
  readonly #of: Accumulator
  readonly #seen = new Set<string>()
  readonly #seenInAll: { values: number }

  /** @param seenInAll How many values all groups hold. */
  constructor(type: ColumnType, of: Accumulator, seenInAll: { values: number }) {
    this.#type = type
    this.#of = of
    this.#seenInAll = seenInAll
  }

  add(value: Present): void {
    const identity = valueIdentity(this.#type, value)
    if (this.#seen.has(identity)) return
    this.#seen.add(identity)
    checkRowsInMemory(++this.#seenInAll.values, 'aggregate of distinct values')
    this.#of.add(value)
  }

  result(): RowValue {
    return this.#of.result()
  }
}

class Extreme implements Accumulator {
  readonly #type: ColumnType
  readonly #sign: 1 | -1
  #best: RowValue = null

  constructor(type: ColumnType, sign: 1 | -1) {
    this.#type = type
    this.#sign = sign
  }

  add(value: Present): void {
    if (this.#best === null || this.#sign * this.#type.compare(value, this.#best) > 0) this.#best = value
  }

  result(): RowValue {
    return this.#best
  }
}

/** Exact below 2^53, and an error beyond. Kept as a bigint, so that only the result has to fit. */
class IntegerTotal implements Accumulator {
  #sum: bigint | undefined

  add(value: Present): void {
    this.#sum = (this.#sum ?? 0n) + BigInt(value as number)
  }

  result(): RowValue {
    if (this.#sum === undefined) return null
    const sum = Number(this.#sum)
    if (Number.isSafeInteger(sum)) return sum
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'this sum of integers is beyond 2^53: make the column t.bigint() to sum it exactly',
    )
  }
}

class BigintTotal implements Accumulator {
  #sum: bigint | undefined

  add(value: Present): void {
    this.#sum = (this.#sum ?? 0n) + (value as bigint)
  }

  result(): RowValue {
    return this.#sum ?? null
  }
}

class FloatTotal implements Accumulator {
  readonly #isAverage: boolean
  #sum = 0
  #count = 0

  constructor(isAverage: boolean) {
    this.#isAverage = isAverage
  }

  add(value: Present): void {
    this.#sum += value as number
    this.#count++
  }

  result(): RowValue {
    if (this.#count === 0) return null
    return this.#isAverage ? this.#sum / this.#count : this.#sum
  }
}

class DecimalTotal implements Accumulator {
  readonly #isAverage: boolean
  readonly #sum = new DecimalSum()
  #count = 0n

  constructor(isAverage: boolean) {
    this.#isAverage = isAverage
  }

  add(value: Present): void {
    this.#sum.add(String(value))
    this.#count++
  }

  result(): RowValue {
    if (this.#count === 0n) return null
    return this.#isAverage ? this.#sum.dividedBy(this.#count) : this.#sum.toString()
  }
}

import type { ColumnReference, ExpressionNode, Source } from '../../expressions/nodes.js'
import { columnsOf, conjunctsOf } from '../../expressions/walk.js'
import type { KnownColumns } from './order-match.js'
import { excludesNull, type Interval, intersect, valuesWhere } from './value-set.js'

/** An `or` of more terms than this has no way of its own for each. */
export const alternativesMax = 32

/** An `or` of many terms, such as one for each key that is looked for, and what each of them leaves. */
export interface Tuples {
  readonly choice: ExpressionNode
  readonly terms: readonly FilterValues[]
}

/** What the conjuncts of a filter leave of one column's values. */
export interface ColumnValues {
  readonly intervals: readonly Interval[]
  /** Conjuncts that need no further look once only these values are read. */
  readonly settled: readonly ExpressionNode[]
}

/** For each column of `source` that some conjunct is about alone: the values left. */
export class FilterValues implements KnownColumns {
  readonly conjuncts: readonly ExpressionNode[]
  readonly source: Source
  readonly #byColumn = new Map<ColumnReference, ColumnValues>()
  readonly #known = new Set<ExpressionNode>()
  #tuples: Tuples | undefined

  constructor(conjuncts: readonly ExpressionNode[], source: Source) {
    this.conjuncts = conjuncts
    this.source = source
    for (const conjunct of conjuncts) {
      const columns = columnsOf(conjunct)
      if (conjunct.kind === 'or' && conjunct.terms.length > alternativesMax && columns.length > 1) {
        const terms = conjunct.terms.map((term) => new FilterValues(conjunctsOf(term), source))
        this.#tuples ??= { choice: conjunct, terms }
      }
      if (columns.length !== 1 || columns[0].source !== source || !columns[0].column.type.isOrdered) continue
      const { column } = columns[0]
      const set = valuesWhere(conjunct, source, column)
      if (set === undefined) continue
      this.#known.add(conjunct)
      const before = this.#byColumn.get(column)
      this.#byColumn.set(column, {
        intervals: before === undefined ? set.intervals : intersect(before.intervals, set.intervals),
        settled: [...(before?.settled ?? []), ...(set.isExact ? [conjunct] : [])],
      })
    }
  }

  /** The same filter with other constants, that leave other values of some columns. */
  with(changed: ReadonlyMap<ColumnReference, readonly Interval[]>): FilterValues {
    const values = new FilterValues([], this.source)
    for (const [column, left] of this.#byColumn) {
      const intervals = changed.get(column)
      values.#byColumn.set(column, intervals === undefined ? left : { ...left, intervals })
    }
    values.#tuples = this.#tuples
    return values
  }

  /** What both filters together leave of single columns. */
  and(other: FilterValues): FilterValues {
    const both = new FilterValues([], this.source)
    for (const [column, left] of this.#byColumn) both.#byColumn.set(column, left)
    for (const [column, { intervals, settled }] of other.#byColumn) {
      const left = this.#byColumn.get(column)
      both.#byColumn.set(column, {
        intervals: left === undefined ? intervals : intersect(left.intervals, intervals),
        settled: [...(left?.settled ?? []), ...settled],
      })
    }
    return both
  }

  /** The first long `or` about several columns. */
  get tuples(): Tuples | undefined {
    return this.#tuples
  }

  get(column: ColumnReference): ColumnValues | undefined {
    return this.#byColumn.get(column)
  }

  /** Whether the values left of a column already say what this conjunct does. */
  knows(conjunct: ExpressionNode): boolean {
    return this.#known.has(conjunct)
  }

  /** Some column has no value left, so that no row can match. */
  get isImpossible(): boolean {
    return [...this.#byColumn.values()].some(({ intervals }) => intervals.length === 0)
  }

  isConstant(column: ColumnReference): boolean {
    const values = this.#byColumn.get(column)
    return values !== undefined && values.intervals.length === 1 && values.intervals[0].isPoint
  }

  isNeverNull(column: ColumnReference): boolean {
    const values = this.#byColumn.get(column)
    return values !== undefined && excludesNull(values.intervals)
  }
}

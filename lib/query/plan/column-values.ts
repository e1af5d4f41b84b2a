import type { ColumnReference, ExpressionNode, Source } from '../../expressions/nodes.js'
import { columnsOf } from '../../expressions/walk.js'
import type { KnownColumns } from './order-match.js'
import { excludesNull, type Interval, intersect, valuesWhere } from './value-set.js'

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

  constructor(conjuncts: readonly ExpressionNode[], source: Source) {
    this.conjuncts = conjuncts
    this.source = source
    for (const conjunct of conjuncts) {
      const columns = columnsOf(conjunct)
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
    return values
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

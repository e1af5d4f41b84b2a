import type { ColumnReference, ExpressionNode } from '../../expressions/nodes.js'
import type { Statistics } from '../../records/statistics.js'
import type { Table } from '../../records/table.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import type { OrderPart, Scope } from '../description.js'
import type { FilterValues } from './column-values.js'
import type { PlanNode, RangeSource, Seek } from './plan-node.js'
import type { PlanTrace } from './plan-trace.js'

/** What is asked of one model: which rows, in which order, how many of them, and which of their columns. */
export interface AccessRequest {
  readonly statistics: Statistics
  readonly table: Table
  readonly source: ModelSource
  readonly scope: Scope
  readonly conjuncts: readonly ExpressionNode[]
  /** Rows for which one of these is true are left out: another way gives them. */
  readonly exclude: readonly ExpressionNode[]
  readonly order: readonly OrderPart[]
  readonly seek: Seek | undefined
  /** How many rows the reader wants at most. */
  readonly wanted: number | undefined
  /** Columns that later steps need, or the whole row. */
  readonly needed: readonly ColumnReference[] | 'row'
  readonly trace: PlanTrace | undefined
}

/** How the ranges of a step are made again, where the plan is to serve for other constants too. */
export function rangeSource(
  { trace }: { readonly trace?: PlanTrace | undefined },
  values: FilterValues,
  rangesOf: RangeSource['rangesOf'],
): RangeSource | undefined {
  return trace === undefined ? undefined : { values, rangesOf }
}

/** One way to the rows, filtered, with what it costs. */
export interface AccessPath {
  readonly plan: PlanNode
  /** How many parts of the order the rows come in already. */
  readonly presorted: number
  readonly cost: number
  /** The cost is certain where single keys are read, and not many; of an index that was not analyzed it is a guess. */
  readonly certainty?: 'few keys' | 'guess' | undefined
}

/** Not more keys than this are read one by one sooner than what is guessed to be less. */
export const fewKeysMax = 256

/** A table is taken to have as many rows at least, so that plans do not change while it is filled. */
const rowsMin = 1000

/** How many rows a table is taken to have. */
export function rowsOf({ statistics, table }: AccessRequest): number {
  return rowsAtLeast(statistics.rowsOf(table.id))
}

/** How many rows a table with so many is taken to have. */
export function rowsAtLeast(rows: number): number {
  return Math.max(rowsMin, rows)
}

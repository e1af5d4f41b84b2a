import type { Key, KeyRange } from '../../codec/key.js'
import type { AggregateNode, ColumnReference, ExpressionNode, SubqueryNode } from '../../expressions/nodes.js'
import type { Table } from '../../records/table.js'
import type { TableIndex } from '../../records/table-index.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import type { ColumnType } from '../../values/column-type.js'
import type { OrderPart, SetOperator } from '../description.js'
import type { FilterValues } from './column-values.js'
import type { KeyRanges } from './key-ranges.js'
import type { Layout } from './layout.js'
import type { OutputPart } from './output.js'

/** What every step of a plan says of itself. */
interface Step {
  /** How rows of this step are laid out: which column is at which place. */
  readonly layout: Layout
  /** How many rows are expected to come out. */
  readonly estimatedRows: number
}

/**
 * How ranges follow from what a filter leaves of columns' values, for a plan that is to serve for other constants too.
 */
export interface RangeSource {
  readonly values: FilterValues
  /** The ranges for other values. */
  rangesOf(values: FilterValues, seek: Seek | undefined): Pick<KeyRanges, 'ranges' | 'fraction' | 'used'>
}

/** No row: the predicate can never be true, or the limit is zero. */
export interface NothingPlan extends Step {
  readonly kind: 'nothing'
}

/** Rows by primary key. */
export interface KeysPlan extends Step {
  readonly kind: 'keys'
  readonly table: Table
  readonly keys: readonly Key[]
  readonly isReverse: boolean
  readonly from?: RangeSource | undefined
}

/** Rows in ranges of the primary key. */
export interface RowsPlan extends Step {
  readonly kind: 'rows'
  readonly table: Table
  readonly ranges: readonly KeyRange[]
  readonly from?: RangeSource | undefined
  readonly isReverse: boolean
  /** All rows of the table. */
  readonly isFull: boolean
  /** How many rows the reader is likely to want: sizes the first reads. */
  readonly expected: number
}

/** Rows by way of an index's entries. */
export interface EntriesPlan extends Step {
  readonly kind: 'entries'
  readonly table: Table
  readonly index: TableIndex
  readonly ranges: readonly KeyRange[]
  readonly from?: RangeSource | undefined
  readonly isReverse: boolean
  /** All entries of the index. */
  readonly isFull: boolean
  /** Whether rows are read too, or the entries tell all that is needed, or their number does. */
  readonly reads: 'nothing' | 'entry' | 'row'
  /** What is to be told, where entries tell all. */
  readonly columns: ReadonlySet<ColumnReference>
  /** Ranges are read side by side and merged by this order; one after the other when absent. */
  readonly mergeBy: readonly OrderPart[] | undefined
  readonly expected: number
}

/** One row for each different beginning of an index's keys; what lies between two beginnings is skipped, not read. */
export interface PrefixesPlan extends Step {
  readonly kind: 'prefixes'
  readonly table: Table
  readonly index: TableIndex
  readonly ranges: readonly KeyRange[]
  readonly from?: RangeSource | undefined
  /** How many columns make a beginning. */
  readonly columns: number
}

/** Rows that have entries in the ranges of every one of several indexes. */
export interface IntersectionPlan extends Step {
  readonly kind: 'intersection'
  readonly table: Table
  readonly inputs: readonly IntersectedEntries[]
}

export interface IntersectedEntries {
  readonly index: TableIndex
  readonly ranges: readonly KeyRange[]
  readonly from?: RangeSource | undefined
}

/** Several ways to rows of one model, none of which gives a row that another gives. */
export interface ConcatPlan extends Step {
  readonly kind: 'concat'
  readonly inputs: readonly PlanNode[]
  readonly mergeBy: readonly OrderPart[] | undefined
}

/** Rows found one left row at a time: the right side of a join by lookup. It is carried out by the join. */
export interface LookupPlan extends Step {
  readonly kind: 'lookup'
  readonly table: Table
  /** The primary key when undefined. */
  readonly index: TableIndex | undefined
  readonly prefixes: readonly Key[]
  readonly parts: readonly LookupPart[]
  /** What the filter leaves of the columns that are the same for all rows. */
  readonly values: FilterValues
  /** What a found row must still fulfil by itself. */
  readonly predicates: readonly ExpressionNode[]
}

/** An element of a looked-up key: a value of the left row, or the same for all rows. */
export type LookupPart =
  | { readonly node: ExpressionNode; readonly type: ColumnType; readonly isDescending: boolean }
  | { readonly element: Key; readonly column: ColumnReference; readonly isDescending: boolean }

/**
 * Rows of the left with those of the right that match, in the order of the left. By lookup of a key or index; by a
 * hash table of the right; by merging two sides in the order of the key; or by a loop over all pairs.
 */
export interface JoinPlan extends Step {
  readonly kind: 'join'
  readonly method: 'lookup' | 'hash' | 'merge' | 'loop'
  /** A mark join gives every left row once, with whether it has a match. */
  readonly joinKind: 'inner' | 'left' | 'mark'
  readonly left: PlanNode
  readonly right: PlanNode
  /** The model on the right. */
  readonly source: ModelSource
  /** Expressions over the left row that equal those over the right, one by one. */
  readonly leftKeys: readonly ExpressionNode[]
  readonly rightKeys: readonly ExpressionNode[]
  /** What a pair must still fulfil, in rows of left and right together. */
  readonly residual: readonly ExpressionNode[]
  readonly pairLayout: Layout
}

/**
 * Rows with the answer of a subquery behind them that depends on the row; rows that agree in what it names share one.
 */
export interface EachPlan extends Step {
  readonly kind: 'each'
  readonly input: PlanNode
  readonly subquery: SubqueryNode
}

/** Rows for which all of `predicates` are true and none of `exclude` is. */
export interface FilterPlan extends Step {
  readonly kind: 'filter'
  readonly input: PlanNode
  readonly predicates: readonly ExpressionNode[]
  /** How many of the predicates, the first ones, only tell live rows from soft-deleted ones. */
  readonly scopePredicates: number
  readonly exclude: readonly ExpressionNode[]
  readonly seek: Seek | undefined
}

/** A filter right over all rows of a table, or all entries of an index. */
export type FilteredScan = FilterPlan & { readonly input: RowsPlan | EntriesPlan }

/** Rows after a place in an order. */
export interface Seek {
  readonly order: readonly OrderPart[]
  /** Row values of the order's expressions at that place. */
  readonly values: readonly unknown[]
  /** Rows that are equal in the order too: parts that the order lacks decide about them later. */
  readonly includesEqual?: boolean
}

/** Rows in order. Those that come in order of the first `presorted` parts already are sorted group by group. */
export interface SortPlan extends Step {
  readonly kind: 'sort'
  readonly input: PlanNode
  readonly order: readonly OrderPart[]
  readonly presorted: number
  /** Only so many of the first rows are wanted. */
  readonly top: number | undefined
}

export interface LimitPlan extends Step {
  readonly kind: 'limit'
  readonly input: PlanNode
  readonly offset: number
  readonly limit: number | undefined
}

/** Rows made of the selected entities and values. */
export interface ProjectPlan extends Step {
  readonly kind: 'project'
  readonly input: PlanNode
  readonly parts: readonly OutputPart[]
}

/** One row of each set of equal ones; nulls are equal. */
export interface DistinctPlan extends Step {
  readonly kind: 'distinct'
  readonly input: PlanNode
  readonly parts: readonly OutputPart[]
}

/** One row a group: the group's values, then the aggregates. */
export interface AggregatePlan extends Step {
  readonly kind: 'aggregate'
  readonly input: PlanNode
  readonly groupBy: readonly ExpressionNode[]
  readonly aggregates: readonly AggregateNode[]
}

/** Two results combined, rows compared by what was selected. */
export interface SetPlan extends Step {
  readonly kind: 'set'
  readonly operator: SetOperator
  readonly left: PlanNode
  readonly right: PlanNode
  readonly parts: readonly OutputPart[]
}

/** A step of a plan with the steps below it; frozen data, executed by `operators/`, printed by `explain`. */
export type PlanNode =
  | NothingPlan
  | KeysPlan
  | RowsPlan
  | EntriesPlan
  | PrefixesPlan
  | IntersectionPlan
  | ConcatPlan
  | LookupPlan
  | JoinPlan
  | EachPlan
  | FilterPlan
  | SortPlan
  | LimitPlan
  | ProjectPlan
  | DistinctPlan
  | AggregatePlan
  | SetPlan

/** The steps right below a step. */
export function inputsOf(plan: PlanNode): readonly PlanNode[] {
  switch (plan.kind) {
    case 'nothing':
    case 'keys':
    case 'rows':
    case 'entries':
    case 'prefixes':
    case 'intersection':
    case 'lookup':
      return []
    case 'concat':
      return plan.inputs
    case 'join':
    case 'set':
      return [plan.left, plan.right]
    default:
      return [plan.input]
  }
}

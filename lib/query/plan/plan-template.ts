import type { ColumnReference, ExpressionNode } from '../../expressions/nodes.js'
import { columnsOf } from '../../expressions/walk.js'
import type { Statistics } from '../../records/statistics.js'
import type { QueryDescription } from '../description.js'
import { replaceInNode } from '../replace-nodes.js'
import { rowsAtLeast } from './access-request.js'
import { bindPlan, boundParts, type Constants } from './bind-plan.js'
import type { FilterValues } from './column-values.js'
import { impliesPredicate } from './index-path.js'
import { pinnedConstants } from './pinned-constants.js'
import { inputsOf, type PlanNode, type RangeSource } from './plan-node.js'
import { PlanTrace } from './plan-trace.js'
import { planQuery } from './planner.js'
import type { PlanningStore } from './planning-store.js'
import type { PlanOptions, QueryPlan } from './query-plan.js'
import type { Constant } from './query-shape.js'
import { isSameExpression } from './same-expression.js'
import { type Interval, intersect, kindOfIntervals, valuesWhere } from './value-set.js'

/** A plan is made anew when a table has so many times more or fewer rows, or a range is taken to have. */
const changeMax = 10

/** Ranges of fewer rows than this are all the same to a plan. */
const fewRows = 100

/** A column of which conjuncts with constants leave some values. */
interface DependentColumn {
  readonly column: ColumnReference
  /** What the other conjuncts leave. */
  readonly fixed: readonly Interval[] | undefined
  readonly conjuncts: readonly ExpressionNode[]
  /** Whether a list is among the constants. */
  readonly isOfList: boolean
  /** Of the intervals when the plan was made. */
  readonly kind: string
}

/** Ranges of a step when the plan was made. */
interface RangesMade {
  readonly tableId: number
  readonly count: number
  /** How many columns they settle. */
  readonly columns: number
  /** The share of the rows that they were taken to have. */
  readonly fraction: number
}

/**
 * A plan that serves other constants than those it was made with. It was chosen by what the planner found out of these:
 * which columns have one value, several, a run or none, which partial indexes serve, about how many rows lie in a
 * range. Where other constants say the same the planner would choose the same, so only the ranges of keys and the
 * expressions are made anew.
 */
export class PlanTemplate {
  readonly #planned: QueryPlan
  readonly #constants: readonly Constant[]
  /** Which constants have to be equal to those of the plan. */
  readonly #pinned: readonly number[]
  readonly #filters: ReadonlyMap<FilterValues, readonly DependentColumn[]>
  readonly #trace: PlanTrace
  readonly #statistics: Statistics
  readonly #analyses: number
  readonly #rows: ReadonlyMap<number, number>
  readonly #ranges: ReadonlyMap<RangeSource, RangesMade>
  /** Whether an expression has constants, for each that was asked about. */
  readonly #hasConstants = new Map<ExpressionNode, boolean>()

  constructor(
    store: PlanningStore,
    description: QueryDescription,
    options: PlanOptions,
    constants: readonly Constant[],
  ) {
    this.#constants = constants
    this.#statistics = store.statistics
    this.#analyses = store.statistics.analyses
    this.#trace = new PlanTrace()
    const table: PlanningStore['table'] = (schema) => store.table(schema)
    this.#planned = planQuery({ table, statistics: store.statistics, trace: this.#trace }, description, options)
    this.#pinned = pinnedConstants(description, constants)
    this.#filters = new Map(this.#trace.values.map((values) => [values, this.#dependentColumns(values)]))
    const rows = new Map<number, number>()
    const made = new Map<RangeSource, RangesMade>()
    for (const { tableId, from } of sourcesIn(this.#planned.plan)) {
      rows.set(tableId, this.#rowsOf(tableId))
      if (from === undefined) continue
      const { ranges, fraction, used } = from.rangesOf(from.values, options.seek)
      made.set(from, { tableId, count: ranges.length, columns: used.length, fraction })
    }
    this.#rows = rows
    this.#ranges = made
  }

  /** The plan as it was made. */
  get planned(): QueryPlan {
    return this.#planned
  }

  /** Whether the data is not what it was when the plan was made: an analysis was made, or tables grew or shrank. */
  get isStale(): boolean {
    if (this.#analyses !== this.#statistics.analyses) return true
    for (const [tableId, rows] of this.#rows) if (isFarFrom(this.#rowsOf(tableId), rows)) return true
    return false
  }

  /** The plan with other constants; `undefined` when the planner might choose another one for these. */
  bind(given: readonly Constant[], { seek }: PlanOptions): QueryPlan | undefined {
    for (const at of this.#pinned) if (!isSameExpression(this.#constants[at], given[at])) return undefined
    const byConstant = new Map<ExpressionNode, ExpressionNode>(this.#constants.map((node, at) => [node, given[at]]))
    const bound = new Map<ExpressionNode, ExpressionNode>()
    const node = (of: ExpressionNode): ExpressionNode => {
      if (!this.#dependsOnConstants(of)) return of
      const known = bound.get(of) ?? replaceInNode(of, (below) => byConstant.get(below))
      bound.set(of, known)
      return known
    }
    if (!this.#trace.fixed.every((fixed) => isSameExpression(fixed, node(fixed)))) return undefined
    const left = new Map<FilterValues, FilterValues>()
    for (const [values, columns] of this.#filters) {
      const other = valuesWith(values, columns, node)
      if (other === undefined) return undefined
      left.set(values, other)
    }
    for (const { index, conjuncts, values, isImplied } of this.#trace.partialIndexes) {
      const others = conjuncts.map(node)
      const isSame = others.every((conjunct, at) => conjunct === conjuncts[at])
      if (!isSame && impliesPredicate(index, others, left.get(values) ?? values) !== isImplied) return undefined
    }
    let isSimilar = true
    const onRanges: Constants['onRanges'] = (from, { ranges, fraction, used }) => {
      const made = this.#ranges.get(from)
      if (made === undefined) return
      const rows = this.#rowsOf(made.tableId)
      const isFar = isFarFrom(Math.max(fewRows, rows * fraction), Math.max(fewRows, rows * made.fraction))
      // A place to resume at may leave one range of several, which come in another order then.
      const isOther = Math.min(2, ranges.length) !== Math.min(2, made.count)
      // Of too many ranges the last columns are left to a filter.
      if (isFar || isOther || used.length !== made.columns) isSimilar = false
    }
    const constants: Constants = { node, values: (values) => left.get(values) ?? values, seek, onRanges }
    const plan = bindPlan(this.#planned.plan, constants)
    return isSimilar ? { plan, parts: boundParts(this.#planned.parts, constants) } : undefined
  }

  #rowsOf(tableId: number): number {
    return rowsAtLeast(this.#statistics.rowsOf(tableId))
  }

  #dependsOnConstants(node: ExpressionNode): boolean {
    const known = this.#hasConstants.get(node)
    if (known !== undefined) return known
    let hasOne = false
    replaceInNode(node, (below) => {
      if (this.#constants.some((constant) => constant === below)) hasOne = true
      return undefined
    })
    this.#hasConstants.set(node, hasOne)
    return hasOne
  }

  #dependentColumns(values: FilterValues): DependentColumn[] {
    const byColumn = new Map<ColumnReference, ExpressionNode[]>()
    for (const conjunct of values.conjuncts) {
      if (!values.knows(conjunct)) continue
      const [{ column }] = columnsOf(conjunct)
      byColumn.set(column, [...(byColumn.get(column) ?? []), conjunct])
    }
    const dependent: DependentColumn[] = []
    for (const [column, conjuncts] of byColumn) {
      const withConstants = conjuncts.filter((conjunct) => this.#dependsOnConstants(conjunct))
      if (withConstants.length === 0) continue
      const others = conjuncts.filter((conjunct) => !withConstants.includes(conjunct))
      const isOfList = withConstants.some((conjunct) => this.#constants.some((node) => node === conjunct))
      dependent.push({
        column,
        fixed: others.length === 0 ? undefined : intervalsOf(others, values, column),
        conjuncts: withConstants,
        isOfList,
        kind: kindOfIntervals(values.get(column)?.intervals ?? [], isOfList),
      })
    }
    return dependent
  }
}

/** What is left with other constants; `undefined` when it is of another kind. */
function valuesWith(
  values: FilterValues,
  columns: readonly DependentColumn[],
  node: (node: ExpressionNode) => ExpressionNode,
): FilterValues | undefined {
  if (columns.length === 0) return values
  const changed = new Map<ColumnReference, readonly Interval[]>()
  for (const { column, fixed, conjuncts, isOfList, kind } of columns) {
    const intervals = intervalsOf(conjuncts.map(node), values, column, fixed)
    if (kindOfIntervals(intervals, isOfList) !== kind) return undefined
    changed.set(column, intervals)
  }
  return values.with(changed)
}

function intervalsOf(
  conjuncts: readonly ExpressionNode[],
  { source }: FilterValues,
  column: ColumnReference,
  within?: readonly Interval[],
): readonly Interval[] {
  let left = within
  for (const conjunct of conjuncts) {
    const intervals = valuesWhere(conjunct, source, column)?.intervals ?? []
    left = left === undefined ? intervals : intersect(left, intervals)
  }
  return left ?? []
}

function isFarFrom(rows: number, before: number): boolean {
  return rows > changeMax * before || before > changeMax * rows
}

/** What a plan reads. */
function sourcesIn(plan: PlanNode): { readonly tableId: number; readonly from: RangeSource | undefined }[] {
  switch (plan.kind) {
    case 'keys':
    case 'rows':
    case 'entries':
    case 'prefixes':
      return [{ tableId: plan.table.id, from: plan.from }]
    case 'lookup':
      return [{ tableId: plan.table.id, from: undefined }]
    case 'intersection':
      return plan.inputs.map(({ from }) => ({ tableId: plan.table.id, from }))
    default:
      return inputsOf(plan).flatMap(sourcesIn)
  }
}

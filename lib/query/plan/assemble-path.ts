import type { ColumnReference, ExpressionNode } from '../../expressions/nodes.js'
import { shareOf } from '../../records/statistics.js'
import { type AccessPath, type AccessRequest, rowsOf } from './access-request.js'
import type { FilterValues } from './column-values.js'
import { fractionOf, type KeyRanges, keyRanges } from './key-ranges.js'
import type { PlanNode } from './plan-node.js'
import { isWithin, valuesWhere } from './value-set.js'

/** What reading costs, in entries gone through: of an entry, of a row by its key, and of a seek. */
export const costOfEntry = 1
export const costOfRow = 3
const costOfSeek = 4

/** The reading part of a path. */
export interface PathParts {
  readonly unitCost: number
  /** Rows of the table are read as they lie, deleted ones too. */
  readonly isRow: boolean
  make(estimatedRows: number, expected: number): PlanNode
}

/** Puts the filter that is left over a way to rows, and adds up what it costs. */
export function assemble(
  request: AccessRequest,
  values: FilterValues,
  found: KeyRanges,
  presorted: number,
  parts: PathParts,
): AccessPath {
  const residual = residualOf(request, values, found, parts.isRow)
  const passing = passingFraction(request, values, found)
  const inRanges = Math.max(1, rowsOf(request) * found.fraction)
  const isOrdered = presorted === request.order.length
  // What lies at the place to resume at is read once more.
  const wanted = (request.wanted ?? Number.POSITIVE_INFINITY) + (request.seek === undefined ? 0 : 1)
  // An order that is given in part is read group by group, so a limit still ends it early.
  const enough = isOrdered || presorted > 0 ? (wanted * (isOrdered ? 1 : 4)) / passing : Number.POSITIVE_INFINITY
  const read = Math.min(inRanges, enough)
  const sortCost = isOrdered ? 0 : read * Math.log2(read + 1) * 0.2
  // By what the reader wants, not by the guess at what is there: too small a first read costs a second one.
  const source = parts.make(Math.round(inRanges), Math.ceil(Math.min(enough, 1e6)))
  const needsFilter = residual.length > 0 || request.exclude.length > 0 || request.seek !== undefined
  const plan: PlanNode = needsFilter
    ? {
        kind: 'filter',
        layout: source.layout,
        estimatedRows: Math.max(1, Math.round(inRanges * passing)),
        input: source,
        predicates: residual,
        scopePredicates: parts.isRow && scopePredicate(request) !== undefined ? 1 : 0,
        exclude: request.exclude,
        seek: request.seek,
      }
    : source
  const cost = read * parts.unitCost + found.ranges.length * costOfSeek + sortCost
  return { plan, presorted, cost }
}

/**
 * What share of the rows in the ranges the rest of the filter lets through: of columns that analyzed indexes begin with
 * by their samples, of others by a guess.
 */
function passingFraction(request: AccessRequest, values: FilterValues, found: KeyRanges): number {
  const columns = request.table.schema.columns.filter(
    (column) => values.get(column) !== undefined && !found.used.includes(column),
  )
  let { fraction, others: guessed } = analyzedFraction(request, values, columns)
  for (const column of guessed) fraction *= fractionOf(column, values.get(column)?.intervals ?? [])
  const others = request.conjuncts.filter((node) => !values.knows(node) && !passesRuns(node, request, values, found))
  return Math.max(1e-4, fraction * 0.3 ** others.length)
}

/**
 * Whether an `or` is true of all rows in the runs of values that the ranges have. One that says what comes after a row
 * by several columns is: of the first column it says again what the ranges do.
 */
function passesRuns(
  node: ExpressionNode,
  { source }: AccessRequest,
  values: FilterValues,
  { used }: KeyRanges,
): boolean {
  if (node.kind !== 'or') return false
  return used.some((column) => {
    const runs = values.get(column)?.intervals.filter(({ isPoint }) => !isPoint) ?? []
    if (runs.length === 0) return false
    return node.terms.some((term) => {
      const set = valuesWhere(term, source, column)
      return set?.isExact === true && isWithin(runs, set.intervals)
    })
  })
}

/** The share of the rows with wanted values in columns that analyzed indexes tell of, and the other columns. */
function analyzedFraction(
  { table, statistics, scope }: AccessRequest,
  values: FilterValues,
  columns: readonly ColumnReference[],
): { readonly fraction: number; readonly others: readonly ColumnReference[] } {
  let fraction = 1
  let others = columns
  for (const { id, definition, prefix, state } of table.indexes) {
    if (others.length === 0 || scope === 'deleted') break
    const analyzed = statistics.indexOf(id)
    if (analyzed === undefined || analyzed.entries === 0 || definition.where !== undefined || state !== 'ready')
      continue
    const end = definition.columns.findIndex(({ column }) => !others.includes(column))
    const leading = end === -1 ? definition.columns : definition.columns.slice(0, end)
    const { ranges, pointColumns, used } = keyRanges([prefix], leading, values)
    if (used.length === 0) continue
    fraction *= shareOf(analyzed, ranges, pointColumns)
    others = others.filter((column) => !used.includes(column))
  }
  return { fraction, others }
}

/** The conjuncts that the ranges do not settle, and the scope where rows are read as they lie. */
export function residualOf(
  request: AccessRequest,
  values: FilterValues,
  found: KeyRanges,
  isRow: boolean,
): ExpressionNode[] {
  const ofColumns = found.used.flatMap((column) => values.get(column)?.settled ?? [])
  const settled = new Set([...ofColumns, ...(found.settled ?? [])])
  const residual = request.conjuncts.filter((conjunct) => !settled.has(conjunct))
  const scope = isRow ? scopePredicate(request) : undefined
  return scope === undefined ? residual : [scope, ...residual]
}

/** Tells live rows from soft-deleted ones where they lie together. */
export function scopePredicate({
  table,
  source,
  scope,
}: Pick<AccessRequest, 'table' | 'source' | 'scope'>): ExpressionNode | undefined {
  const { deletedAt } = table.schema
  if (deletedAt === undefined || scope === 'all') return undefined
  const isLive: ExpressionNode = {
    kind: 'isNull',
    operand: { kind: 'column', source, column: deletedAt, type: deletedAt.type },
  }
  return scope === 'live' ? isLive : { kind: 'not', term: isLive }
}

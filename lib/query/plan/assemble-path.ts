import type { ExpressionNode } from '../../expressions/nodes.js'
import { type AccessPath, type AccessRequest, rowsOf } from './access-request.js'
import type { FilterValues } from './column-values.js'
import { fractionOf, type KeyRanges } from './key-ranges.js'
import type { PlanNode } from './plan-node.js'

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

/** What share of the rows in the ranges the rest of the filter lets through, by a guess. */
function passingFraction(request: AccessRequest, values: FilterValues, found: KeyRanges): number {
  let fraction = 1
  for (const column of request.table.schema.columns) {
    const left = values.get(column)
    if (left !== undefined && !found.used.includes(column)) fraction *= fractionOf(column, left.intervals)
  }
  const others = request.conjuncts.filter((node) => !values.knows(node)).length
  return Math.max(1e-4, fraction * 0.3 ** others)
}

/** The conjuncts that the ranges do not settle, and the scope where rows are read as they lie. */
export function residualOf(
  request: AccessRequest,
  values: FilterValues,
  found: KeyRanges,
  isRow: boolean,
): ExpressionNode[] {
  const settled = new Set(found.used.flatMap((column) => values.get(column)?.settled ?? []))
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

import type { Key, KeyRange } from '../../codec/key.js'
import type { ColumnReference, ExpressionNode } from '../../expressions/nodes.js'
import { columnsOf, conjunctsOf } from '../../expressions/walk.js'
import { shareOf } from '../../records/statistics.js'
import type { TableIndex } from '../../records/table-index.js'
import type { Scope } from '../description.js'
import { type AccessPath, type AccessRequest, fewKeysMax, rangeSource, rowsOf } from './access-request.js'
import { assemble, costOfEntry, costOfRow, residualOf } from './assemble-path.js'
import type { FilterValues } from './column-values.js'
import type { KeyRanges } from './key-ranges.js'
import { type KeyPart, type KnownColumns, matchOrder } from './order-match.js'
import type { EntriesPlan, Seek } from './plan-node.js'
import { isSameExpression } from './same-expression.js'
import { seekRanges } from './seek-ranges.js'
import { rangesLeft } from './tuple-ranges.js'
import { isWithin, valuesWhere } from './value-set.js'

/** The ways over each index that serves, and over two of them together. */
export function indexPaths(request: AccessRequest, values: FilterValues): AccessPath[] {
  const usable = request.table.indexes.filter((index) => isUsable(index, request, values))
  const paths = usable.map((index) => indexPath(index, request, values))
  const both = intersectionPath(usable, request, values)
  return both === undefined ? paths : [...paths, both]
}

/** The way over one index. */
export function indexPath(index: TableIndex, request: AccessRequest, values: FilterValues): AccessPath {
  const { table, source } = request
  const { found, keyParts, isUniqueLookup } = rangesIn(index, request, values)
  const inTurn = matchOrder(request.order, keyParts, found.constantColumns, source, values)
  const sideBySide = matchOrder(request.order, keyParts, found.pointColumns, source, withinRanges(found, values))
  // Live and deleted entries lie apart, so one after the other they are in no order.
  const isMerged = found.ranges.length > 1 && (request.scope === 'all' || sideBySide.matched > inTurn.matched)
  const match = isMerged ? sideBySide : inTurn
  const prefixColumns = isMerged ? found.pointColumns : found.constantColumns
  const exclusiveParts = index.definition.isUnique ? index.definition.columns.length : undefined
  const cut = ({ ranges }: KeyRanges, left: FilterValues, seek: Seek | undefined): readonly KeyRange[] =>
    seekRanges({ ...request, seek: request.seek && seek }, left, ranges, prefixColumns, keyParts, match, exclusiveParts)
  const ranges = cut(found, values, request.seek)
  const from = rangeSource(request, values, (left, seek) => {
    const other = rangesIn(index, request, left).found
    return { ...other, ranges: cut(other, left, seek) }
  })
  const residual = residualOf(request, values, found, false)
  const columns = columnsNeeded(request, residual)
  const reads = readsOf(request, columns, index)
  const layout = new Map([[source, 0]])
  const path = assemble(request, values, found, match.matched, {
    unitCost: costOfEntry + (reads === 'row' ? costOfRow : 0),
    isRow: false,
    make: (estimatedRows, expected) => ({
      kind: 'entries',
      layout,
      estimatedRows,
      table,
      index,
      ranges,
      from,
      isReverse: match.isReverse,
      isFull: found.used.length === 0,
      reads,
      columns: columns ?? new Set(),
      mergeBy: isMerged && match.matched > 0 ? request.order.slice(0, match.matched) : undefined,
      expected,
    }),
  })
  if (isUniqueLookup && found.ranges.length <= fewKeysMax) return { ...path, certainty: 'few keys' }
  return isAnalyzed(index, request) ? path : { ...path, certainty: 'guess' }
}

/** What is known of rows as they are merged, before the rest of the filter leaves some of them out. */
function withinRanges({ used }: KeyRanges, values: FilterValues): KnownColumns {
  return {
    isConstant: (column) => used.some((known) => known === column) && values.isConstant(column),
    isNeverNull: (column) => used.some((known) => known === column) && values.isNeverNull(column),
  }
}

/** The ranges of an index that a filter leaves, with the share of the rows that they have. */
function rangesIn(
  index: TableIndex,
  request: AccessRequest,
  values: FilterValues,
): { found: KeyRanges; keyParts: readonly KeyPart[]; isUniqueLookup: boolean } {
  const { primaryKey } = request.table.schema
  const indexParts: KeyPart[] = index.definition.columns.map(({ column, isDescending }) => ({ column, isDescending }))
  // An entry's key ends with the whole primary key, also where some of it is indexed as well.
  const keyParts: KeyPart[] = [...indexParts, ...primaryKey.map((column) => ({ column, isDescending: false }))]
  const repeats = primaryKey.some((column) => indexParts.some((part) => part.column === column))
  // A unique entry ends without the primary key, so its key tells the indexed columns only.
  const rangeParts = index.definition.isUnique || repeats ? indexParts : keyParts
  const found = rangesLeft(prefixesOf(index, request.scope), rangeParts, values)
  const isUniqueLookup = index.definition.isUnique && found.pointColumns === indexParts.length
  const fraction = isUniqueLookup ? found.ranges.length / rowsOf(request) : shareIn(index, request, found)
  return { found: { ...found, fraction }, keyParts, isUniqueLookup }
}

/** Rows that two indexes have in common, where each alone leaves many: of both only entries are read to find them. */
function intersectionPath(
  usable: readonly TableIndex[],
  request: AccessRequest,
  values: FilterValues,
): AccessPath | undefined {
  const candidates = usable
    .map((index) => ({ index, ...rangesIn(index, request, values) }))
    .filter(({ found }) => found.used.length > 0)
    .sort((a, b) => a.found.fraction - b.found.fraction)
  const [first] = candidates
  const second = candidates.find(({ found }) => found.used.some((column) => !first.found.used.includes(column)))
  // A few rows are read sooner than a second index.
  if (second === undefined || rowsOf(request) * first.found.fraction < 50) return undefined
  const used = [...new Set([...first.found.used, ...second.found.used])]
  const fraction = first.found.fraction * second.found.fraction
  const found: KeyRanges = { ...first.found, used, fraction, ranges: [...first.found.ranges, ...second.found.ranges] }
  const layout = new Map([[request.source, 0]])
  const path = assemble(request, values, found, 0, {
    unitCost: costOfRow,
    isRow: false,
    make: (estimatedRows) => ({
      kind: 'intersection',
      layout,
      estimatedRows,
      table: request.table,
      inputs: [first, second].map(({ index, found }) => ({
        index,
        ranges: found.ranges,
        from: rangeSource(request, values, (left) => rangesIn(index, request, left).found),
      })),
    }),
  })
  const entries = rowsOf(request) * (first.found.fraction + second.found.fraction)
  const isGuess = !isAnalyzed(first.index, request) || !isAnalyzed(second.index, request)
  return { ...path, cost: path.cost + entries * costOfEntry, certainty: isGuess ? 'guess' : undefined }
}

function isAnalyzed({ id }: TableIndex, { statistics }: AccessRequest): boolean {
  return statistics.indexOf(id) !== undefined
}

/** What share of the rows has entries in the ranges: by the last analysis of the index, else by a guess. */
function shareIn(index: TableIndex, { statistics }: AccessRequest, found: KeyRanges): number {
  const analyzed = statistics.indexOf(index.id)
  return analyzed === undefined || analyzed.entries === 0
    ? found.fraction
    : shareOf(analyzed, found.ranges, found.pointColumns)
}

/** Of which columns the values are needed to answer; `undefined` for all of the row. */
function columnsNeeded(
  { needed, exclude, order }: AccessRequest,
  residual: readonly ExpressionNode[],
): ReadonlySet<ColumnReference> | undefined {
  if (needed === 'row') return undefined
  const evaluated = [...residual, ...exclude, ...order.map((part) => part.node)]
  return new Set([...needed, ...evaluated.flatMap((node) => columnsOf(node).map(({ column }) => column))])
}

/** What has to be read to answer: rows too, the entries alone, or not even what the entries say. */
function readsOf(
  { seek }: AccessRequest,
  columns: ReadonlySet<ColumnReference> | undefined,
  index: TableIndex,
): EntriesPlan['reads'] {
  if (columns === undefined) return 'row'
  if (columns.size === 0 && seek === undefined) return 'nothing'
  return index.covers(columns) ? 'entry' : 'row'
}

function prefixesOf(index: TableIndex, scope: Scope): Key[] {
  if (scope === 'live') return [index.prefix]
  return scope === 'deleted' ? [index.deletedPrefix] : [index.prefix, index.deletedPrefix]
}

/** A partial index serves only a filter that implies its predicate; an index under construction serves none. */
function isUsable(index: TableIndex, { conjuncts, trace }: AccessRequest, values: FilterValues): boolean {
  if (index.state !== 'ready') return false
  if (index.definition.where === undefined) return true
  const isImplied = impliesPredicate(index, conjuncts, values)
  trace?.partialIndexes.push({ index, conjuncts, values, isImplied })
  return isImplied
}

/** Whether a filter is true only for rows that a partial index has. */
export function impliesPredicate(
  { definition: { where } }: TableIndex,
  conjuncts: readonly ExpressionNode[],
  values: FilterValues,
): boolean {
  return where === undefined || conjunctsOf(where).every((condition) => isImplied(condition, conjuncts, values))
}

function isImplied(condition: ExpressionNode, conjuncts: readonly ExpressionNode[], values: FilterValues): boolean {
  // The index's predicate names the model's own source, whatever alias the query uses.
  const [first, ...others] = columnsOf(condition)
  if (first !== undefined && others.length === 0) {
    const left = values.get(first.column)
    const needed = valuesWhere(condition, first.source, first.column)
    if (left !== undefined && needed?.isExact && isWithin(left.intervals, needed.intervals)) return true
  }
  return conjuncts.some((conjunct) => isSameExpression(conjunct, condition))
}

import type { Key, KeyRange } from '../../codec/key.js'
import { prefixEnd } from '../../codec/key.js'
import { elementEnd, invertElement } from '../../codec/tuple.js'
import type { ColumnReference, ExpressionNode } from '../../expressions/nodes.js'
import { columnsOf, conjunctsOf } from '../../expressions/walk.js'
import { type Statistics, shareOf } from '../../records/statistics.js'
import type { Table } from '../../records/table.js'
import type { TableIndex } from '../../records/table-index.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import type { RowValue } from '../../values/column-type.js'
import type { OrderPart, Scope } from '../description.js'
import { FilterValues } from './column-values.js'
import { fractionOf, type KeyRanges, keyRanges, rangeBeyond } from './key-ranges.js'
import { columnOf, type KeyPart, matchOrder, type OrderMatch } from './order-match.js'
import type { EntriesPlan, PlanNode, Seek } from './plan-node.js'
import { isSameExpression } from './same-expression.js'
import { elementOf, isWithin, valuesWhere } from './value-set.js'

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
}

/** One way to the rows, filtered, with what it costs. */
export interface AccessPath {
  readonly plan: PlanNode
  /** How many parts of the order the rows come in already. */
  readonly presorted: number
  readonly cost: number
}

/** A table is taken to have as many rows at least, so that plans do not change while it is filled. */
const rowsMin = 1000

const costOfEntry = 1
const costOfRow = 3
const costOfSeek = 4
const keysMax = 10_000
/** Space and id: what every key begins with. */
const spacePrefixLength = 3

/** The cheapest way to the rows that `request` asks for. */
export function chooseAccess(request: AccessRequest): AccessPath {
  const values = new FilterValues(request.conjuncts, request.source)
  const layout = new Map([[request.source, 0]])
  const isNeverDeleted = request.scope === 'deleted' && request.table.schema.deletedAt === undefined
  if (
    isNeverDeleted ||
    values.isImpossible ||
    request.conjuncts.some((node) => node.kind === 'or' && node.terms.length === 0)
  ) {
    return { plan: { kind: 'nothing', layout, estimatedRows: 0 }, presorted: request.order.length, cost: 0 }
  }
  const paths = [...primaryKeyPaths(request, values)]
  for (const index of request.table.indexes) {
    if (isUsable(index, request, values)) paths.push(indexPath(index, request, values))
  }
  const both = intersectionPath(request, values)
  if (both !== undefined) paths.push(both)
  const alternatives = alternativesPath(request, Math.min(...paths.map((path) => path.cost)))
  if (alternatives !== undefined) paths.push(alternatives)
  return paths.reduce((best, path) => (path.cost < best.cost ? path : best))
}

function primaryKeyPaths(request: AccessRequest, values: FilterValues): AccessPath[] {
  const { table, source } = request
  const keyParts: KeyPart[] = table.schema.primaryKey.map((column) => ({ column, isDescending: false }))
  const found = keyRanges([table.prefix], keyParts, values)
  const match = matchOrder(request.order, keyParts, found.constantColumns, source, values)
  if (found.pointColumns === keyParts.length && found.ranges.length <= keysMax) {
    return [keysPath(request, values, found, match)]
  }
  const ranges = seekRanges(request, values, found.ranges, found.constantColumns, keyParts, match)
  const isFull = found.used.length === 0
  const layout = new Map([[source, 0]])
  return [
    assemble(request, values, found, match.matched, {
      unitCost: costOfRow,
      isRow: true,
      make: (estimatedRows, expected) => ({
        kind: 'rows',
        layout,
        estimatedRows,
        table,
        ranges,
        isReverse: match.isReverse,
        isFull,
        expected,
      }),
    }),
  ]
}

function keysPath(request: AccessRequest, values: FilterValues, found: KeyRanges, match: OrderMatch): AccessPath {
  const keys = found.ranges.map((range) => range.start)
  const layout = new Map([[request.source, 0]])
  const few: KeyRanges = { ...found, fraction: keys.length / rowsOf(request) }
  return assemble(request, values, few, match.matched, {
    unitCost: costOfRow,
    isRow: true,
    make: () => ({
      kind: 'keys',
      layout,
      estimatedRows: keys.length,
      table: request.table,
      keys: match.isReverse ? keys.toReversed() : keys,
    }),
  })
}

function indexPath(index: TableIndex, request: AccessRequest, values: FilterValues): AccessPath {
  const { table, source } = request
  const { found, keyParts } = rangesIn(index, request, values)
  const inTurn = matchOrder(request.order, keyParts, found.constantColumns, source, values)
  const sideBySide = matchOrder(request.order, keyParts, found.pointColumns, source, values)
  // Live and deleted entries lie apart, so one after the other they are in no order.
  const isMerged = found.ranges.length > 1 && (request.scope === 'all' || sideBySide.matched > inTurn.matched)
  const match = isMerged ? sideBySide : inTurn
  const ranges = seekRanges(
    request,
    values,
    found.ranges,
    isMerged ? found.pointColumns : found.constantColumns,
    keyParts,
    match,
  )
  const residual = residualOf(request, values, found, false)
  const reads = readsOf(request, residual, index)
  const layout = new Map([[source, 0]])
  return assemble(request, values, found, match.matched, {
    unitCost: costOfEntry + (reads === 'row' ? costOfRow : 0),
    isRow: false,
    make: (estimatedRows, expected) => ({
      kind: 'entries',
      layout,
      estimatedRows,
      table,
      index,
      ranges,
      isReverse: match.isReverse,
      isFull: found.used.length === 0,
      reads,
      mergeBy: isMerged && match.matched > 0 ? request.order.slice(0, match.matched) : undefined,
      expected,
    }),
  })
}

/** The ranges of an index that a filter leaves, with the share of the rows that they have. */
function rangesIn(
  index: TableIndex,
  request: AccessRequest,
  values: FilterValues,
): { found: KeyRanges; keyParts: readonly KeyPart[] } {
  const { primaryKey } = request.table.schema
  const indexParts: KeyPart[] = index.definition.columns.map(({ column, isDescending }) => ({ column, isDescending }))
  // An entry's key ends with the whole primary key, also where some of it is indexed as well.
  const keyParts: KeyPart[] = [...indexParts, ...primaryKey.map((column) => ({ column, isDescending: false }))]
  const repeats = primaryKey.some((column) => indexParts.some((part) => part.column === column))
  // A unique entry ends without the primary key, so its key tells the indexed columns only.
  const rangeParts = index.definition.isUnique || repeats ? indexParts : keyParts
  const found = keyRanges(prefixesOf(index, request.scope), rangeParts, values)
  const isUniqueLookup = index.definition.isUnique && found.pointColumns === indexParts.length
  const fraction = isUniqueLookup ? found.ranges.length / rowsOf(request) : shareIn(index, request, found)
  return { found: { ...found, fraction }, keyParts }
}

/** Rows that two indexes have in common, where each alone leaves many: of both only entries are read to find them. */
function intersectionPath(request: AccessRequest, values: FilterValues): AccessPath | undefined {
  const candidates = request.table.indexes
    .filter((index) => isUsable(index, request, values))
    .map((index) => ({ index, ...rangesIn(index, request, values) }))
    .filter(({ found }) => found.used.length > 0)
    .sort((a, b) => a.found.fraction - b.found.fraction)
  const [first] = candidates
  const second = candidates.find(({ found }) => found.used.some((column) => !first.found.used.includes(column)))
  if (second === undefined) return undefined
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
      inputs: [first, second].map(({ index, found }) => ({ index, ranges: found.ranges })),
    }),
  })
  const entries = rowsOf(request) * (first.found.fraction + second.found.fraction)
  return { ...path, cost: path.cost + entries * costOfEntry }
}

function rowsOf({ statistics, table }: AccessRequest): number {
  return Math.max(rowsMin, statistics.rowsOf(table.id))
}

/** What share of the rows has entries in the ranges: by the last analysis of the index, else by a guess. */
function shareIn(index: TableIndex, { statistics }: AccessRequest, found: KeyRanges): number {
  const analyzed = statistics.indexOf(index.id)
  return analyzed === undefined || analyzed.entries === 0
    ? found.fraction
    : shareOf(analyzed, found.ranges, found.pointColumns)
}

/** What has to be read to answer: rows too, the entries alone, or not even what the entries say. */
function readsOf(request: AccessRequest, residual: readonly ExpressionNode[], index: TableIndex): EntriesPlan['reads'] {
  const { needed, exclude, order, seek } = request
  if (needed === 'row') return 'row'
  const evaluated = [...residual, ...exclude, ...order.map((part) => part.node)]
  const columns = [...needed, ...evaluated.flatMap((node) => columnsOf(node).map(({ column }) => column))]
  if (columns.length === 0 && seek === undefined) return 'nothing'
  return index.covers(columns) ? 'entry' : 'row'
}

function prefixesOf(index: TableIndex, scope: Scope): Key[] {
  if (scope === 'live') return [index.prefix]
  return scope === 'deleted' ? [index.deletedPrefix] : [index.prefix, index.deletedPrefix]
}

interface PathParts {
  readonly unitCost: number
  /** Rows of the table are read as they lie, deleted ones too. */
  readonly isRow: boolean
  make(estimatedRows: number, expected: number): PlanNode
}

/** Puts the filter that is left over a way to rows, and adds up what it costs. */
function assemble(
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
  const wanted = request.wanted ?? Number.POSITIVE_INFINITY
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
  return { plan, presorted, cost: read * parts.unitCost + found.ranges.length * costOfSeek + sortCost }
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
function residualOf(request: AccessRequest, values: FilterValues, found: KeyRanges, isRow: boolean): ExpressionNode[] {
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

/** Cuts off what lies before the place to resume at, as far as the keys tell it; the filter decides about the rest. */
function seekRanges(
  request: AccessRequest,
  values: FilterValues,
  ranges: readonly KeyRange[],
  prefixColumns: number,
  keyParts: readonly KeyPart[],
  match: OrderMatch,
): readonly KeyRange[] {
  const { seek, order, source } = request
  const last = match.keyPositions.at(-1)
  if (seek === undefined || last === undefined) return ranges
  const sought = new Map<ColumnReference, Key>()
  for (const [position, part] of order.slice(0, match.matched).entries()) {
    const column = columnOf(part.node, source) as ColumnReference
    const element = elementOf(column, seek.values[position] as RowValue)
    // A place with another value than the filter's only one lies before or after all rows: no key tells which.
    if (values.isConstant(column) && values.get(column)?.intervals[0].start !== element) return ranges
    sought.set(column, element)
  }
  let beyond: Key = ''
  for (const { column, isDescending } of keyParts.slice(prefixColumns, last + 1)) {
    const element = sought.get(column) ?? (values.get(column)?.intervals[0].start as Key)
    beyond += isDescending ? invertElement(element) : element
  }
  return ranges.flatMap((range) => {
    const key = leadingElements(range.start, prefixColumns) + beyond
    // Rows that are equal in the matched parts may still come after by the others.
    const cut = match.isReverse ? (prefixEnd(key) ?? range.end) : key
    return rangeBeyond(range, { key: cut, isReverse: match.isReverse }) ?? []
  })
}

/** The prefix of a key up to and with its first `count` elements. */
function leadingElements(key: Key, count: number): Key {
  let end = spacePrefixLength
  for (let element = 0; element < count; element++) end = elementEnd(key, end)
  return key.slice(0, end)
}

/** A partial index serves only a filter that implies its predicate; an index under construction serves none. */
function isUsable(index: TableIndex, request: AccessRequest, values: FilterValues): boolean {
  if (index.state !== 'ready') return false
  const { where } = index.definition
  if (where === undefined) return true
  return conjunctsOf(where).every((condition) => isImplied(condition, request, values))
}

function isImplied(condition: ExpressionNode, request: AccessRequest, values: FilterValues): boolean {
  // The index's predicate names the model's own source, whatever alias the query uses.
  const [first, ...others] = columnsOf(condition)
  if (first !== undefined && others.length === 0) {
    const left = values.get(first.column)
    const needed = valuesWhere(condition, first.source, first.column)
    if (left !== undefined && needed?.isExact && isWithin(left.intervals, needed.intervals)) return true
  }
  return request.conjuncts.some((conjunct) => isSameExpression(conjunct, condition))
}

/** An `or` whose terms each have an index: the ways are put together, none giving a row that one before it gives. */
function alternativesPath(request: AccessRequest, costToBeat: number): AccessPath | undefined {
  const choice = request.conjuncts.find(
    (node) => node.kind === 'or' && node.terms.length > 1 && node.terms.length <= 32,
  )
  if (choice?.kind !== 'or') return undefined
  const others = request.conjuncts.filter((node) => node !== choice)
  const paths: AccessPath[] = []
  let cost = 0
  for (const [position, term] of choice.terms.entries()) {
    const path = chooseAccess({
      ...request,
      conjuncts: [...others, ...conjunctsOf(term)],
      exclude: [...request.exclude, ...choice.terms.slice(0, position)],
    })
    cost += path.cost
    if (cost >= costToBeat) return undefined
    paths.push(path)
  }
  const presorted = Math.min(...paths.map((path) => path.presorted))
  return {
    plan: {
      kind: 'concat',
      layout: new Map([[request.source, 0]]),
      estimatedRows: paths.reduce((sum, path) => sum + path.plan.estimatedRows, 0),
      inputs: paths.map((path) => path.plan),
      mergeBy: presorted > 0 ? request.order.slice(0, presorted) : undefined,
    },
    presorted,
    cost,
  }
}

import { type Key, prefixEnd } from '../../codec/key.js'
import { encodeNull, invertElement } from '../../codec/tuple.js'
import { likePrefix } from '../../expressions/like.js'
import type {
  ColumnReference,
  CompareNode,
  ExpressionNode,
  LikeNode,
  Source,
  TextMatchNode,
} from '../../expressions/nodes.js'
import type { RowValue } from '../../values/column-type.js'

/**
 * A run of values of one column, as bounds of its key element: the values whose element `e` has `start <= e < end`.
 * A single value is the run from its element to the first element beyond every key that begins with it.
 */
export interface Interval {
  readonly start: Key
  readonly end: Key
  readonly isPoint: boolean
}

/** Whether a run ends on both sides at values, and not just where values end. */
export function hasBothBounds({ start, end }: Interval): boolean {
  return start > lowest && end < nullInterval.start
}

/**
 * What plans depend on of runs, whatever values they are of: how many, which are single, bounded, null. Of a list it is
 * not told how many, if there are several.
 */
export function kindOfIntervals(intervals: readonly Interval[], isOfList: boolean): string {
  const kinds = intervals.map(kindOfInterval)
  const told = isOfList ? kinds.filter((kind, at) => kind !== kinds[at - 1] || kind !== kinds[at - 2]) : kinds
  return told.join('')
}

function kindOfInterval(interval: Interval): string {
  if (interval.isPoint) return interval.start === nullInterval.start ? 'n' : 'p'
  const { start, end } = interval
  const upper = end < nullInterval.start ? '' : end > nullInterval.start ? 'n' : '+'
  return `${start > lowest ? '' : '-'}r${upper}`
}

/** The values for which a predicate holds: disjoint runs in ascending order. */
export interface ValueSet {
  readonly intervals: readonly Interval[]
  /** Whether it holds for these values only, and not just at most for these. */
  readonly isExact: boolean
}

// No tag of an element is 00 or FF, so these lie before and beyond every value.
const lowest: Key = '\0'
const highest: Key = '\xff'

/** A single value. A list has hundreds, and is seldom asked where they end. */
class Point implements Interval {
  readonly start: Key
  readonly isPoint = true

  constructor(element: Key) {
    this.start = element
  }

  get end(): Key {
    return prefixEnd(this.start) ?? highest
  }
}

const nullInterval: Interval = new Point(encodeNull())
const nonNull: Interval = { start: lowest, end: nullInterval.start, isPoint: false }

/**
 * The values of one column for which `node` has the given truth, or `undefined` when the predicate is not about this
 * column alone. Three-valued: a predicate that is unknown is neither true nor false.
 */
export function valuesWhere(
  node: ExpressionNode,
  source: Source,
  column: ColumnReference,
  truth = true,
): ValueSet | undefined {
  const isColumn = (other: ExpressionNode): boolean =>
    other.kind === 'column' && other.source === source && other.column === column
  switch (node.kind) {
    case 'and':
    case 'or': {
      const sets: ValueSet[] = []
      for (const term of node.terms) {
        const set = valuesWhere(term, source, column, truth)
        if (set === undefined) return undefined
        sets.push(set)
      }
      const isIntersection = (node.kind === 'and') === truth
      return isIntersection ? sets.reduce(intersectSets, everything) : sets.reduce(uniteSets, nothing)
    }
    case 'not':
      return valuesWhere(node.term, source, column, !truth)
    case 'isTrue': {
      const set = valuesWhere(node.term, source, column)
      if (truth || set === undefined) return set
      return set.isExact ? exactly(beyond(set.intervals)) : undefined
    }
    case 'isNull':
      return isColumn(node.operand) ? exactly([truth ? nullInterval : nonNull]) : undefined
    case 'null':
      return nothing
    case 'compare':
      return compareSet(node, isColumn, truth)
    case 'in': {
      if (!isColumn(node.operand) || !column.type.isOrdered) return undefined
      const points = node.values.map((value) => new Point(column.type.encodeKey(value)))
      return exactly(truth ? points : complement(points))
    }
    case 'like':
      return isColumn(node.operand) && truth ? likeSet(node, column) : undefined
    case 'textMatch':
      return isColumn(node.operand) && truth ? textMatchSet(node, column) : undefined
    default:
      return undefined
  }
}

const everything: ValueSet = exactly([nonNull, nullInterval])
const nothing: ValueSet = exactly([])

function exactly(intervals: readonly Interval[]): ValueSet {
  return { intervals, isExact: true }
}

function compareSet(
  node: CompareNode,
  isColumn: (node: ExpressionNode) => boolean,
  truth: boolean,
): ValueSet | undefined {
  let { left, right, operator } = node
  // A comparison with null is neither true nor false.
  if ((isColumn(left) && right.kind === 'null') || (left.kind === 'null' && isColumn(right))) return nothing
  if (left.kind === 'literal') {
    ;[left, right] = [right, left]
    operator = mirrored[operator]
  }
  if (!isColumn(left) || right.kind !== 'literal' || left.kind !== 'column' || !left.column.type.isOrdered)
    return undefined
  const value = new Point(left.column.type.encodeKey(right.value))
  const effective = truth ? operator : negated[operator]
  switch (effective) {
    case 'eq':
      return exactly([value])
    case 'ne':
      return exactly(complement([value]))
    case 'lt':
      return exactly(run(lowest, value.start))
    case 'lte':
      return exactly(run(lowest, value.end))
    case 'gt':
      return exactly(run(value.end, nonNull.end))
    case 'gte':
      return exactly(run(value.start, nonNull.end))
  }
}

const mirrored = { eq: 'eq', ne: 'ne', lt: 'gt', lte: 'gte', gt: 'lt', gte: 'lte' } as const
const negated = { eq: 'ne', ne: 'eq', lt: 'gte', lte: 'gt', gt: 'lte', gte: 'lt' } as const

function run(start: Key, end: Key): Interval[] {
  return start < end ? [{ start, end, isPoint: false }] : []
}

/** A text's element without its closing byte is the prefix of every longer text's element. */
function prefixRun(text: string, column: ColumnReference): Interval[] {
  const prefix = column.type.encodeKey(text).slice(0, -1)
  return run(prefix, prefixEnd(prefix) ?? highest)
}

function likeSet(node: LikeNode, column: ColumnReference): ValueSet | undefined {
  if (node.ignoreCase || !isText(column)) return undefined
  const prefix = likePrefix(node.pattern)
  return prefix === '' ? undefined : { intervals: prefixRun(prefix, column), isExact: false }
}

function textMatchSet(node: TextMatchNode, column: ColumnReference): ValueSet | undefined {
  if (node.operator !== 'startsWith' || !isText(column)) return undefined
  return { intervals: node.text === '' ? [nonNull] : prefixRun(node.text, column), isExact: true }
}

/** An enum's element is its text, but a prefix of one is no value that the type would encode. */
function isText(column: ColumnReference): boolean {
  return column.type.kind === 'string' || column.type.kind === 'text'
}

/** Every non-null value outside of the runs. */
function complement(intervals: readonly Interval[]): Interval[] {
  const gaps: Interval[] = []
  let start = lowest
  for (const interval of intervals) {
    gaps.push(...run(start, interval.start))
    start = interval.end
  }
  gaps.push(...run(start, nonNull.end))
  return gaps
}

/** Every value outside of the runs, null included. */
function beyond(intervals: readonly Interval[]): Interval[] {
  return [...complement(intervals), ...(excludesNull(intervals) ? [nullInterval] : [])]
}

function intersectSets(a: ValueSet, b: ValueSet): ValueSet {
  return { intervals: intersect(a.intervals, b.intervals), isExact: a.isExact && b.isExact }
}

/** The runs that are in both. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const common: Interval[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const start = a[i].start > b[j].start ? a[i].start : b[j].start
    const end = a[i].end < b[j].end ? a[i].end : b[j].end
    // Runs begin and end at whole elements or at prefixes of texts, so a point is inside a run or outside of it.
    if (start < end) common.push({ start, end, isPoint: a[i].isPoint || b[j].isPoint })
    if (a[i].end < b[j].end) i++
    else j++
  }
  return common
}

function uniteSets(a: ValueSet, b: ValueSet): ValueSet {
  const sorted = [...a.intervals, ...b.intervals].sort((x, y) => (x.start < y.start ? -1 : x.start > y.start ? 1 : 0))
  const united: Interval[] = []
  for (const interval of sorted) {
    const last = united[united.length - 1]
    if (last === undefined || last.end <= interval.start) united.push(interval)
    else if (interval.end > last.end)
      united[united.length - 1] = { start: last.start, end: interval.end, isPoint: false }
  }
  return { intervals: united, isExact: a.isExact && b.isExact }
}

/** Whether every value of `inner` is in `outer`. */
export function isWithin(inner: readonly Interval[], outer: readonly Interval[]): boolean {
  return inner.every((run) => outer.some((other) => other.start <= run.start && run.end <= other.end))
}

/** The same runs for a column kept in descending order, in the order of its inverted elements. */
export function invertIntervals(intervals: readonly Interval[]): Interval[] {
  return intervals
    .map(({ start, end, isPoint }) =>
      isPoint ? new Point(invertElement(start)) : { start: invertCut(end), end: invertCut(start), isPoint },
    )
    .reverse()
}

/** An element lies at or beyond a cut exactly when its inverse lies before the inverted cut. */
function invertCut(cut: Key): Key {
  return prefixEnd(invertElement(cut)) ?? highest
}

/** Whether the column cannot be null in the set. */
export function excludesNull(intervals: readonly Interval[]): boolean {
  return intersect(intervals, [nullInterval]).length === 0
}

/** Where a value lies: the element it has. */
export function elementOf(column: ColumnReference, value: RowValue): Key {
  return value === null ? encodeNull() : column.type.encodeKey(value)
}

import type { Key, KeyRange } from '../../codec/key.js'
import type { ColumnReference, ExpressionNode } from '../../expressions/nodes.js'
import type { FilterValues } from './column-values.js'
import type { KeyPart } from './order-match.js'
import { hasBothBounds, type Interval, invertIntervals } from './value-set.js'

/** More ranges than this are not worth their seeks: the columns after are left to the filter. */
const rangesMax = 1000

/** The ranges of keys that a filter leaves, and which columns they settle. */
export interface KeyRanges {
  readonly ranges: readonly KeyRange[]
  /** Columns whose values the ranges tell. */
  readonly used: readonly ColumnReference[]
  /** How many leading columns have single values; their product makes the ranges. */
  readonly pointColumns: number
  /** How many leading columns have exactly one value. */
  readonly constantColumns: number
  /** What part of the keys lies in the ranges, by a guess. */
  readonly fraction: number
  /** Conjuncts about several columns that need no further look in the ranges. */
  readonly settled?: readonly ExpressionNode[]
}

/** Builds the ranges below each of `prefixes`, in ascending order. */
export function keyRanges(prefixes: readonly Key[], keyParts: readonly KeyPart[], values: FilterValues): KeyRanges {
  let points = [...prefixes]
  let runs: readonly Interval[] | undefined
  const used: ColumnReference[] = []
  let constantColumns = 0
  let fraction = 1
  for (const { column, isDescending } of keyParts) {
    const left = values.get(column)
    if (left === undefined) break
    const intervals = isDescending ? invertIntervals(left.intervals) : left.intervals
    if (points.length * intervals.length > rangesMax * prefixes.length) break
    used.push(column)
    fraction *= fractionOf(column, left.intervals)
    if (!intervals.every((interval) => interval.isPoint)) {
      runs = intervals
      break
    }
    points = joined(points, intervals)
    if (intervals.length === 1 && constantColumns === used.length - 1) constantColumns++
  }
  const ranges = runs === undefined ? points.map(wholeOf) : runsBelow(points, runs)
  return { ranges, used, pointColumns: used.length - (runs === undefined ? 0 : 1), constantColumns, fraction }
}

/** Plain loops: there are hundreds of points for a list. */
function joined(prefixes: readonly Key[], intervals: readonly Interval[]): Key[] {
  const points: Key[] = []
  for (const prefix of prefixes) for (const { start } of intervals) points.push(prefix + start)
  return points
}

function runsBelow(prefixes: readonly Key[], runs: readonly Interval[]): KeyRange[] {
  const ranges: KeyRange[] = []
  for (const prefix of prefixes) {
    for (const { start, end } of runs) ranges.push({ start: prefix + start, end: prefix + end })
  }
  return ranges
}

/** Every key that begins with `prefix`; no tag is FF, so this bound is beyond them all. */
function wholeOf(prefix: Key): KeyRange {
  return { start: prefix, end: `${prefix}\xff` }
}

/** Without statistics: what share of rows a set of values has. */
export function fractionOf(column: ColumnReference, intervals: readonly Interval[]): number {
  const perPoint = 1 / (column.type.kind === 'boolean' ? 2 : (column.type.enumTexts?.length ?? 100))
  let fraction = 0
  for (const interval of intervals) {
    if (interval.isPoint) fraction += perPoint
    // A run with both bounds tells more than one with a single bound.
    else fraction += hasBothBounds(interval) ? 0.1 : 0.3
  }
  return Math.min(1, fraction)
}

/** The part of a range that lies beyond a place in an order of keys, in the direction of reading. */
export function rangeBeyond(
  range: KeyRange,
  cut: { readonly key: Key; readonly isReverse: boolean },
): KeyRange | undefined {
  const beyond = cut.isReverse
    ? { start: range.start, end: cut.key < range.end ? cut.key : range.end }
    : { start: cut.key > range.start ? cut.key : range.start, end: range.end }
  return beyond.start < beyond.end ? beyond : undefined
}

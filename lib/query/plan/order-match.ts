import type { ColumnReference, ExpressionNode, Source } from '../../expressions/nodes.js'
import type { OrderPart } from '../description.js'

/** A column of a key: of an index, or of the primary key. */
export interface KeyPart {
  readonly column: ColumnReference
  readonly isDescending: boolean
}

/** How far reading keys in their own order, or in reverse, gives a wanted order. */
export interface OrderMatch {
  /** How many parts of the order are given. */
  readonly matched: number
  readonly isReverse: boolean
  /** For each matched part that is not constant, its place in the key. */
  readonly keyPositions: readonly number[]
}

/** What is known of columns by the predicate. */
export interface KnownColumns {
  /** The predicate leaves one value only. */
  isConstant(column: ColumnReference): boolean
  /** The predicate leaves no null. */
  isNeverNull(column: ColumnReference): boolean
}

/** Matches `order` with the key parts from `first` on. */
export function matchOrder(
  order: readonly OrderPart[],
  keyParts: readonly KeyPart[],
  first: number,
  source: Source,
  known: KnownColumns,
): OrderMatch {
  const keyPositions: number[] = []
  let isReverse: boolean | undefined
  let position = first
  let matched = 0
  for (const part of order) {
    const column = columnOf(part.node, source)
    if (column === undefined) break
    if (known.isConstant(column)) {
      matched++
      continue
    }
    while (position < keyParts.length && isSettled(keyParts, position, known)) position++
    const keyPart = keyParts[position]
    if (keyPart === undefined || keyPart.column !== column) break
    const wantsReverse = keyPart.isDescending !== part.isDescending
    if (isReverse !== undefined && isReverse !== wantsReverse) break
    const isUsualNulls = part.nulls === (part.isDescending ? 'first' : 'last')
    if (!isUsualNulls && column.isNullable && !known.isNeverNull(column)) break
    isReverse = wantsReverse
    keyPositions.push(position++)
    matched++
  }
  return { matched, isReverse: isReverse ?? false, keyPositions }
}

/** A part whose value the ones before it tell: the filter leaves one only, or the same column came before. */
function isSettled(keyParts: readonly KeyPart[], position: number, known: KnownColumns): boolean {
  const { column } = keyParts[position]
  return known.isConstant(column) || keyParts.slice(0, position).some((part) => part.column === column)
}

/** The column of this source that an expression is, if it is one. */
export function columnOf(node: ExpressionNode, source: Source): ColumnReference | undefined {
  return node.kind === 'column' && node.source === source ? node.column : undefined
}

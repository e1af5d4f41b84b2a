import { type Key, type KeyRange, prefixEnd } from '../../codec/key.js'
import { prefixBytes, Space } from '../../codec/space.js'
import { elementEnd, encodeNull, invertElement } from '../../codec/tuple.js'
import type { ColumnReference } from '../../expressions/nodes.js'
import type { RowValue } from '../../values/column-type.js'
import type { AccessRequest } from './access-request.js'
import type { FilterValues } from './column-values.js'
import { rangeBeyond } from './key-ranges.js'
import { columnOf, type KeyPart, type OrderMatch } from './order-match.js'
import { elementOf } from './value-set.js'

/**
 * Cuts off what lies before the place to resume at, as far as the keys tell it; the filter decides about the rest.
 * @param exclusiveParts after how many parts the key of a live entry ends if none of them is null, in a unique index.
 */
export function seekRanges(
  request: AccessRequest,
  values: FilterValues,
  ranges: readonly KeyRange[],
  prefixColumns: number,
  keyParts: readonly KeyPart[],
  match: OrderMatch,
  exclusiveParts?: number,
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
  const beyond = keyParts.slice(prefixColumns, last + 1).map(({ column, isDescending }) => {
    const element = sought.get(column) ?? (values.get(column)?.intervals[0].start as Key)
    return isDescending ? invertElement(element) : element
  })
  // Rows that are equal in the matched parts may still come after by the others.
  const isWhole = match.matched === order.length && seek.values.length === order.length && !seek.includesEqual
  return ranges.flatMap((range) => {
    const leading = leadingElements(range.start, prefixColumns)
    // Where the primary key is not in the key, the key does not tell on which side of the place its row is.
    const isShort =
      exclusiveParts !== undefined &&
      last >= exclusiveParts &&
      range.start.startsWith(Space.entry) &&
      !hasNull(leading) &&
      !beyond.slice(0, exclusiveParts - prefixColumns).some(isNull)
    const key = leading + (isShort ? beyond.slice(0, exclusiveParts - prefixColumns) : beyond).join('')
    const isKept = match.isReverse === (isWhole && !isShort)
    const cut = isKept ? key : (prefixEnd(key) ?? range.end)
    return rangeBeyond(range, { key: cut, isReverse: match.isReverse }) ?? []
  })
}

/** The prefix of a key up to and with its first `count` elements. */
function leadingElements(key: Key, count: number): Key {
  let end = prefixBytes
  for (let element = 0; element < count; element++) end = elementEnd(key, end)
  return key.slice(0, end)
}

function hasNull(key: Key): boolean {
  for (let start = prefixBytes; start < key.length; ) {
    const end = elementEnd(key, start)
    if (isNull(key.slice(start, end))) return true
    start = end
  }
  return false
}

function isNull(element: Key): boolean {
  return element === encodeNull() || element === invertElement(encodeNull())
}

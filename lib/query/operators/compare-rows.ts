import { compileValue } from '../../expressions/evaluate.js'
import { typeOf } from '../../expressions/type-of.js'
import type { Row } from '../../records/row.js'
import type { RowValue } from '../../values/column-type.js'
import type { OrderPart } from '../description.js'
import { accessIn, type Layout } from '../plan/layout.js'
import type { Seek } from '../plan/plan-node.js'

/** Compares two values of one part of an order, nulls where the part wants them. */
type CompareValues = (a: RowValue, b: RowValue) => number

/** Orders rows of a layout. */
export function compareRowsBy(order: readonly OrderPart[], layout: Layout): (a: Row, b: Row) => number {
  const parts = order.map((part) => ({
    value: compileValue<Row>(part.node, accessIn(layout)),
    compare: compareValuesOf(part),
  }))
  const [only] = parts
  if (parts.length === 1) return (a, b) => only.compare(only.value(a), only.value(b))
  return (a, b) => {
    for (const { value, compare } of parts) {
      const result = compare(value(a), value(b))
      if (result !== 0) return result
    }
    return 0
  }
}

/** Whether a row comes after a place in an order. */
export function isAfter(seek: Seek, layout: Layout): (row: Row) => boolean {
  const parts = seek.order.map((part, index) => ({
    value: compileValue<Row>(part.node, accessIn(layout)),
    compare: compareValuesOf(part),
    at: seek.values[index] as RowValue,
  }))
  return (row) => {
    for (const { value, compare, at } of parts) {
      const result = compare(value(row), at)
      if (result !== 0) return result > 0
    }
    return seek.includesEqual ?? false
  }
}

function compareValuesOf(part: OrderPart): CompareValues {
  const type = typeOf(part.node)
  const nullSign = part.nulls === 'first' ? -1 : 1
  const sign = part.isDescending ? -1 : 1
  return (a, b) => {
    if (a === b) return 0
    if (a === null) return nullSign
    if (b === null) return -nullSign
    return sign * type.compare(a, b)
  }
}

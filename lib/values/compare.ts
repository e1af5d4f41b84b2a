import type { ColumnType, RowValue } from './column-type.js'

/** The one total order of row values of a type, nulls last. Nulls are equal to each other. */
export function compareRowValues(type: ColumnType, a: RowValue, b: RowValue): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return type.compare(a, b)
}

/** Whether two row values of a type are the same value. Nulls are equal to each other. */
export function rowValuesEqual(type: ColumnType, a: RowValue, b: RowValue): boolean {
  if (a === b) return true
  // Row values are canonical, so that only bytes and JSON can be equal without being identical.
  return typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && type.compare(a, b) === 0
}

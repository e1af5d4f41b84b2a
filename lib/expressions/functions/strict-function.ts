import type { RowValue } from '../../values/column-type.js'

/**
 * A function of row values that are all there. What it takes, its node says: the builder has checked the types, so that
 * each implementation names just what it gets.
 */
export type StrictFunction = (...values: never[]) => RowValue

/** A function of a row that is null when an argument is. */
export function nullWithNull<R>(
  readers: readonly ((row: R) => RowValue)[],
  implementation: StrictFunction,
): (row: R) => RowValue {
  const apply = implementation as (...values: unknown[]) => RowValue
  const [first, second] = readers
  if (first !== undefined && readers.length === 1) {
    return (row) => {
      const value = first(row)
      return value === null ? null : apply(value)
    }
  }
  if (first !== undefined && second !== undefined && readers.length === 2) {
    return (row) => {
      const a = first(row)
      if (a === null) return null
      const b = second(row)
      return b === null ? null : apply(a, b)
    }
  }
  return (row) => {
    const values: RowValue[] = []
    for (const read of readers) {
      const value = read(row)
      if (value === null) return null
      values.push(value)
    }
    return apply(...values)
  }
}

import { type Column, or_, type Predicate, ValidationError } from 'rome-orm'

/** Whether the column has this value; null is equal to null. What the column could never have, no row has. */
export function equalTo(column: Column<unknown>, value: unknown): Predicate {
  if (value === null || value === undefined) return column.isNull()
  try {
    return column.eq(value)
  } catch (error) {
    if (error instanceof ValidationError) return column.in([])
    throw error
  }
}

/** Whether the column has one of these values. */
export function equalToAny(column: Column<unknown>, values: readonly unknown[]): Predicate {
  return values.length === 0 ? column.in([]) : or_(...values.map((value) => equalTo(column, value)))
}

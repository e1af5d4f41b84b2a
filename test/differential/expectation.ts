import type { ReferenceRow } from './reference.js'

/** What the two sides disagree about. */
export class Difference extends Error {
  readonly expected: readonly string[]
  readonly actual: readonly string[]

  constructor(message: string, expected: readonly string[], actual: readonly string[]) {
    super(message)
    this.expected = expected
    this.actual = actual
  }
}

/** How many of `total` rows a limit and an offset leave. */
export function windowSize(total: number, limit: number | undefined, offset: number): number {
  return Math.max(0, Math.min(limit ?? Number.POSITIVE_INFINITY, total - offset))
}

/**
 * Checks results against all rows in order. Rows that the order does not tell apart may come in any order; a window
 * that cuts through such a group may hold any of its rows, each as often as it is there.
 */
export function expectWindow(
  all: readonly ReferenceRow[],
  limit: number | undefined,
  offset: number,
  actual: readonly string[],
): void {
  const size = windowSize(all.length, limit, offset)
  const fail = (message: string): never => {
    throw new Difference(
      message,
      all.slice(offset, offset + size).map(({ row, tie }) => `${tie}: ${row}`),
      actual,
    )
  }
  if (actual.length !== size) fail(`${size} rows expected, ${actual.length} given`)
  let position = 0
  while (position < size) {
    const { tie } = all[offset + position]
    const group = all.filter((row) => row.tie === tie)
    const left = new Map<string, number>()
    for (const { row } of group) left.set(row, (left.get(row) ?? 0) + 1)
    while (position < size && all[offset + position].tie === tie) {
      const row = actual[position]
      const times = left.get(row) ?? 0
      if (times === 0) fail(`row ${position} is not one of those that belong there: ${row}`)
      left.set(row, times - 1)
      position++
    }
  }
}

/** Checks a whole result that has one order only. */
export function expectExactly(what: string, expected: readonly string[], actual: readonly string[]): void {
  const isSame = expected.length === actual.length && expected.every((row, position) => row === actual[position])
  if (!isSame) throw new Difference(`${what} is not as expected`, expected, actual)
}

export function expectEqual(what: string, expected: unknown, actual: unknown): void {
  if (expected !== actual) throw new Difference(`${what} is not as expected`, [String(expected)], [String(actual)])
}

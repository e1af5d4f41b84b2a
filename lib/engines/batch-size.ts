const first = 32
const largest = 1000

/** How many entries the first batch of a scan should hold. */
export function firstBatchSize(expected: number | undefined): number {
  return expected === undefined ? first : Math.min(Math.max(Math.ceil(expected), 1), largest)
}

/** A batch of `size` that holds no more than the caller may take, and one entry at least. */
export function sizeWithin(size: number, most: (() => number) | undefined): number {
  return most === undefined ? size : Math.max(1, Math.min(size, most()))
}

/** How many entries to read after a batch of `size`: a caller who goes on is likely to go on for long. */
export function nextBatchSize(size: number): number {
  return Math.min(Math.max(size * 4, first), largest)
}

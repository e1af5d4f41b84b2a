import { UsageError } from '../errors/rome-error.js'

/** Things one after the other, at once or as they come. */
export type Items<T> = Iterable<T> | AsyncIterable<T>

/** So many are held at once. */
export const portionSize = 1000

/** Groups items as they come. @throws UsageError `ROME_ARGUMENT`, `ROME_UNDEFINED` for what is no collection. */
export async function* portions<T>(items: Items<T>): AsyncIterable<readonly T[]> {
  if (typeof items !== 'object' || items === null) {
    throw new UsageError(
      items === undefined ? 'ROME_UNDEFINED' : 'ROME_ARGUMENT',
      'give an array, another iterable, or an async iterable',
    )
  }
  let portion: T[] = []
  if (Symbol.asyncIterator in items) {
    for await (const item of items) {
      portion.push(item)
      if (portion.length < portionSize) continue
      yield portion
      portion = []
    }
  } else if (Symbol.iterator in items) {
    for (const item of items) {
      portion.push(item)
      if (portion.length < portionSize) continue
      yield portion
      portion = []
    }
  } else throw new UsageError('ROME_ARGUMENT', 'give an array, another iterable, or an async iterable')
  if (portion.length > 0) yield portion
}

/**
 * A value that is there now, or later. Reading stays synchronous as long as its source is in memory:
 * a promise per row would cost more than the row.
 */
export type MaybePromise<T> = T | Promise<T>

/** Whether `value` has to be awaited. Only promises of this realm are ever handed around inside Rome. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise
}

/** Applies `next` now when `value` is there, else when it arrives. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** What `work` makes of each item, begun for all at once. When it fails for one, nobody waits for the others. */
export function mapAll<T, R>(items: readonly T[], work: (item: T) => MaybePromise<R>): MaybePromise<R[]> {
  const results: MaybePromise<R>[] = []
  try {
    for (const item of items) results.push(work(item))
  } catch (error) {
    // Those that were begun may fail too: this failure stands for all.
    for (const result of results) if (isPromise(result)) result.catch(() => undefined)
    throw error
  }
  return results.some(isPromise) ? Promise.all(results) : (results as R[])
}

/**
 * Calls `step` until it returns `false`, and goes on without a promise for as long as steps are synchronous.
 * It neither recurses nor builds promise chains, however many steps there are.
 */
export function repeat(step: () => MaybePromise<boolean>): MaybePromise<void> {
  for (;;) {
    const more = step()
    if (more instanceof Promise) return repeatAsync(more, step)
    if (!more) return undefined
  }
}

async function repeatAsync(first: Promise<boolean>, step: () => MaybePromise<boolean>): Promise<void> {
  let more = await first
  while (more) more = await step()
}

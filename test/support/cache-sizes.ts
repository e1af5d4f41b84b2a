import fc from 'fast-check'

/**
 * The sizes of the cache that must not be told apart by any answer: none, one in which rows and entries come and go all
 * the time, and one for everything.
 */
export const cacheSizes: readonly [off: number, tiny: number, large: number] = [0, 3000, 64 * 1024 * 1024]

/** One of them, in runs of random tests. */
export const cacheSize = fc.constantFrom(...cacheSizes)

import { memory } from '../../lib/engines/memory/index.js'
import { cacheSizes } from '../support/cache-sizes.js'
import type { StoreKind } from './store.js'

/** The size of the cache of one of the stores of a world: each world has two sizes, and three worlds have all pairs. */
export function cacheBytesOf(world: number, store: number): number {
  return cacheSizes[(world + store) % cacheSizes.length]
}

/** Memory with the indexes of the models, and with those only that are rules. */
export function memoryStores(world: number): readonly StoreKind[] {
  return [true, false].map((isIndexed, store) => ({
    name: `memory ${isIndexed ? 'with' : 'without'} indexes, cache ${cacheBytesOf(world, store)}`,
    isIndexed,
    cacheBytes: cacheBytesOf(world, store),
    isLasting: false,
    openEngine: () => memory(),
  }))
}

/** The same, asked by prepared queries that were planned with other constants. */
export function preparedStores(world: number): readonly StoreKind[] {
  return memoryStores(world).map((store) => ({ ...store, name: `${store.name}, prepared`, isPrepared: true }))
}

/** The same, whose plans were kept of the same queries with other constants. */
export function memoisedStores(world: number): readonly StoreKind[] {
  return memoryStores(world).map((store) => ({ ...store, name: `${store.name}, memoised`, isMemoised: true }))
}

import { memory } from '../../lib/engines/memory/index.js'
import type { StoreKind } from './store.js'

/** Room for a few rows, which come and go all the time. */
export const smallCache = 3000
/** Room for everything. */
export const largeCache = 64 * 1024 * 1024

/** Memory with the indexes of the models, and with those only that are rules. */
export const memoryStores: readonly StoreKind[] = [true, false].map((isIndexed) => ({
  name: `memory ${isIndexed ? 'with' : 'without'} indexes`,
  isIndexed,
  cacheBytes: isIndexed ? largeCache : smallCache,
  isLasting: false,
  openEngine: () => memory(),
}))

/** The same, asked by prepared queries that were planned with other constants. */
export const preparedStores: readonly StoreKind[] = memoryStores.map((store) => ({
  ...store,
  name: `${store.name}, prepared`,
  cacheBytes: store.isIndexed ? smallCache : 0,
  isPrepared: true,
}))

/** The same, whose plans were kept of the same queries with other constants. */
export const memoisedStores: readonly StoreKind[] = memoryStores.map((store) => ({
  ...store,
  name: `${store.name}, memoised`,
  isMemoised: true,
}))

import { memory } from '../../lib/engines/memory/index.js'
import type { StoreKind } from './store.js'

/** Memory with the indexes of the models, and with those only that are rules. */
export const memoryStores: readonly StoreKind[] = [true, false].map((isIndexed) => ({
  name: `memory ${isIndexed ? 'with' : 'without'} indexes`,
  isIndexed,
  isLasting: false,
  openEngine: () => memory(),
}))

/** The same, asked by prepared queries that were planned with other constants. */
export const preparedStores: readonly StoreKind[] = memoryStores.map((store) => ({
  ...store,
  name: `${store.name}, prepared`,
  isPrepared: true,
}))

import { memoryStores } from './memory-stores.js'
import { runWorlds } from './run-worlds.js'
import { reading } from './world.js'

runWorlds('queries give what SQLite gives, with indexes and without', {
  questions: 12_000,
  questionsPerWorld: 100,
  habits: reading,
  storesOf: () => memoryStores,
})

import { reading } from './life.js'
import { memoryStores } from './memory-stores.js'
import { runWorlds } from './run-worlds.js'

runWorlds('queries give what SQLite gives, with indexes and without', {
  questions: 3_000,
  questionsPerWorld: 100,
  habits: reading,
  storesOf: memoryStores,
})

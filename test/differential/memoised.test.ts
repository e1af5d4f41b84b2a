import { reading } from './life.js'
import { memoisedStores } from './memory-stores.js'
import { runWorlds } from './run-worlds.js'

runWorlds('queries that were asked with other constants before give what SQLite gives, by the same plans', {
  questions: 400,
  questionsPerWorld: 100,
  habits: reading,
  storesOf: memoisedStores,
})

import { reading } from './life.js'
import { preparedStores } from './memory-stores.js'
import { runWorlds } from './run-worlds.js'

runWorlds('queries that were planned with other constants give what SQLite gives, and say the same of their plans', {
  questions: 600,
  questionsPerWorld: 100,
  habits: reading,
  storesOf: preparedStores,
})

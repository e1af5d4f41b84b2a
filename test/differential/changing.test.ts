import { changing } from './life.js'
import { memoryStores } from './memory-stores.js'
import { runWorlds } from './run-worlds.js'

runWorlds('queries between changes, commits and rollbacks give what SQLite gives', {
  questions: 2_000,
  questionsPerWorld: 100,
  habits: changing,
  storesOf: memoryStores,
})

import { asking } from './life.js'
import { memoryStores } from './memory-stores.js'
import { runWorlds } from './run-worlds.js'

runWorlds('within a default scope queries give what they give over a table of the rows in scope alone', {
  questions: 1_000,
  questionsPerWorld: 100,
  habits: asking,
  isScoped: true,
  storesOf: memoryStores,
})

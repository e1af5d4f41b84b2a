import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { seed } from '../support/seed.js'
import { runWorlds } from './run-worlds.js'
import type { StoreKind } from './store.js'

const questions = Number(process.env.ROME_DIFFERENTIAL_QUERIES ?? 20_000)

const kinds: readonly StoreKind[] = [true, false].map((isIndexed) => ({
  name: `memory ${isIndexed ? 'with' : 'without'} indexes`,
  isIndexed,
  isLasting: false,
  openEngine: () => memory(),
}))

t.test('queries give on memory what SQLite gives, with indexes and without', async (t) => {
  await runWorlds(t, { seed, questions, questionsPerWorld: 100, storesOf: () => kinds })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runWorlds } from './run-worlds.js'
import type { StoreKind } from './store.js'

const questions = Number(process.env.ROME_DIFFERENTIAL_QUERIES ?? 12_000) / 10

t.test('queries give on LevelDB what SQLite gives, with one partition and with four', async (t) => {
  const root = temporaryDirectory(t)
  // Each life of a world has directories of its own.
  const storesOf = (world: number): readonly StoreKind[] => [
    storeKind(root, 1, world % 4 !== 0),
    storeKind(root, 4, world % 4 !== 1),
  ]
  await runWorlds(t, { seed, questions, questionsPerWorld: 150, storesOf })
})

function storeKind(root: string, partitions: number, isIndexed: boolean): StoreKind {
  const directory = mkdtempSync(join(root, 'store-'))
  return {
    name: `level, ${partitions} partitions, ${isIndexed ? 'with' : 'without'} indexes`,
    isIndexed,
    isLasting: true,
    openEngine: () => level(directory, { partitions, durability: 'os' }),
    remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }),
  }
}

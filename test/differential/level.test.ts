import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { changing } from './life.js'
import { cacheBytesOf } from './memory-stores.js'
import { runWorlds } from './run-worlds.js'
import type { StoreKind } from './store.js'

const root = temporaryDirectory(t)

runWorlds('queries give on LevelDB what SQLite gives, with one partition and with four', {
  questions: 500,
  questionsPerWorld: 150,
  habits: changing,
  storesOf: (world) => [
    storeKind(1, world % 4 !== 0, cacheBytesOf(world, 0)),
    storeKind(4, world % 4 !== 1, cacheBytesOf(world, 1)),
  ],
})

/** Each life of a world has a directory of its own. */
function storeKind(partitions: number, isIndexed: boolean, cacheBytes: number): StoreKind {
  const directory = mkdtempSync(join(root, 'store-'))
  return {
    name: `level, ${partitions} partitions, ${isIndexed ? 'with' : 'without'} indexes, cache ${cacheBytes}`,
    isIndexed,
    cacheBytes,
    isLasting: true,
    openEngine: () => level(directory, { partitions, durability: 'os' }),
    remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }),
  }
}

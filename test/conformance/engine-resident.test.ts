import { join } from 'node:path'
import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { engineSuite } from '../../lib/engines/suite/index.js'
import { cacheSizes } from '../support/cache-sizes.js'
import { ResidentEngine } from '../support/resident-engine.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

// What is read from memory keeps all that engines promise. Without a cache it is the engine itself that is read.

const [, tiny, large] = cacheSizes
const root = temporaryDirectory(t)
let stores = 0
const test = (title: string, run: () => Promise<void>) => t.test(title, run)

for (const bytes of [tiny, large]) {
  engineSuite({ test, name: `memory, cache ${bytes}`, factory: () => new ResidentEngine(memory(), bytes), seed })
}

const bytes = seed % 2 === 0 ? tiny : large
const directories = new Map<Engine, string>()
function open(directory: string): Engine {
  const engine = new ResidentEngine(level(directory, { partitions: 2, durability: 'os' }), bytes)
  directories.set(engine, directory)
  return engine
}
engineSuite({
  test,
  name: `level, cache ${bytes}`,
  factory: () => open(join(root, `store-${++stores}`)),
  reopen: (closed) => open(directories.get(closed) as string),
  seed,
})

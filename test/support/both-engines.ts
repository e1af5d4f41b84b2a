import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { temporaryDirectory } from './temporary-directory.js'

/** One test, on memory and on LevelDB, which answers later. */
export function onBothEngines(title: string, work: (test: typeof t, engine: Engine) => Promise<void>): void {
  t.test(`${title}, on memory`, (test) => work(test as typeof t, memory()))
  t.test(`${title}, on level`, (test) =>
    work(test as typeof t, level(temporaryDirectory(test), { partitions: 2, durability: 'os' })),
  )
}

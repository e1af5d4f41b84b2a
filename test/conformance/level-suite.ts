import { join } from 'node:path'
import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import type { LevelInternals, LevelOptions } from '../../lib/engines/level/level-options.js'
import { engineSuite } from '../../lib/engines/suite/index.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const root = temporaryDirectory(t)
let stores = 0

/** Runs the conformance suite over LevelDB partitions with these options. */
export function levelSuite(name: string, options: LevelOptions, internals: Partial<LevelInternals> = {}): void {
  const directories = new Map<Engine, string>()
  const make = (directory: string) => {
    const engine = new LevelEngine(directory, options, internals)
    directories.set(engine, directory)
    return engine
  }
  engineSuite({
    test: (title, run) => t.test(title, run),
    name,
    factory: () => make(join(root, `store-${++stores}`)),
    reopen: (closed) => make(directories.get(closed) as string),
    seed,
  })
}

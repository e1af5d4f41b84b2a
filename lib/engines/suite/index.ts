import { changesGroup } from './changes-group.js'
import { commitGroup } from './commit-group.js'
import { conflictGroup } from './conflict-group.js'
import { lifecycleGroup } from './lifecycle-group.js'
import { randomGroup } from './random-group.js'
import { readGroup } from './read-group.js'
import { snapshotGroup } from './snapshot-group.js'
import { createContext, type EngineSuiteOptions } from './suite-context.js'

export type {
  Batch,
  ChangesOptions,
  CommitListener,
  CommitOutcome,
  CommitRequest,
  CommittedChanges,
  Durability,
  Engine,
  EngineManifest,
  EngineSnapshot,
  Key,
  KeyRange,
  Scan,
  ScanOptions,
  Version,
  Write,
} from '../contract.js'
export type { EngineSuiteOptions } from './suite-context.js'

/**
 * Defines the tests that every engine passes: it may call itself an engine of Rome when all do.
 *
 * @example
 * ```ts
 * import { test } from 'node:test'
 * import { memory } from 'rome-orm/engines/memory'
 * import { engineSuite } from 'rome-orm/engines/suite'
 *
 * engineSuite({ test, name: 'memory', factory: () => memory() })
 * ```
 */
export function engineSuite(options: EngineSuiteOptions): void {
  const context = createContext(options)
  const groups = [readGroup, snapshotGroup, conflictGroup, commitGroup, changesGroup, lifecycleGroup, randomGroup]
  for (const group of groups) group(context)
}

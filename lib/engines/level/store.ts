import { join } from 'node:path'
import type { Outcomes } from '../outcomes.js'
import type { CommitLog, HeaderContent } from './commit-log.js'
import { type StoreIdentity, storeFormat } from './identity.js'
import type { Partition } from './partition.js'

/** A store that is open: locked, recovered, and with nothing in its log that the partitions do not have. */
export interface OpenStore {
  readonly directory: string
  readonly identity: StoreIdentity
  readonly partitions: readonly Partition[]
  readonly log: CommitLog
  readonly outcomes: Outcomes
  /** Nothing was ever committed to it. */
  readonly isNew: boolean
}

/** What a new segment of a store's log says. */
export function headerContent(identity: StoreIdentity, outcomes: Outcomes): HeaderContent {
  return { format: storeFormat, store: identity.store, outcomes: [...outcomes.entries()], horizon: outcomes.horizon }
}

/** Where the commit log lies. */
export function logDirectoryOf(root: string): string {
  return join(root, 'log')
}

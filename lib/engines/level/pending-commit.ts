import type { Version, Write } from '../contract.js'

/** A published commit that the partitions do not have yet. */
export interface PendingCommit {
  readonly version: Version
  readonly writes: readonly Write[]
  /** An estimate of the memory it takes. */
  readonly bytes: number
}

/** What a write takes beside its key and value. */
const writeBytes = 100

/** A commit with this many bytes of keys and values. */
export function pendingCommit(version: Version, writes: readonly Write[], contentBytes: number): PendingCommit {
  return { version, writes, bytes: contentBytes + writeBytes * writes.length }
}

/** What an engine counts about itself, for tests, plans and operators of a store. */
export class EngineStatistics {
  commits = 0
  /** Commits that were written together count as one group. */
  groups = 0
  /** Times the log was forced to stable storage. */
  syncs = 0
  gets = 0
  scans = 0
  keysScanned = 0
  /** Bytes of values given out. */
  bytesRead = 0
  liveSnapshots = 0
  liveScans = 0
}

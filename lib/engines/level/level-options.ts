import { Level } from 'level'
import { UsageError } from '../../errors/rome-error.js'
import { type KeepLog, keepLogBytesDefault } from '../change-feed.js'
import type { LevelDatabase } from './level-database.js'
import { type LogFiles, nodeLogFiles } from './log-files.js'

/** Options of {@link level}. */
export interface LevelOptions {
  /** How many LevelDBs a new store has; an existing one must have as many. What is stored, or 1, when absent. */
  readonly partitions?: number
  /**
   * When a commit that does not say otherwise is acknowledged: `commit` (the default), after it was synced and so
   * survives a power cut; `os`, after the operating system has it and so it survives a killed process.
   */
  readonly durability?: 'commit' | 'os'
  /** A directory for each partition, for example on separate disks. Inside the store's directory when absent. */
  readonly paths?: readonly string[]
  /**
   * Whether opening checks every block of every table file, and refuses a store with a damaged one: LevelDB would not
   * notice, and could miss keys. Reads the whole store once, some hundred MB/s; not done by default.
   */
  readonly checksTables?: boolean
  /**
   * How much of the log stays for feeds when the store no longer needs it, so that one that was away can go on: at
   * least so many bytes, and up to a segment (8 MiB) more. They are checked at open. 4 MiB when absent.
   */
  readonly keepLog?: KeepLog
  /** Makes a partition's database from its directory: any `abstract-level` with snapshots. LevelDB when absent. */
  readonly factory?: (location: string) => LevelDatabase
}

/** What tests set otherwise. */
export interface LevelInternals {
  readonly logFiles: LogFiles
  /** A log segment of this size is closed and a new one begun. */
  readonly segmentBytes: number
  /** What {@link LevelOptions.keepLog} says. */
  readonly keepLogBytes: number
  /** So much log is written between two checkpoints: it bounds what is replayed at open. */
  readonly checkpointBytes: number
  /** The overlay's size at which a new base is taken. */
  readonly overlayBytes: number
  /** How far the partitions may be behind before commits wait for them. */
  readonly backlogBytes: number
  /** The partitions are brought up to date at once when they are behind by this much … */
  readonly applyBytes: number
  /** … and after this time, in milliseconds, when by less. */
  readonly applyDelayMs: number
}

const mebibyte = 1024 * 1024

export const defaultInternals: LevelInternals = Object.freeze({
  logFiles: nodeLogFiles,
  segmentBytes: 8 * mebibyte,
  keepLogBytes: keepLogBytesDefault,
  checkpointBytes: 32 * mebibyte,
  overlayBytes: 4 * mebibyte,
  backlogBytes: 16 * mebibyte,
  applyBytes: mebibyte / 2,
  applyDelayMs: 20,
})

const partitionsMax = 1024

/** @throws UsageError `ROME_ARGUMENT` */
export function checkLevelOptions(directory: string, options: LevelOptions): void {
  const { partitions, durability, paths, factory, checksTables, keepLog } = options
  if (typeof directory !== 'string' || directory === '') {
    throw new UsageError('ROME_ARGUMENT', 'Give the path of the directory of the store.', { context: { directory } })
  }
  if (partitions !== undefined) checkPartitions(partitions)
  if (durability !== undefined && durability !== 'commit' && durability !== 'os') {
    throw new UsageError('ROME_ARGUMENT', "Give the durability 'commit' or 'os'.", { context: { durability } })
  }
  if (checksTables !== undefined && typeof checksTables !== 'boolean') {
    throw new UsageError('ROME_ARGUMENT', 'Say by true or false whether opening checks the table files.', {
      context: { checksTables },
    })
  }
  if (keepLog !== undefined && !(Number.isSafeInteger(keepLog.bytes) && keepLog.bytes >= 0)) {
    throw new UsageError('ROME_ARGUMENT', 'Give the bytes of the log to keep, 0 or more.', { context: { keepLog } })
  }
  if (factory !== undefined && typeof factory !== 'function') {
    throw new UsageError('ROME_ARGUMENT', 'Give a function as factory: it gets a directory, it gives a database.')
  }
  if (paths === undefined) return
  checkPartitions(paths.length)
  if (partitions !== undefined && partitions !== paths.length) {
    throw new UsageError('ROME_ARGUMENT', 'Give as many paths as partitions.', {
      context: { partitions, paths: paths.length },
    })
  }
  if (new Set(paths).size !== paths.length || paths.some((path) => typeof path !== 'string' || path === '')) {
    throw new UsageError('ROME_ARGUMENT', 'Give each partition a directory of its own.', { context: { paths } })
  }
}

/** @throws UsageError `ROME_ARGUMENT` */
export function checkPartitions(partitions: number): void {
  if (Number.isInteger(partitions) && partitions >= 1 && partitions <= partitionsMax) return
  throw new UsageError('ROME_ARGUMENT', 'Give a number of partitions from 1 to 1024.', { context: { partitions } })
}

/** LevelDB: in Node `level` is classic-level, whose methods beyond the common part the engine checks for. */
export function makeLevel(location: string): LevelDatabase {
  return new Level<Buffer, Buffer>(location, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
}

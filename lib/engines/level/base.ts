import type { Version } from '../contract.js'
import { bytesOnly, type LevelDatabaseSnapshot, type LevelReadOptions } from './level-database.js'
import type { Partition } from './partition.js'

/** A database as it was when a base was taken. */
export interface BasePartition {
  readonly partition: Partition
  readonly snapshot: LevelDatabaseSnapshot
  /** Prepared, because it is given with every read. */
  readonly readOptions: LevelReadOptions
}

/**
 * The partitions as they were at one version, when nothing later had been applied to any of them. Shared by all
 * snapshots taken while it is the newest base, and by the overlay; released by the last of them.
 */
export class Base {
  readonly version: Version
  readonly partitions: readonly BasePartition[]
  /** No partition holds anything: a new store, whose data is all in the overlay. */
  readonly isEmpty: boolean
  #holders = 1

  constructor(version: Version, partitions: readonly Partition[], isEmpty: boolean) {
    this.version = version
    this.isEmpty = isEmpty
    this.partitions = partitions.map((partition) => {
      const snapshot = partition.snapshot()
      return { partition, snapshot, readOptions: Object.freeze({ ...bytesOnly, snapshot }) }
    })
  }

  retain(): this {
    this.#holders++
    return this
  }

  release(): void {
    if (--this.#holders > 0) return
    // Closing waits by itself for reads under way, and has no way to fail that would matter to anybody.
    for (const { snapshot } of this.partitions) snapshot.close().catch(() => undefined)
  }
}

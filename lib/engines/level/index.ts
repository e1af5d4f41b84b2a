import { LevelEngine } from './level-engine.js'
import type { LevelOptions } from './level-options.js'

export { type DamagedTable, damagedTables } from './damaged-tables.js'
export type { LevelDatabase } from './level-database.js'
export { LevelEngine } from './level-engine.js'
export type { LevelOptions } from './level-options.js'
export { type RepartitionOptions, repartition } from './repartition.js'

/**
 * A store in LevelDB partitions under one directory, which is created when it is missing or empty.
 *
 * One process has it open at a time. A commit is atomic over all partitions and survives the process being killed at
 * any instant; with durability `commit`, the default, a power cut too.
 *
 * @example
 * ```ts
 * import { Rome } from 'rome-orm'
 * import { level } from 'rome-orm/engines/level'
 *
 * const rome = await Rome.open({ engine: level('data/images', { partitions: 4 }) })
 * await rome.close()
 * ```
 */
export function level(directory: string, options: LevelOptions = {}): LevelEngine {
  return new LevelEngine(directory, options)
}

import { MemoryEngine, type MemoryOptions } from './memory-engine.js'

export { MemoryDump, MemoryEngine, type MemoryOptions } from './memory-engine.js'

/**
 * A store in memory, for tests and for data that may be lost.
 *
 * @example
 * ```ts
 * import { Rome } from 'rome-orm'
 * import { memory } from 'rome-orm/engines/memory'
 *
 * const rome = await Rome.open({ engine: memory() })
 * await rome.close()
 * ```
 */
export function memory(options: MemoryOptions = {}): MemoryEngine {
  return new MemoryEngine(options)
}

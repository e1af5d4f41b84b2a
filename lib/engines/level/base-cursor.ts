import { type Key, type KeyRange, keyFromBytes, keyToBytes } from '../../codec/key.js'
import type { BasePartition } from './base.js'
import type { LevelIterator } from './level-database.js'
import { engineError } from './level-errors.js'

/** What is read from a database at a time at most, whatever the number of entries. */
const batchBytesMax = 1024 * 1024

/** The entries of a range in one partition of a base, read ahead in batches. */
export class BaseCursor {
  /** What was read; {@link BaseCursor.position} is the next to be taken. */
  keys: Key[] = []
  values: Buffer[] = []
  position = 0
  readonly #partition: BasePartition
  readonly #range: KeyRange
  readonly #reverse: boolean
  #iterator: LevelIterator | undefined
  #hasEnded = false
  #filling: Promise<void> | undefined
  /** A database that failed may say later that it has reached the end: the failure stays. */
  #failure: unknown

  constructor(partition: BasePartition, range: KeyRange, reverse: boolean) {
    this.#partition = partition
    this.#range = range
    this.#reverse = reverse
  }

  /** Whether all that was read has been taken, and there may be more. */
  get needsFill(): boolean {
    return this.position === this.keys.length && !this.#hasEnded
  }

  /** Reads the next entries. Begun early, it goes on while what was read before is worked on. */
  fill(size: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#filling ??= this.#read(size).finally(() => {
      this.#filling = undefined
    })
    return this.#filling
  }

  async close(): Promise<void> {
    this.#hasEnded = true
    const iterator = this.#iterator
    this.#iterator = undefined
    // The database waits by itself for a read under way.
    await iterator?.close()
  }

  async #read(size: number): Promise<void> {
    try {
      const iterator = this.#open()
      const entries = await iterator.nextv(size)
      if (entries.length === 0) {
        this.keys = []
        this.values = []
        this.position = 0
        await this.close()
        return
      }
      const keys: Key[] = new Array(entries.length)
      const values: Buffer[] = new Array(entries.length)
      for (let index = 0; index < entries.length; index++) {
        const [key, value] = entries[index] as [Buffer, Buffer]
        keys[index] = keyFromBytes(key)
        values[index] = value
      }
      this.keys = keys
      this.values = values
      this.position = 0
    } catch (error) {
      this.#failure = engineError(error, 'scanning a partition', { location: this.#partition.partition.location })
      throw this.#failure
    }
  }

  #open(): LevelIterator {
    this.#iterator ??= this.#partition.partition.database.iterator({
      ...this.#partition.readOptions,
      gte: keyToBytes(this.#range.start),
      lt: keyToBytes(this.#range.end),
      reverse: this.#reverse,
      highWaterMarkBytes: batchBytesMax,
    })
    return this.#iterator
  }
}

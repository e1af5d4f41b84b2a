import { keyToBytes } from '../../codec/key.js'
import { CorruptionError, EngineError, InternalError } from '../../errors/rome-error.js'
import type { Version, Write } from '../contract.js'
import { firstKey } from '../placement.js'
import { bytesOnly, type LevelBatch, type LevelDatabase, type LevelDatabaseSnapshot } from './level-database.js'
import { engineError } from './level-errors.js'
import { openJson, sealJson } from './sealed-json.js'

/** What a partition says about itself, under a key before all others. */
export interface PartitionMark {
  readonly store: string
  readonly generation: number
  readonly partition: number
  readonly partitions: number
  /** Every commit up to this version is in synced table files. */
  readonly checkpoint: Version
}

const markKey = Buffer.from('\0rome/mark')
const appliedKey = Buffer.from('\0rome/applied')
const witnessKey = (version: Version): Buffer => Buffer.from(`\0rome/witness/${version}`)
/** Behind every key that is likely to exist, so that compacting from here to here only flushes. */
const behindAllKeys = Buffer.alloc(64, 0xff)

const empty = Buffer.alloc(0)
const unsynced = Object.freeze({ sync: false })
const synced = Object.freeze({ sync: true })

/** One database of a store, with its marks. */
export class Partition {
  readonly location: string
  readonly #makeDatabase: (location: string) => LevelDatabase
  #database: LevelDatabase | undefined
  #mark: PartitionMark | undefined

  constructor(location: string, makeDatabase: (location: string) => LevelDatabase) {
    this.location = location
    this.#makeDatabase = makeDatabase
  }

  /** There once it is being opened. */
  get database(): LevelDatabase {
    if (this.#database === undefined) throw new InternalError('ROME_INTERNAL', 'A partition is used before it is open.')
    return this.#database
  }

  /** @throws EngineError `ROME_LOCKED`, `ROME_ENGINE`; CorruptionError `ROME_CORRUPT` */
  async open(createIfMissing: boolean): Promise<void> {
    // A database opens itself, with options of its own, unless it is told to in the turn in which it was made.
    this.#database = this.#makeDatabase(this.location)
    try {
      await this.#database.open({ createIfMissing })
    } catch (error) {
      throw engineError(error, 'opening a partition', { location: this.location })
    }
  }

  /** @throws EngineError `ROME_STORE_LAYOUT` when the database holds something, other than a mark of this store. */
  async requireEmpty(store?: string): Promise<void> {
    const found = (await this.#readJson(markKey)) as PartitionMark | undefined
    if ((found === undefined || found.store === store) && !(await this.#holdsData())) return
    throw new EngineError(
      'ROME_STORE_LAYOUT',
      'The directory of a partition holds another database; give an empty one.',
      {
        context: { location: this.location },
      },
    )
  }

  /** Makes a database a partition that is complete up to the version of the mark. */
  async initialise(mark: PartitionMark): Promise<void> {
    this.#mark = mark
    await this.#writeMark(mark)
  }

  /**
   * Checks that this is the partition that is expected here, and that its table files are not older than its mark.
   * Answers the version up to which it is complete, and the newest it has anything of.
   * @throws CorruptionError `ROME_CORRUPT`
   */
  async check(expected: Omit<PartitionMark, 'checkpoint'>): Promise<{ checkpoint: Version; applied: Version }> {
    const mark = (await this.#readJson(markKey)) as PartitionMark | undefined
    if (mark === undefined) throw this.#damaged('the partition has lost its content')
    if (
      mark.store !== expected.store ||
      mark.generation !== expected.generation ||
      mark.partition !== expected.partition ||
      mark.partitions !== expected.partitions
    ) {
      throw this.#damaged('this is another partition', { found: mark, expected })
    }
    const witness = await this.#read(witnessKey(mark.checkpoint))
    if (witness === undefined) throw this.#damaged('table files are missing', { checkpoint: mark.checkpoint })
    const applied = await this.#readJson(appliedKey)
    this.#mark = mark
    return { checkpoint: mark.checkpoint, applied: typeof applied === 'number' ? applied : mark.checkpoint }
  }

  /** Applies writes, in order, that are complete up to `version`. */
  async apply(writes: readonly Write[], version: Version): Promise<void> {
    await this.write(unsynced, (batch) => {
      for (const { key, value } of writes) {
        if (value === undefined) batch.del(keyToBytes(key), bytesOnly)
        else batch.put(keyToBytes(key), asBuffer(value), bytesOnly)
      }
      batch.put(appliedKey, sealJson(version), bytesOnly)
    })
  }

  /** Writes what `fill` puts into a batch. */
  async write(options: { readonly sync: boolean }, fill: (batch: LevelBatch) => void): Promise<void> {
    try {
      const batch = this.database.batch()
      fill(batch)
      await batch.write(options)
    } catch (error) {
      throw engineError(error, 'writing a partition', { location: this.location })
    }
  }

  /**
   * Makes all that was applied, up to `version`, independent of the database's own log, and then says so.
   *
   * The flush goes through `compactRange` over an empty range. It does not report a failure; the write that follows
   * does, because a database that could not flush refuses all later writes. The witness, flushed together with the
   * data, tells at the next open whether the database has forgotten the flush.
   */
  async checkpoint(version: Version): Promise<void> {
    const mark = this.#mark
    if (mark === undefined || mark.checkpoint === version) return
    await this.#writeMark({ ...mark, checkpoint: version }, witnessKey(mark.checkpoint))
    this.#mark = { ...mark, checkpoint: version }
  }

  snapshot(): LevelDatabaseSnapshot {
    return this.database.snapshot()
  }

  async close(): Promise<void> {
    await this.#database?.close()
  }

  async #holdsData(): Promise<boolean> {
    const iterator = this.database.iterator({ ...bytesOnly, gte: keyToBytes(firstKey) })
    try {
      return (await iterator.nextv(1)).length > 0
    } finally {
      await iterator.close()
    }
  }

  async #writeMark(mark: PartitionMark, oldWitness?: Buffer): Promise<void> {
    await this.write(unsynced, (batch) => batch.put(witnessKey(mark.checkpoint), empty, bytesOnly))
    try {
      await this.database.compactRange?.(behindAllKeys, behindAllKeys, bytesOnly)
    } catch (error) {
      throw engineError(error, 'flushing a partition', { location: this.location })
    }
    await this.write(synced, (batch) => {
      batch.put(markKey, sealJson(mark), bytesOnly)
      batch.put(appliedKey, sealJson(mark.checkpoint), bytesOnly)
      if (oldWitness !== undefined) batch.del(oldWitness, bytesOnly)
    })
  }

  async #read(key: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.database.get(key, bytesOnly)
    } catch (error) {
      throw engineError(error, 'reading a partition', { location: this.location })
    }
  }

  async #readJson(key: Buffer): Promise<unknown> {
    const sealed = await this.#read(key)
    if (sealed === undefined) return undefined
    const value = openJson(sealed)
    if (value === undefined) throw this.#damaged('its mark is damaged')
    return value
  }

  #damaged(problem: string, context: Record<string, unknown> = {}): CorruptionError {
    return new CorruptionError('ROME_CORRUPT', 'A partition is damaged; restore the store from a backup.', {
      context: { problem, location: this.location, ...context },
    })
  }
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

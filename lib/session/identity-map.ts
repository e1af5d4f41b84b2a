import type { Key } from '../codec/key.js'
import type { EntityRecord } from './entity-record.js'

/** One entity for each key. Keys of different tables differ, so one map serves all. */
export class IdentityMap {
  readonly #byKey = new Map<Key, EntityRecord>()

  get size(): number {
    return this.#byKey.size
  }

  get(key: Key): EntityRecord | undefined {
    return this.#byKey.get(key)
  }

  records(): Iterable<EntityRecord> {
    return this.#byKey.values()
  }

  set(key: Key, record: EntityRecord): void {
    this.#byKey.set(key, record)
  }

  has(record: EntityRecord): boolean {
    return record.key !== undefined && this.#byKey.get(record.key) === record
  }

  delete(record: EntityRecord): void {
    if (this.has(record)) this.#byKey.delete(record.key as Key)
  }
}

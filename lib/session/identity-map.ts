import type { Key } from '../codec/key.js'
import { idOf } from '../codec/space.js'
import type { EntityRecord } from './entity-record.js'

/** One entity for each key. Those of a table are together, so that the others need not be looked at. */
export class IdentityMap {
  /** By the id of the table, which every key tells. No map among them is empty. */
  readonly #byTable = new Map<number, Map<Key, EntityRecord>>()

  get isEmpty(): boolean {
    return this.#byTable.size === 0
  }

  get(key: Key): EntityRecord | undefined {
    return this.#byTable.get(idOf(key))?.get(key)
  }

  /** All as they are now. */
  records(): EntityRecord[] {
    const all: EntityRecord[] = []
    for (const byKey of this.#byTable.values()) for (const record of byKey.values()) all.push(record)
    return all
  }

  /** Takes all out. */
  takeAll(): readonly EntityRecord[] {
    const all = this.records()
    this.#byTable.clear()
    return all
  }

  /** Whether something is true of a record, among those of some tables or all. */
  some(test: (record: EntityRecord) => boolean, tables?: ReadonlySet<number>): boolean {
    for (const [table, byKey] of this.#byTable) {
      if (tables !== undefined && !tables.has(table)) continue
      for (const record of byKey.values()) if (test(record)) return true
    }
    return false
  }

  /** Those of which something is true. */
  filter(test: (record: EntityRecord) => boolean): EntityRecord[] {
    const found: EntityRecord[] = []
    for (const byKey of this.#byTable.values()) {
      for (const record of byKey.values()) if (test(record)) found.push(record)
    }
    return found
  }

  set(key: Key, record: EntityRecord): void {
    const table = idOf(key)
    const byKey = this.#byTable.get(table)
    if (byKey === undefined) this.#byTable.set(table, new Map([[key, record]]))
    else byKey.set(key, record)
  }

  has(record: EntityRecord): boolean {
    return record.key !== undefined && this.get(record.key) === record
  }

  delete(record: EntityRecord): void {
    const { key } = record
    if (key === undefined || !this.has(record)) return
    const table = idOf(key)
    const byKey = this.#byTable.get(table)
    byKey?.delete(key)
    if (byKey?.size === 0) this.#byTable.delete(table)
  }
}

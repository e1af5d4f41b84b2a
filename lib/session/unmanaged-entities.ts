import type { Key } from '../codec/key.js'
import type { ResultEntities } from '../query/query-session.js'
import type { RecordStore } from '../records/record-store.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import { CollectionSide, RefSide, type RelationSide } from '../schema/related/relation-side.js'
import { newEntity } from '../schema/row-mapping.js'
import { EntityRecord } from './entity-record.js'

/** Detached entities of one result. They know their rows, so that a session can take them under its care. */
export class UnmanagedEntities implements ResultEntities {
  readonly store: RecordStore
  /** Absent where no row is looked for a second time. */
  readonly #byKey: Map<Key, object> | undefined

  constructor(store: RecordStore, isShared: boolean) {
    this.store = store
    this.#byKey = isShared ? new Map() : undefined
  }

  materialise<T extends object>(table: Table<T>, row: Row): T {
    if (this.#byKey === undefined) return detachedEntity(table, row)
    const key = table.keyOfRead(row)
    // A key is of one table.
    const known = this.#byKey.get(key) as T | undefined
    if (known !== undefined) return known
    const entity = detachedEntity(table, row)
    this.#byKey.set(key, entity)
    return entity
  }

  findSettled(key: Key): object | undefined {
    return this.#byKey?.get(key)
  }

  isLoadedNow(side: RelationSide): boolean {
    return side.isLoaded && !(side instanceof CollectionSide && side.isPartial)
  }

  fill(side: RelationSide, related: readonly object[], isPartial = false): void {
    if (side instanceof RefSide) side.target = related[0] ?? null
    else if (side instanceof CollectionSide) Object.assign(side, { members: new Set(related), isPartial })
  }
}

function detachedEntity<T extends object>(table: Table<T>, row: Row): T {
  const entity = newEntity(table.schema, row)
  const record = new EntityRecord(entity, table as unknown as Table)
  record.isNew = false
  record.state = 'detached'
  record.row = row
  return entity
}

import type { Key } from '../codec/key.js'
import type { ForeignKey } from './foreign-key.js'
import type { References } from './references.js'
import type { Row } from './row.js'
import type { Table } from './table.js'

/** A written row whose foreign key must lead to a row. */
export interface Claim {
  readonly foreignKey: ForeignKey
  readonly rowKey: Key
  readonly targetKey: Key
}

/** A row that others may refer to, as it was before it was erased or soft-deleted. */
export interface Departure {
  readonly table: Table
  readonly before: Row
}

/** Notes at one moment. */
export interface SavedReferences {
  readonly claims: readonly Claim[]
  readonly departures: ReadonlyMap<Key, Departure>
}

/** What the writes of a transaction leave to be proved of its foreign keys. */
export class ReferenceNotes {
  readonly #references: References
  #claims: Claim[] = []
  #departures = new Map<Key, Departure>()

  constructor(references: References) {
    this.#references = references
  }

  get isEmpty(): boolean {
    return this.#claims.length === 0 && this.#departures.size === 0
  }

  inserted(table: Table, key: Key, row: Row): void {
    for (const foreignKey of this.#references.from(table)) this.#claim(foreignKey, key, row)
  }

  updated(table: Table, key: Key, previous: Row, next: Row): void {
    for (const foreignKey of this.#references.from(table)) {
      if (!foreignKey.isUntouched(previous, next)) this.#claim(foreignKey, key, next)
    }
    if (table.isDeleted(next) && !table.isDeleted(previous)) this.#depart(table, key, previous)
  }

  erased(table: Table, key: Key, row: Row): void {
    this.#depart(table, key, row)
  }

  takeClaims(): readonly Claim[] {
    const claims = this.#claims
    this.#claims = []
    return claims
  }

  takeDepartures(): ReadonlyMap<Key, Departure> {
    const departures = this.#departures
    this.#departures = new Map()
    return departures
  }

  /** What went is to be looked at again. */
  departAgain(departures: ReadonlyMap<Key, Departure>): void {
    this.#departures = new Map([...departures, ...this.#departures])
  }

  save(): SavedReferences {
    return { claims: [...this.#claims], departures: new Map(this.#departures) }
  }

  restore({ claims, departures }: SavedReferences): void {
    this.#claims = [...claims]
    this.#departures = new Map(departures)
  }

  #claim(foreignKey: ForeignKey, rowKey: Key, row: Row): void {
    const targetKey = foreignKey.targetKeyOf(row)
    if (targetKey !== undefined) this.#claims.push({ foreignKey, rowKey, targetKey })
  }

  /** The first of several departures of a row knows what it was before all of them. */
  #depart(table: Table, key: Key, before: Row): void {
    if (this.#references.to(table).length > 0 && !this.#departures.has(key))
      this.#departures.set(key, { table, before })
  }
}

import { index } from '../../../lib/decorators/indexes.js'
import { primaryKey } from '../../../lib/decorators/primary-key.js'
import { defineEntity } from '../../../lib/schema/define-entity.js'
import { t } from '../../../lib/values/t.js'

/** Every write gives `writer` a text of its own, so that whoever reads an item can tell which write it saw. */
export const Item = defineEntity(
  'items',
  { id: primaryKey(t.integer()), group: t.integer(), writer: t.string() },
  { indexes: [index('group')] },
)

/** An item as it was given out or stored. */
export interface ItemRow {
  readonly id: number
  readonly group: number
  readonly writer: string
}

/** What a transaction was told: of all the items, those that match and no other. */
export interface Observation {
  readonly text: string
  readonly matches: (item: ItemRow) => boolean
  readonly found: readonly ItemRow[]
}

/** All that is known of one transaction. */
export interface Transaction {
  readonly name: string
  /** When it was about to begin and when its end was known, on the clock of the history. */
  begunAt: number
  endedAt: number
  hasCommitted: boolean
  /** The version of the snapshot that the engine gave it. */
  snapshot: number
  readonly observations: Observation[]
  /** What its commit made of each item that it wrote, `undefined` for an erased one, and the version that it got. */
  installed: { readonly version: number; readonly items: ReadonlyMap<number, ItemRow | undefined> } | undefined
}

/** A transaction that has not done anything yet. */
export function newTransaction(name: string): Transaction {
  return {
    name,
    begunAt: 0,
    endedAt: 0,
    hasCommitted: false,
    snapshot: 0,
    observations: [],
    installed: undefined,
  }
}

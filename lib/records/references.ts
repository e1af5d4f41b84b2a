import type { EntitySchema } from '../schema/entity-schema.js'
import { ForeignKey } from './foreign-key.js'
import type { Table } from './table.js'

const none: readonly ForeignKey[] = []

/** The foreign keys between the tables of a store. */
export class References {
  readonly #from = new Map<Table, ForeignKey[]>()
  readonly #to = new Map<Table, ForeignKey[]>()

  /** @throws SchemaError `ROME_SCHEMA_UNKNOWN_MODEL` when a table refers to a model that `tableOf` does not know. */
  constructor(tables: Iterable<Table>, tableOf: (schema: EntitySchema) => Table) {
    for (const table of tables) {
      for (const relation of table.schema.relations) {
        const { onDelete } = relation
        if (onDelete === undefined) continue
        const foreignKey = new ForeignKey(relation, onDelete, table, tableOf(relation.target))
        addTo(this.#from, table, foreignKey)
        addTo(this.#to, foreignKey.target, foreignKey)
      }
    }
  }

  /** By which the rows of a table refer to others. */
  from(table: Table): readonly ForeignKey[] {
    return this.#from.get(table) ?? none
  }

  /** By which rows refer to those of a table. */
  to(table: Table): readonly ForeignKey[] {
    return this.#to.get(table) ?? none
  }
}

function addTo(map: Map<Table, ForeignKey[]>, table: Table, foreignKey: ForeignKey): void {
  const list = map.get(table)
  if (list === undefined) map.set(table, [foreignKey])
  else list.push(foreignKey)
}

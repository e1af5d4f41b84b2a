import { compilePredicate } from '../expressions/evaluate.js'
import type { EntitySchema } from '../schema/entity-schema.js'
import type { StoredTable } from './catalogue.js'
import { columnOfRow, type Row } from './row.js'
import { RowFormat } from './row-format.js'
import { TableIndex } from './table-index.js'

/** A check with its compiled predicate: unknown passes, as in SQL. */
interface BoundCheck {
  readonly name: string
  readonly holds: (row: Row) => boolean | null
}

/** A model bound to its numeric ids in one store: the format of its rows, its indexes and its checks. */
export class Table<T extends object = object> extends RowFormat<T> {
  readonly indexes: readonly TableIndex[]
  readonly checks: readonly BoundCheck[]

  constructor(schema: EntitySchema<T>, stored: StoredTable) {
    super(schema, stored)
    this.indexes = schema.indexes.map((definition) => new TableIndex(this, definition, stored.indexes[definition.name]))
    this.checks = schema.checks.map((check) => ({
      name: check.name,
      holds: compilePredicate<Row>(check.predicate, columnOfRow),
    }))
  }
}

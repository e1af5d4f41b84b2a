import { type Key, type KeyRange, prefixRange } from '../codec/key.js'
import { ConstraintError } from '../errors/rome-error.js'
import type { OnDelete, RelationColumns, RelationDefinition } from '../schema/entity-schema.js'
import { servesKey } from '../schema/foreign-key-indexes.js'
import type { RowValue } from '../values/column-type.js'
import type { Row } from './row.js'
import type { Table } from './table.js'
import type { TableIndex } from './table-index.js'

/** A foreign key bound to the tables at its two ends. */
export class ForeignKey {
  /** Of the relation. */
  readonly name: string
  /** Its rows refer to others. */
  readonly table: Table
  /** Its rows are referred to. */
  readonly target: Table
  readonly onDelete: OnDelete
  /** Where the referring rows are found; the rows themselves when the primary key begins with the foreign key. */
  readonly index: TableIndex | undefined
  /** In the order of the target's primary key. */
  readonly #columns: readonly RelationColumns[]

  constructor(relation: RelationDefinition, onDelete: OnDelete, table: Table, target: Table) {
    this.name = relation.name
    this.#columns = relation.columns
    this.table = table
    this.target = target
    this.onDelete = onDelete
    const own = this.#columns.map((column) => column.own)
    this.index = table.indexes.find(({ definition }) => servesKey(definition, own))
  }

  /** The key of the row that a row refers to; `undefined` when it refers to none, as with a null in its foreign key. */
  targetKeyOf(row: Row): Key | undefined {
    const values = this.#columns.map(({ own }) => row[own.position])
    return values.includes(null) ? undefined : this.target.keyOfPrimaryKey(values)
  }

  /** Whether both rows certainly refer to the same. */
  isUntouched(previous: Row, next: Row): boolean {
    return this.#columns.every(({ own: { position } }) => previous[position] === next[position])
  }

  /** Where the rows, or their entries, lie that refer to a row of the target. */
  referrers(target: Row, isWithDeleted: boolean): KeyRange[] {
    const { index, table } = this
    if (index === undefined) return [prefixRange(this.#keyBeginning(target))]
    const columns = index.definition.columns.slice(0, this.#columns.length)
    const values = columns.map(({ column, isDescending }) =>
      index.encodeValue(column.type, this.#valueFor(column.position, target), isDescending),
    )
    const canBeDeleted = isWithDeleted && table.schema.deletedAt !== undefined
    const prefixes = canBeDeleted ? [index.prefix, index.deletedPrefix] : [index.prefix]
    return prefixes.map((prefix) => prefixRange(prefix + values.join('')))
  }

  /** A referring row that refers to none any more. */
  emptied(row: Row): RowValue[] {
    const next = [...row]
    for (const { own } of this.#columns) next[own.position] = null
    return next
  }

  /** The error of a row that refers to a row that is not there. */
  violation(message: string, row: Row): ConstraintError {
    return new ConstraintError('ROME_FOREIGN_KEY', message, {
      context: {
        model: this.table.schema.name,
        relation: this.name,
        key: this.table.primaryKeyOf(row),
        columns: this.#columns.map(({ own }) => own.name),
        values: this.#columns.map(({ own }) => row[own.position]),
        target: this.target.schema.name,
      },
    })
  }

  #keyBeginning(target: Row): Key {
    let key = this.table.prefix
    for (const column of this.table.schema.primaryKey.slice(0, this.#columns.length)) {
      key += column.type.encodeKey(this.#valueFor(column.position, target) as Exclude<RowValue, null>)
    }
    return key
  }

  /** What a column of the foreign key has in rows that refer to `target`. */
  #valueFor(position: number, target: Row): RowValue {
    const pair = this.#columns.find(({ own }) => own.position === position) as RelationColumns
    return target[pair.target.position]
  }
}

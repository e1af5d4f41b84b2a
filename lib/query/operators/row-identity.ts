import { encodeNull } from '../../codec/tuple.js'
import type { Row } from '../../records/row.js'
import type { ColumnType, RowValue } from '../../values/column-type.js'
import type { OutputPart } from '../plan/output.js'

/** A text that two rows share exactly when what they select is equal; nulls are equal, entities are by primary key. */
export function rowIdentity(parts: readonly OutputPart[]): (row: Row) => string {
  const identities = parts.map((part) => {
    if (part.kind === 'value') return (row: Row) => valueIdentity(part.type, row[part.offset])
    const { primaryKey } = part.table.schema
    return (row: Row) => {
      let identity = ''
      for (const column of primaryKey) identity += valueIdentity(column.type, row[part.offset + column.position])
      return identity
    }
  })
  const [only] = identities
  if (identities.length === 1) return only
  return (row) => {
    let identity = ''
    for (const identityOf of identities) identity += identityOf(row)
    return identity
  }
}

/** Key elements delimit themselves, and so does JSON text as an element; a type without an order has no others. */
export function valueIdentity(type: ColumnType, value: RowValue): string {
  if (value === null) return encodeNull()
  return type.isOrdered ? type.encodeKey(value) : `${JSON.stringify(type.toDisk(value))}\0`
}

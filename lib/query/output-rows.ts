import type { Row } from '../records/row.js'
import type { OutputPart } from './plan/output.js'
import type { ResultEntities } from './query-session.js'

/** Turns an output row into what the user gets: an entity or a value, or a tuple of such. */
export type MakeResult = (row: Row) => unknown

/** How rows of these parts become results. Entities come from where the query says. */
export function resultMaker(entities: ResultEntities, parts: readonly OutputPart[]): MakeResult {
  const makers = parts.map((part) => partMaker(entities, part, parts.length === 1))
  const [only] = makers
  return makers.length === 1 ? only : (row) => makers.map((make) => make(row))
}

function partMaker(entities: ResultEntities, part: OutputPart, isWholeRow: boolean): MakeResult {
  const { offset } = part
  if (part.kind === 'value') {
    const { type } = part
    return (row) => {
      const value = row[offset]
      return value === null ? null : type.fromRow(value)
    }
  }
  const { table, isOptional } = part
  if (isWholeRow && !isOptional) return (row) => entities.materialise(table, row)
  const length = table.schema.columns.length
  // A stored row has a primary key, so a null there says that there is no row.
  const keyPosition = offset + table.schema.primaryKey[0].position
  return (row) =>
    isOptional && row[keyPosition] === null ? null : entities.materialise(table, row.slice(offset, offset + length))
}

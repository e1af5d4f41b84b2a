import { InternalError } from '../errors/rome-error.js'
import type { AggregateNode, ColumnNode } from '../expressions/nodes.js'
import type { RowValue } from '../values/column-type.js'

/** The values of a stored row by column position; shared, never changed. */
export type Row = readonly RowValue[]

/** How expressions over one model's rows reach their columns. */
export function columnOfRow(node: ColumnNode | AggregateNode): (row: Row) => RowValue {
  if (node.kind !== 'column') throw new InternalError('ROME_INTERNAL', 'an aggregate is not a column of a stored row')
  const { position } = node.column
  return (row) => row[position]
}

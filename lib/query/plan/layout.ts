import { InternalError } from '../../errors/rome-error.js'
import type { AggregateNode, ColumnNode, Source } from '../../expressions/nodes.js'
import type { Row } from '../../records/row.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import type { RowValue } from '../../values/column-type.js'

/** Where the values of each source begin in the rows of a step. */
export type Layout = ReadonlyMap<Source, number>

/** How many values the rows of a layout have. A source that is no model is one column that a step added. */
export function widthOf(layout: Layout): number {
  let width = 0
  for (const [source, offset] of layout) width = Math.max(width, offset + columnsOf(source))
  return width
}

function columnsOf(source: Source): number {
  return 'schema' in source ? (source as ModelSource).schema.columns.length : 1
}

/** How compiled expressions reach their columns in rows of this layout. */
export function accessIn(layout: Layout): (node: ColumnNode | AggregateNode) => (row: Row) => RowValue {
  return (node) => {
    const offset = node.kind === 'column' ? layout.get(node.source) : undefined
    if (node.kind !== 'column' || offset === undefined) {
      throw new InternalError('ROME_INTERNAL', 'a plan names a column that its input does not have')
    }
    const position = offset + node.column.position
    return (row) => row[position]
  }
}

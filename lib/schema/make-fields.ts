import { Column } from '../expressions/column.js'
import type { ColumnReference, Source } from '../expressions/nodes.js'
import type { ColumnFields } from './field-types.js'

/** The columns as users get them, not yet frozen. Without a prototype, so that every name can be a column's. */
export function makeFields<T>(source: Source, columns: readonly ColumnReference[]): ColumnFields<T> {
  const fields: Record<string, Column<unknown>> = Object.create(null)
  for (const column of columns) fields[column.name] = new Column(source, column)
  return fields as ColumnFields<T>
}

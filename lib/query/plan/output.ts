import type { ExpressionNode } from '../../expressions/nodes.js'
import type { Table } from '../../records/table.js'
import type { ModelSource } from '../../schema/entity-schema.js'
import type { ColumnType } from '../../values/column-type.js'

/** One selected thing in the rows a plan gives out. */
export type OutputPart = EntityOutput | ValueOutput

/** A whole entity: its row's values lie from `offset` on. */
export interface EntityOutput {
  readonly kind: 'entity'
  readonly table: Table
  readonly source: ModelSource
  readonly offset: number
  /** A left join may have found none: then all its values are null. */
  readonly isOptional: boolean
}

/** A value, at `offset`. */
export interface ValueOutput {
  readonly kind: 'value'
  readonly node: ExpressionNode
  readonly type: ColumnType
  readonly offset: number
  /** What the user calls it, for plans. */
  readonly label?: string | undefined
}

/** How many values a row of these parts has. */
export function widthOf(parts: readonly OutputPart[]): number {
  return parts.reduce((width, part) => width + (part.kind === 'entity' ? part.table.schema.columns.length : 1), 0)
}

import type { ColumnReference, ExpressionNode, Source } from '../../expressions/nodes.js'
import { columnsOf } from '../../expressions/walk.js'
import type { OrderPart } from '../description.js'
import type { Seek } from './plan-node.js'

/** What later steps want of the rows of a query's models. */
export interface SourceRequest {
  readonly order: readonly OrderPart[]
  readonly seek: Seek | undefined
  /** How many rows are wanted at most. */
  readonly wanted: number | undefined
  /** Models that are wanted whole. */
  readonly entities: readonly Source[]
  /** Expressions that will be evaluated. */
  readonly nodes: readonly ExpressionNode[]
}

/** The columns of one source that expressions name, each once. */
export function columnsFrom(source: Source, nodes: readonly ExpressionNode[]): readonly ColumnReference[] {
  const columns = nodes.flatMap(columnsOf).filter((node) => node.source === source)
  return [...new Set(columns.map((node) => node.column))]
}

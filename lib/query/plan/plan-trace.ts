import type { ExpressionNode, Source } from '../../expressions/nodes.js'
import type { TableIndex } from '../../records/table-index.js'
import { FilterValues } from './column-values.js'

/** A partial index that was looked at, and whether the filter implied its predicate. */
export interface PartialIndexUse {
  readonly index: TableIndex
  readonly conjuncts: readonly ExpressionNode[]
  readonly values: FilterValues
  readonly isImplied: boolean
}

/** What planning looked at of the constants in a query. With other constants of the same kind the plan is the same. */
export class PlanTrace {
  readonly values: FilterValues[] = []
  /** Expressions whose constants the plan has ranges of that it does not make anew. */
  readonly fixed: ExpressionNode[] = []
  readonly partialIndexes: PartialIndexUse[] = []
}

/** What conjuncts leave of a source's columns; noted in `trace`, where there is one, once for the same conjuncts. */
export function valuesLeft(
  trace: PlanTrace | undefined,
  conjuncts: readonly ExpressionNode[],
  source: Source,
): FilterValues {
  const known = trace?.values.find(
    (values) =>
      values.source === source &&
      values.conjuncts.length === conjuncts.length &&
      values.conjuncts.every((node, at) => node === conjuncts[at]),
  )
  if (known !== undefined) return known
  const values = new FilterValues(conjuncts, source)
  trace?.values.push(values)
  if (values.tuples !== undefined) trace?.fixed.push(values.tuples.choice)
  return values
}

import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import {
  columnNode,
  compareNode,
  inNode,
  literalNode,
  logicNode,
  type PresentValue,
} from '../expressions/make-nodes.js'
import type { ExpressionNode } from '../expressions/nodes.js'
import type { Row } from '../records/row.js'
import type { ColumnDefinition, ModelSource } from '../schema/entity-schema.js'
import type { RowValue } from '../values/column-type.js'
import { newDescription, type OrderPart, type QueryDescription, type Scope } from './description.js'
import type { Execution } from './operators/operator.js'
import type { QueryPlan } from './plan/query-plan.js'

/** A run of a query, in which others can be answered. */
export interface Answering {
  readonly execution: Execution
  plan(description: QueryDescription): MaybePromise<QueryPlan>
  rows(planned: QueryPlan): MaybePromise<Row[]>
}

/** Which rows of a model are read at once. */
export interface KeyedRows {
  readonly source: ModelSource
  readonly columns: readonly ColumnDefinition[]
  /** What the columns have, none of it null. */
  readonly keys: readonly (readonly RowValue[])[]
  readonly scope: Scope
  /** Default scopes that do not apply. */
  readonly withoutScopes: QueryDescription['withoutScopes']
  readonly filters?: readonly ExpressionNode[]
  readonly orderBy?: readonly OrderPart[]
}

/** The rows of a model whose columns have one of some values: one query. */
export function rowsOfKeys(
  run: Answering,
  { source, columns, keys, scope, withoutScopes, filters, orderBy }: KeyedRows,
): MaybePromise<Row[]> {
  if (keys.length === 0) return []
  const description = newDescription({ kind: 'model', source }, [{ kind: 'entity', source }])
  const planned = run.plan({
    ...description,
    scope,
    withoutScopes,
    filters: [isOneOf(source, columns, keys), ...(filters ?? [])],
    orderBy: orderBy ?? [],
  })
  return andThen(planned, (plan) => run.rows(plan))
}

function isOneOf(
  source: ModelSource,
  columns: readonly ColumnDefinition[],
  keys: readonly (readonly RowValue[])[],
): ExpressionNode {
  const [column] = columns
  if (columns.length === 1) {
    return inNode(
      columnNode(source, column),
      column.type,
      keys.map(([value]) => value as PresentValue),
    )
  }
  const equals = (key: readonly RowValue[]): ExpressionNode =>
    logicNode(
      'and',
      columns.map((each, at) =>
        compareNode('eq', columnNode(source, each), literalNode(each.type, key[at] as PresentValue)),
      ),
    )
  return logicNode('or', keys.map(equals))
}

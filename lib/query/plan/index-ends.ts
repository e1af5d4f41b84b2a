import { columnNode, isNullNode, notNode } from '../../expressions/make-nodes.js'
import type { AggregateNode, ColumnNode } from '../../expressions/nodes.js'
import { conjunctsOf } from '../../expressions/walk.js'
import type { Table } from '../../records/table.js'
import { type QueryDescription, rootOf } from '../description.js'
import { chooseAccess } from './access-path.js'
import { type AccessPath, rangeSource } from './access-request.js'
import { keyRanges } from './key-ranges.js'
import type { PlanNode } from './plan-node.js'
import { valuesLeft } from './plan-trace.js'
import type { PlanningStore } from './planning-store.js'
import { containsSubquery } from './subquery-planner.js'

/** Reading one key by a seek costs about as much as going through so many entries. */
const entriesPerSeek = 100

/**
 * The least and the greatest values of one column, read from the ends of an index: a row for each that is asked for.
 * `undefined` when something else is asked for too, or no index has the column's order.
 */
export function planIndexEnds(
  store: PlanningStore,
  description: QueryDescription,
  aggregates: readonly AggregateNode[],
): AccessPath | undefined {
  const column = aggregates[0]?.operand
  const isPlain =
    description.groupBy.length === 0 && description.joins.length === 0 && !description.filters.some(containsSubquery)
  if (!isPlain || column?.kind !== 'column') return undefined
  const isOfColumn = ({ operand, ...node }: AggregateNode): boolean =>
    (node.function === 'min' || node.function === 'max') &&
    operand?.kind === 'column' &&
    operand.source === column.source &&
    operand.column === column.column
  if (!aggregates.every(isOfColumn)) return undefined
  const paths = [...new Set(aggregates.map((node) => node.function))].map((name) =>
    endOf(store, description, column, name === 'max'),
  )
  if (paths.some((path) => path.presorted === 0)) return undefined
  const inputs = paths.map(
    ({ plan }): PlanNode => ({
      kind: 'limit',
      layout: plan.layout,
      estimatedRows: 1,
      input: plan,
      offset: 0,
      limit: 1,
    }),
  )
  const plan: PlanNode =
    inputs.length === 1
      ? inputs[0]
      : { kind: 'concat', layout: inputs[0].layout, estimatedRows: 2, inputs, mergeBy: undefined }
  return { plan, presorted: 0, cost: paths.reduce((sum, path) => sum + path.cost, 0) }
}

function endOf(store: PlanningStore, description: QueryDescription, column: ColumnNode, isLast: boolean): AccessPath {
  const source = rootOf(description)
  return chooseAccess({
    statistics: store.statistics,
    table: store.table(source.schema),
    source,
    scope: description.scope,
    // Null is neither the least nor the greatest.
    conjuncts: [...description.filters.flatMap(conjunctsOf), notNode(isNullNode(columnNode(source, column.column)))],
    exclude: [],
    order: [{ node: column, isDescending: isLast, nulls: 'last' }],
    seek: undefined,
    wanted: 1,
    needed: [column.column],
    trace: store.trace,
  })
}

/**
 * The different values of some columns, where these are the first of an index that was analyzed and has many entries
 * for each: one read a value. `undefined` where going through all entries is no dearer.
 */
export function planIndexPrefixes(
  store: PlanningStore,
  description: QueryDescription,
  wanted: readonly ColumnNode[],
): PlanNode | undefined {
  const source = rootOf(description)
  const isPlain =
    description.joins.length === 0 && description.scope !== 'all' && !description.filters.some(containsSubquery)
  if (!isPlain || wanted.length === 0 || wanted.some((node) => node.source !== source)) return undefined
  const columns = [...new Set(wanted.map((node) => node.column))]
  const table: Table = store.table(source.schema)
  const conjuncts = description.filters.flatMap(conjunctsOf)
  const values = valuesLeft(store.trace, conjuncts, source)
  for (const index of table.indexes) {
    const leading = index.definition.columns.slice(0, columns.length)
    const analyzed = store.statistics.indexOf(index.id)
    const fits =
      analyzed !== undefined &&
      index.state === 'ready' &&
      index.definition.where === undefined &&
      leading.length === columns.length &&
      leading.every((part) => columns.some((column) => column === part.column))
    if (!fits) continue
    const prefix = description.scope === 'live' ? index.prefix : index.deletedPrefix
    const { ranges, used } = keyRanges([prefix], leading, values)
    const settled = new Set(used.flatMap((column) => values.get(column)?.settled ?? []))
    const distinct = analyzed.distinct[columns.length - 1]
    if (!conjuncts.every((node) => settled.has(node)) || distinct * entriesPerSeek > analyzed.entries) continue
    return {
      kind: 'prefixes',
      layout: new Map([[source, 0]]),
      estimatedRows: distinct,
      table,
      index,
      ranges,
      from: rangeSource(store, values, (left) => keyRanges([prefix], leading, left)),
      columns: columns.length,
    }
  }
  return undefined
}

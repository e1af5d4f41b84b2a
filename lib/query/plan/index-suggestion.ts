import type { ColumnReference } from '../../expressions/nodes.js'
import { columnsOf } from '../../expressions/walk.js'
import { FilterValues } from './column-values.js'
import type { FilteredScan } from './plan-node.js'

/**
 * The index that would serve a filter over a whole table, as one would declare it: columns with single values first,
 * then one with a run of values. `undefined` when no index of columns would help.
 */
export function suggestIndex(scan: FilteredScan): string | undefined {
  const [source] = scan.layout.keys()
  const predicates = scan.predicates.slice(scan.scopePredicates)
  const values = new FilterValues(predicates, source)
  const columns = new Set(
    predicates
      .flatMap(columnsOf)
      .filter((node) => node.source === source)
      .map((node) => node.column),
  )
  const known = [...columns].filter((column) => values.get(column) !== undefined)
  const hasSingleValues = (column: ColumnReference): boolean =>
    values.get(column)?.intervals.every((run) => run.isPoint) ?? false
  const single = known.filter(hasSingleValues)
  const run = known.find((column) => !hasSingleValues(column))
  const names = [...single, ...(run === undefined ? [] : [run])].map((column) => `'${column.name}'`)
  return names.length === 0 ? undefined : `@index(${names.join(', ')})`
}

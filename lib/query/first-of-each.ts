import { andThen, isPromise, type MaybePromise, mapAll } from '../async/maybe-promise.js'
import { columnNode, compareNode, literalNode, type PresentValue } from '../expressions/make-nodes.js'
import type { ColumnReference } from '../expressions/nodes.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { TableIndex } from '../records/table-index.js'
import type { ColumnDefinition } from '../schema/entity-schema.js'
import type { RowValue } from '../values/column-type.js'
import { type QueryDescription, rootOf } from './description.js'
import { type KeyPart, matchOrder } from './plan/order-match.js'
import { PlanTemplates } from './plan/plan-templates.js'
import { containsSubquery } from './plan/subquery-planner.js'
import type { Answering } from './rows-of-keys.js'

/** So many keys are read side by side. */
const keysAtOnce = 64

/**
 * The index by which the first rows for each value of some columns are read without the others: it begins with these
 * columns and goes on in the order of the query. `undefined` where there is none, and where a subquery decides about
 * rows, which is answered for many rows at once.
 */
export function indexOfEach(
  table: Table,
  description: QueryDescription,
  columns: readonly ColumnDefinition[],
): TableIndex | 'primary key' | undefined {
  const { filters, orderBy } = description
  if (filters.some(containsSubquery)) return undefined
  const isGiven = (column: ColumnReference): boolean => columns.some((each) => each === column)
  const serves = (parts: readonly KeyPart[]): boolean => {
    const known = { isConstant: isGiven, isNeverNull: () => false }
    const match = matchOrder(orderBy, parts, columns.length, rootOf(description), known)
    return parts.slice(0, columns.length).every(({ column }) => isGiven(column)) && match.matched === orderBy.length
  }
  const key: KeyPart[] = table.schema.primaryKey.map((column) => ({ column, isDescending: false }))
  const index = table.indexes.find(
    ({ definition, state }) =>
      state === 'ready' && definition.where === undefined && serves([...definition.columns, ...key]),
  )
  return index ?? (serves(key) ? 'primary key' : undefined)
}

/** The rows of a query for each value of some columns. The query's limit is that of each. Planned once. */
export function rowsOfEach(
  run: Answering,
  description: QueryDescription,
  columns: readonly ColumnDefinition[],
  keys: readonly (readonly RowValue[])[],
): MaybePromise<Row[]> {
  const plans = new PlanTemplates()
  const source = rootOf(description)
  const { filters, orderBy, selection } = description
  const rowsOf = (key: readonly RowValue[]): MaybePromise<Row[]> => {
    const constants = columns.map((column, at) => literalNode(column.type, key[at] as PresentValue))
    const equal = columns.map((column, at) => compareNode('eq', columnNode(source, column), constants[at]))
    const binding = { plans, constants, selection, orderBy }
    return andThen(run.plan({ ...description, filters: [...equal, ...filters], binding }), (planned) =>
      run.rows(planned),
    )
  }
  const found: Row[][] = []
  const read = (from: number): MaybePromise<Row[]> => {
    for (let at = from; at < keys.length; at += keysAtOnce) {
      const some = mapAll(keys.slice(at, at + keysAtOnce), rowsOf)
      if (isPromise(some)) {
        return some.then((all) => {
          found.push(...all)
          return read(at + keysAtOnce)
        })
      }
      found.push(...some)
    }
    return found.flat()
  }
  return read(0)
}

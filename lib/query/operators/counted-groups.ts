import { type Key, type KeyRange, prefixEnd } from '../../codec/key.js'
import { prefixBytes } from '../../codec/space.js'
import { elementEnd } from '../../codec/tuple.js'
import type { ColumnReference } from '../../expressions/nodes.js'
import { ReadMeter } from '../../records/read-meter.js'
import type { Row } from '../../records/row.js'
import type { StoredBatch } from '../../records/stored-value.js'
import type { RowValue } from '../../values/column-type.js'
import type { AggregatePlan, EntriesPlan, PlanNode } from '../plan/plan-node.js'
import { checkExecution, type Execution } from './operator.js'
import { valueIdentity } from './row-identity.js'

interface Counted {
  readonly values: readonly RowValue[]
  count: number
}

/**
 * The rows of an aggregate step that only counts the entries of an index, all of them or by its first columns, where
 * these are all in memory: numbers of entries are kept there, so that none is gone through. `undefined` otherwise.
 * Cost: two searches a group.
 */
export function countInMemory(plan: AggregatePlan, execution: Execution): Row[] | undefined {
  const { input, groupBy, aggregates } = plan
  if (input.kind !== 'entries' || !aggregates.every((node) => node.function === 'count' && !node.operand))
    return undefined
  const total = countRanges(input, execution)
  if (total === undefined) return undefined
  const groups = groupBy.length === 0 ? [{ values: [], count: total }] : groupsOf(plan, input, execution)
  if (groups === undefined) return undefined
  const read = new ReadMeter(execution.meter)
  read.add(Math.max(groups.length, 1), 0)
  execution.counts?.set(input, { rows: total, read })
  return groups.map(({ values, count }) => [...values, ...aggregates.map(() => count)])
}

/** How many rows a step gives, if memory tells without going through them. */
export function countRanges(plan: PlanNode, execution: Execution): number | undefined {
  if (plan.kind !== 'entries' || plan.reads === 'row') return undefined
  let total = 0
  for (const range of plan.ranges) {
    checkExecution(execution)
    const count = execution.transaction.countKnown(range)
    if (count === undefined) return undefined
    total += count
  }
  return total
}

function groupsOf({ groupBy }: AggregatePlan, plan: EntriesPlan, execution: Execution): Counted[] | undefined {
  const columns: ColumnReference[] = plan.index.definition.columns.slice(0, groupBy.length).map(({ column }) => column)
  const positions = groupBy.map((node) => (node.kind === 'column' ? columns.indexOf(node.column) : -1))
  if (columns.length < groupBy.length || new Set(positions).size < groupBy.length || positions.includes(-1)) {
    return undefined
  }
  const groups = new Map<string, Counted>()
  for (const range of plan.ranges) {
    for (let start = range.start; start < range.end; ) {
      checkExecution(execution)
      const first = firstEntry({ start, end: range.end }, execution)
      if (first === undefined) return undefined
      if (first === 'none') break
      let groupEnd = prefixBytes
      for (let column = 0; column < columns.length; column++) groupEnd = elementEnd(first.key, groupEnd)
      const beyond = prefixEnd(first.key.slice(0, groupEnd)) ?? range.end
      const end = beyond < range.end ? beyond : range.end
      const count = execution.transaction.countKnown({ start: first.key, end })
      if (count === undefined) return undefined
      const row = plan.index.rowOf(first.key, first.value)
      const values = groupBy.map((node) => (node.kind === 'column' ? (row[node.column.position] as RowValue) : null))
      const identity = values.map((value, at) => valueIdentity(columns[positions[at] as number].type, value)).join('')
      const group = groups.get(identity)
      if (group === undefined) groups.set(identity, { values, count })
      else group.count += count
      start = end
    }
  }
  return [...groups.values()]
}

/** The first entry of a range, which is in memory unless it has left in the meantime. */
function firstEntry(
  range: KeyRange,
  { transaction }: Execution,
): { readonly key: Key; readonly value: StoredBatch['values'][number] } | 'none' | undefined {
  const scan = transaction.scan(range, { expected: 1 })
  const batch = scan.next()
  if (batch instanceof Promise) {
    batch.catch(() => undefined).finally(() => scan.close())
    return undefined
  }
  scan.close()
  return batch === undefined ? 'none' : { key: batch.keys[0], value: batch.values[0] }
}

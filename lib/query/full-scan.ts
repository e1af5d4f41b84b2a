import { QueryError } from '../errors/rome-error.js'
import { describeExpression } from '../expressions/describe.js'
import type { RecordStore } from '../records/record-store.js'
import { FilterValues } from './plan/column-values.js'
import { suggestIndex } from './plan/index-suggestion.js'
import { type FilteredScan, inputsOf, type PlanNode } from './plan/plan-node.js'
import type { QuerySession } from './query-session.js'

/** What was warned of already, so that a loop does not say it a thousand times. */
const warnings = new WeakMap<RecordStore, Set<string>>()

/**
 * Warns of, or refuses, a query that reads a whole table to find a part of it, as the session's policy wants. A warning
 * is given once for each model and index that would serve.
 * @throws QueryError `ROME_FULL_SCAN`, naming that index.
 */
export function checkFullScan(session: QuerySession, plan: PlanNode): void {
  if (session.fullScans === 'allow') return
  const scan = findFilteredScan(plan)
  if (scan === undefined) return
  const context = {
    model: scan.input.table.schema.name,
    filter: scan.predicates
      .slice(scan.scopePredicates)
      .map((node) => describeExpression(node))
      .join(' and '),
    index: suggestIndex(scan),
  }
  if (session.fullScans === 'refuse') {
    throw new QueryError('ROME_FULL_SCAN', 'this query would read a whole table: declare the index it names', {
      context,
    })
  }
  const given = warnings.get(session.store) ?? new Set()
  warnings.set(session.store, given)
  const subject = `${context.model} ${context.index}`
  if (given.has(subject)) return
  given.add(subject)
  session.logger.warn('a query reads a whole table: declare the index it names', context)
}

/** The first such filter of a plan. Reading all rows because all are wanted is no fault. */
export function findFilteredScan(plan: PlanNode): FilteredScan | undefined {
  if (plan.kind === 'filter' && plan.seek === undefined) {
    const { input } = plan
    const isFull = (input.kind === 'rows' || input.kind === 'entries') && input.isFull
    if (isFull && plan.predicates.length > plan.scopePredicates && !isServed(plan as FilteredScan)) {
      return plan as FilteredScan
    }
  }
  for (const input of inputsOf(plan)) {
    const found = findFilteredScan(input)
    if (found !== undefined) return found
  }
  return undefined
}

/** A key or index begins with what is filtered by, but the plan expects to end early in the order of another one. */
function isServed({ input, predicates, scopePredicates, layout }: FilteredScan): boolean {
  const [source] = layout.keys()
  const { schema, indexes } = input.table
  const values = new FilterValues(predicates.slice(scopePredicates), source)
  const first = indexes
    .filter(({ state, definition }) => state === 'ready' && definition.where === undefined)
    .map(({ definition }) => definition.columns[0].column)
  return [schema.primaryKey[0], ...first].some((column) => values.get(column) !== undefined)
}

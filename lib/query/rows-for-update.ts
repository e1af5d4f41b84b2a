import type { Key } from '../codec/key.js'
import { checkOptions, isBoolean, type OptionRules } from '../errors/checked-options.js'
import { QueryError, UsageError } from '../errors/rome-error.js'
import { type Claimable, claimIfFree, readForUpdate } from '../records/read-for-update.js'
import type { Row } from '../records/row.js'
import type { ForUpdateOptions, QueryDescription } from './description.js'
import { execute } from './operators/execute.js'
import type { OutputPart } from './plan/output.js'
import type { Answering } from './rows-of-keys.js'

const rules: OptionRules<ForUpdateOptions> = { wait: isBoolean, skipLocked: isBoolean }

/** Output rows, and the parts that they consist of. */
interface RowsFound {
  readonly parts: readonly OutputPart[]
  readonly rows: readonly Row[]
}

/** @throws UsageError `ROME_ARGUMENT`; QueryError for a query that gives no stored rows. */
export function parseForUpdate(description: QueryDescription, options: ForUpdateOptions): ForUpdateOptions {
  checkOptions('forUpdate', options, rules)
  const { input, selection, groupBy } = description
  if (input.kind === 'set' || groupBy.length > 0 || !selection.some(({ kind }) => kind === 'entity')) {
    throw new QueryError('ROME_QUERY_INVALID', 'only rows can be claimed: select their entities, without groups')
  }
  if (options.skipLocked === true && options.wait !== undefined) {
    throw new UsageError('ROME_ARGUMENT', 'rows that are skipped are not waited for: give wait or skipLocked')
  }
  return Object.freeze({ ...options })
}

/** For terminals and uses of a query that claim nothing. @throws UsageError `ROME_ARGUMENT`. */
export function refuseForUpdate({ forUpdate }: QueryDescription, method: string): void {
  if (forUpdate === undefined) return
  throw new UsageError(
    'ROME_ARGUMENT',
    'rows are claimed by all(), first() and one() alone: take forUpdate() away here',
    {
      context: { method },
    },
  )
}

/** The rows of a query, each claimed for its transaction. */
export async function rowsForUpdate(
  run: Answering,
  description: QueryDescription,
  { skipLocked, wait }: ForUpdateOptions,
): Promise<RowsFound> {
  if (skipLocked && description.offset > 0) {
    throw new UsageError('ROME_ARGUMENT', 'of rows that may be skipped none is the n-th: take offset() away')
  }
  const { signal, transaction } = run.execution
  if (skipLocked) {
    transaction.claims.requireKept()
    const found = await transaction.unnoted(() => freeRows(run, description))
    transaction.relyOn(found.rows.flatMap((row) => keysOf(found.parts, row)))
    return found
  }
  const read = async (): Promise<Claimable<RowsFound>> => {
    const { plan, parts } = await run.plan(description)
    const rows = await run.rows({ plan, parts })
    return { found: { parts, rows }, keys: rows.flatMap((row) => keysOf(parts, row)) }
  }
  return readForUpdate(transaction, read, { wait, signal })
}

/** Those of the rows that nobody else has claimed, up to the query's limit: what is skipped does not count. */
async function freeRows(run: Answering, description: QueryDescription): Promise<RowsFound> {
  const { execution } = run
  const { limit = Number.POSITIVE_INFINITY } = description
  const { plan, parts } = await run.plan({ ...description, limit: undefined })
  const rows: Row[] = []
  const operator = execute(plan, execution)
  try {
    while (rows.length < limit) {
      const batch = await operator.next()
      if (batch === undefined) break
      for (const row of batch) {
        if (await claimIfFree(execution.transaction, keysOf(parts, row))) rows.push(row)
        if (rows.length >= limit) break
      }
    }
  } finally {
    await operator.close()
  }
  return { parts, rows }
}

/** The keys of the stored rows that an output row is made of. */
function keysOf(parts: readonly OutputPart[], row: Row): Key[] {
  return parts.flatMap((part) => {
    if (part.kind === 'value') return []
    const { schema } = part.table
    const own = row.slice(part.offset, part.offset + schema.columns.length)
    // What an outer join did not find has no key.
    return own[schema.primaryKey[0].position] === null ? [] : [part.table.keyOf(own)]
  })
}

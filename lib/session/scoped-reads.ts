import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import type { QuerySession } from '../query/query-session.js'
import { rowsOfKeys } from '../query/rows-of-keys.js'
import { QueryRun } from '../query/run-query.js'
import { requireKnownScopes } from '../query/session-scopes.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { RowValue } from '../values/column-type.js'
import type { IsSeen } from './key-reads.js'
import type { TransactionStack } from './transaction-stack.js'

/**
 * Which of some rows of a model its default scopes let the session see; `undefined` when they hide none. Where a scope
 * asks for related rows a query tells of these keys: what was changed is flushed for it, as for every query.
 * @throws UsageError `ROME_SCOPE_UNKNOWN`, `ROME_SCOPE_ARGUMENTS`.
 */
export function rowsInScope(
  session: QuerySession,
  transactions: TransactionStack,
  table: Table,
  keys: readonly (readonly RowValue[])[],
  withoutScopes: readonly string[] = [],
): MaybePromise<IsSeen | undefined> {
  const { scopes } = session
  requireKnownScopes(withoutScopes, scopes)
  const { schema } = table
  if (scopes === undefined || !scopes.hides(schema, withoutScopes)) return undefined
  const test = scopes.rowTest(schema, withoutScopes)
  if (test !== undefined) return test
  const { source, primaryKey: columns } = schema
  return andThen(transactions.flush(), () =>
    andThen(transactions.current(), (transaction) => {
      const run = new QueryRun(session, transaction, {})
      const rows = rowsOfKeys(run, { source, columns, keys, scope: 'all', withoutScopes })
      return andThen(rows, (found: readonly Row[]) => {
        const seen = new Set<Key>(found.map((row) => table.keyOfRead(row)))
        return (row: Row) => seen.has(table.keyOfRead(row))
      })
    }),
  )
}

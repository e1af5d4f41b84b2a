import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'

/** A value of a kind that is the same in every row. */
export function constant(choices: Choices, { kind }: ValuePair): ValuePair {
  const value = choices.pick(kind.pool)
  const literal = literalOf(kind, value)
  return {
    kind,
    isNullable: false,
    isConstant: true,
    // SQLite takes a bare number in GROUP BY and ORDER BY for that of a column.
    sql: kind.sqlType === 'BLOB' ? literal : `(${literal} + 0)`,
    rome: (on) => on.literal(value as never, kind.makeSpec()),
  }
}

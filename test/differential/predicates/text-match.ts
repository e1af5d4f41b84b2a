import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { PredicatePair, ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'
import { string } from '../value-kinds.js'

const pieces = ['%', 'a', '_', 'b', 'B', '\\%', '\\_', '\\\\', '\\a', 'é', '😀', 'aB', '\ue000', 'n1']

/** `like`, or `ilike` by the lower case of both. */
export function pattern(choices: Choices, value: ValuePair): PredicatePair | undefined {
  if (!value.kind.isLikeable) return undefined
  const method = choices.pick(['like', 'ilike'] as const)
  const like = choices.list(0, 4, () => choices.pick(pieces)).join('')
  const literal = `CAST(${literalOf(string, method === 'like' ? like : like.toLowerCase())} AS TEXT)`
  const text = `CAST(${value.sql} AS TEXT)`
  return {
    sql: `${method === 'like' ? text : `lower_case(${text})`} LIKE ${literal} ESCAPE '\\'`,
    rome: (on) => (value.rome(on) as Expression<string>)[method](like),
  }
}

/** Texts are kept as the bytes of UTF-8, in which a part of a text is a part of its bytes. */
export function textPart(choices: Choices, value: ValuePair): PredicatePair | undefined {
  if (value.kind.family !== 'text') return undefined
  const method = choices.pick(['startsWith', 'endsWith', 'contains'] as const)
  const part = choices.weighted<string>([
    [3, () => String(choices.pick(value.kind.pool))],
    [1, () => choices.pick(['n', 'n1', 'm\0', 'm'])],
  ])
  const literal = literalOf(string, part)
  const length = Buffer.byteLength(part)
  const place = `instr(${value.sql}, ${literal})`
  const sql = {
    startsWith: `${place} = 1`,
    // SQLite's substr() of an empty blob is null.
    endsWith:
      length === 0
        ? `${place} > 0`
        : `CASE WHEN length(${value.sql}) < ${length} THEN 0 ELSE substr(${value.sql}, -${length}) = ${literal} END`,
    contains: `${place} > 0`,
  }[method]
  return { sql, rome: (on) => (value.rome(on) as Expression<string>)[method](part) }
}

import type { Choices } from '../choices.js'
import type { PredicatePair, ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'
import { withoutParameters } from '../vocabulary.js'

/** In a list or not; the list may be empty, and may have a value twice. */
export function isOneOf(choices: Choices, value: ValuePair): PredicatePair {
  const method = choices.pick(['in', 'notIn'] as const)
  const list = choices.list(0, 5, () => choices.pick(value.kind.pool))
  const literals = list.map((literal) => literalOf(value.kind, literal)).join(', ')
  return {
    sql: `${value.sql} ${method === 'in' ? 'IN' : 'NOT IN'} (${literals})`,
    // With an empty list the value says nothing, nor do parameters in it.
    rome: (on) => value.rome(list.length === 0 ? withoutParameters(on) : on)[method](list as never),
  }
}

export function nullTest(choices: Choices, value: ValuePair): PredicatePair {
  const method = choices.pick(['isNull', 'isNotNull'] as const)
  return {
    sql: `${value.sql} ${method === 'isNull' ? 'IS NULL' : 'IS NOT NULL'}`,
    rome: (on) => value.rome(on)[method](),
  }
}

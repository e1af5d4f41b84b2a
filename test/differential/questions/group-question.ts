import { aggregate } from '../aggregates.js'
import type { Choices } from '../choices.js'
import { predicate } from '../predicates/predicate.js'
import { anyValue } from './any-value.js'
import { bounded, type Completion, drawBounds, everyValue, type Use } from './bounds.js'
import { fittingParts, outputsOf, type Part, type Wanted } from './parts.js'
import { type Question, selectList } from './question.js'
import type { Sources } from './sources.js'

/** Values of groups, or of all rows as one group; undefined when it comes to nothing that is wanted. */
export function groupQuestion(
  choices: Choices,
  sources: Sources,
  wanted: Wanted | undefined,
  use: Use,
): Question | undefined {
  const { values, from } = sources
  const ordered = values.filter((value) => value.kind.isOrdered)
  const groups = [...new Set(choices.list(0, 2, () => anyValue(choices, ordered)))]
  const aggregates = choices.list(groups.length === 0 ? 1 : 0, 3, () => aggregate(choices, values))
  const candidates = [...groups, ...aggregates]
  const parts =
    wanted === undefined
      ? choices.some(candidates, 1, candidates.length).map((value): Part => ({ kind: 'value', value }))
      : fittingParts(choices, [], candidates, wanted)
  if (parts === undefined) return undefined
  const selected = outputsOf(parts)
  const isRounded = selected.some((value) => value.kind.isRounded)
  // What is rounded is not told apart by both sides alike.
  if (isRounded && use.isOperand) return undefined
  if (groups.length === 0 && !selected.some((value) => aggregates.includes(value))) return undefined
  const having = choices.list(0, 1, () => predicate(choices, candidates, 1))
  const isDistinct = choices.chance(15) && !isRounded
  const completion: Completion = {
    explicit: isDistinct ? everyValue(selected) : [],
    implied: () => (isDistinct ? [] : everyValue(groups)),
  }
  const bounds = drawBounds(choices, isDistinct ? selected : candidates, completion, use)
  const by = groups.length === 0 ? '' : ` GROUP BY ${groups.map((value) => value.sql).join(', ')}`
  const kept = having.length === 0 ? '' : ` HAVING ${having.map((term) => term.sql).join(' AND ')}`
  return {
    ...bounds,
    parts,
    completion,
    rows: (more) => `SELECT ${isDistinct ? 'DISTINCT ' : ''}${selectList(selected, more)} ${from}${by}${kept}`,
    rome: (on) => {
      let query = sources.begin(parts, on)
      if (groups.length > 0) query = query.groupBy(...groups.map((group) => group.rome(on)))
      for (const term of having) query = query.having(term.rome(on))
      return bounded(isDistinct ? query.distinct() : query, bounds, on)
    },
  }
}

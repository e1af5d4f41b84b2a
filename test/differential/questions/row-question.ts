import type { Choices } from '../choices.js'
import type { OrderPair, ValuePair } from '../pairs.js'
import { anyValue } from './any-value.js'
import { bounded, type Completion, drawBounds, everyValue, inDirectionOf, type Use } from './bounds.js'
import { entitiesAmong, fittingParts, outputsOf, type Part, valuesAmong, type Wanted } from './parts.js'
import { type Question, selectList } from './question.js'
import type { Sources } from './sources.js'

/** Entities and values of rows as they are. */
export function rowQuestion(choices: Choices, sources: Sources, wanted: Wanted | undefined, use: Use): Question {
  const { entities, all, values, from } = sources
  const [root] = entities
  const isJoined = entities.length > 1
  const parts = fittingParts(choices, [root], values, wanted) ?? anyParts(choices, sources)
  // With only the root selected a join says which roots, and each is given once.
  const isOfRoots = parts.length === 1 && parts[0] === root
  const isDistinct = choices.chance(entitiesAmong(parts).length > 0 ? 10 : 35)
  const selected = outputsOf(parts)
  const isOnce = isDistinct || (isOfRoots && isJoined)
  const completion: Completion = {
    explicit: isDistinct && (isJoined || entitiesAmong(parts).length === 0) ? everyValue(valuesAmong(parts)) : [],
    implied: (orders: readonly OrderPair[]) => {
      const known = isOfRoots ? [root] : isDistinct ? entitiesAmong(parts) : all
      // What cannot be named cannot be ordered by.
      if (use.isOperand && known === all && all.length > entities.length) return undefined
      return inDirectionOf(
        orders,
        known.flatMap(({ keys }): readonly ValuePair[] => keys),
      )
    },
  }
  const bounds = drawBounds(choices, isOnce ? selected : values, completion, use)
  return {
    ...bounds,
    parts,
    completion,
    rows: (more) => `SELECT ${isOnce ? 'DISTINCT ' : ''}${selectList(selected, more)} ${from}`,
    rome: (on) => {
      const query = sources.begin(parts, on)
      return bounded(isDistinct ? query.distinct() : query, bounds, on)
    },
  }
}

function anyParts(choices: Choices, { entities, values }: Sources): readonly Part[] {
  const value = (): Part => ({ kind: 'value', value: anyValue(choices, values) })
  return choices.weighted<readonly Part[]>([
    [5, () => [entities[0]]],
    [4, () => choices.list(1, 3, value)],
    [1, () => [value(), entities[0]]],
    [entities.length > 1 ? 5 : 0, () => choices.some(entities, 1, entities.length)],
    [entities.length > 1 ? 2 : 0, () => [...choices.some(entities, 1, 1), value()]],
  ])
}

import type { Choices } from './choices.js'
import {
  canGive,
  drawBounds,
  everyValue,
  filtered,
  inDirectionOf,
  modelQuestion,
  orderBy,
  type QuestionOptions,
  type Wanted,
} from './model-question.js'
import { keysOf, type ModelShape } from './model-shape.js'
import { addOrder, type Bounds, limits } from './order-and-limit.js'
import type { ValuePair } from './pairs.js'
import { predicate } from './predicates/predicate.js'
import { isOfEntity, namedPlaces, outputNames, placesOf, type Question, selectList, sqlOfOperand } from './question.js'

const operators = {
  union: 'UNION',
  unionAll: 'UNION ALL',
  intersect: 'INTERSECT',
  except: 'EXCEPT',
} as const

export type Models = Readonly<Record<string, ModelShape>>

/** Questions combined, with filters, an order and a limit over them. Aliases stand for models. */
export function setQuestion(choices: Choices, models: Models, options: QuestionOptions = {}): Question {
  return combine(choices, models, operand(choices, models, Object.keys(models), undefined, 2), options, 2)
}

function operand(
  choices: Choices,
  models: Models,
  aliases: readonly string[],
  wanted: Wanted | undefined,
  depth: number,
): Question {
  const alias = choices.pick(aliases)
  const single = modelQuestion(choices, models[alias], alias, { wanted, isOperand: true })
  return depth > 0 && choices.chance(25) ? combine(choices, models, single, { isOperand: true }, depth - 1) : single
}

function combine(choices: Choices, models: Models, left: Question, options: QuestionOptions, depth: number): Question {
  const operator = choices.pick(['union', 'unionAll', 'intersect', 'except'] as const)
  const wanted = wantedLike(left)
  const aliases = Object.keys(models).filter((alias) => canGive(models[alias], wanted))
  // A count may have no column of its type beside it.
  const right = aliases.length === 0 ? left : operand(choices, models, aliases, wanted, depth - 1)
  const places = placesOf(left)
  const named = namedPlaces(left)
  const filterable = named.filter((place) => !place.isAggregate)
  const filters = filterable.length === 0 ? [] : choices.list(0, 1, () => predicate(choices, filterable, 2))
  const isDistinct = choices.chance(15)
  const keys = keyPlaces(left, models, places)
  const bounds = boundsOf(choices, left, named, places, options)
  const where = filters.length === 0 ? '' : ` WHERE ${filters.map((filter) => filter.sql).join(' AND ')}`
  const combined = `SELECT ${outputNames(left)} FROM (${sqlOfOperand(left)}) ${operators[operator]} SELECT ${outputNames(right)} FROM (${sqlOfOperand(right)})`
  return {
    ...bounds,
    parts: left.parts,
    // Rows of unionAll may be the same.
    completion:
      (operator === 'unionAll' && !isDistinct) || !canBeInTotalOrder(left)
        ? undefined
        : inDirectionOf(bounds.orders, keys),
    rows: (more) => `SELECT ${isDistinct ? 'DISTINCT ' : ''}${selectList(places, more)} FROM (${combined})${where}`,
    rome: (on) => {
      const query = filtered(left.rome(on)[operator](right.rome(on)), filters, on)
      return limits(addOrder(isDistinct ? query.distinct() : query, bounds, on), bounds)
    },
  }
}

function wantedLike({ parts }: Question): Wanted {
  return parts.map((part) => (part.kind === 'entity' ? { model: part.model } : { family: part.value.kind.family }))
}

function boundsOf(
  choices: Choices,
  left: Question,
  named: readonly ValuePair[],
  places: readonly ValuePair[],
  { isOperand = false, isPaged = false }: QuestionOptions,
): Bounds {
  const orders = choices.list(0, 2, () => orderBy(choices, named)).filter((order) => order !== undefined)
  if (isPaged) {
    const values = places.filter((_, position) => !isOfEntity(left, position))
    return { orders: [...orders, ...(everyValue(values) ?? [])], limit: undefined, offset: 0 }
  }
  const window = drawBounds(choices, isOperand ? 25 : 40)
  if (!isOperand || (window.limit === undefined && window.offset === 0)) return { orders, ...window }
  // Rows that are the same in all places are exchangeable, so that this is total enough; a place without a name of its
  // own cannot be ordered by.
  const full = named.length === places.length ? everyValue(places) : undefined
  return full === undefined ? { orders, limit: undefined, offset: 0 } : { orders: [...orders, ...full], ...window }
}

/** Where the primary keys of the entities among the outputs are. */
function keyPlaces({ parts }: Question, models: Models, places: readonly ValuePair[]): ValuePair[] {
  const found: ValuePair[] = []
  let start = 0
  for (const part of parts) {
    if (part.kind === 'entity') {
      const model = models[part.alias]
      found.push(...keysOf(model).map((key) => places[start + model.columns.indexOf(key)]))
    }
    start += part.kind === 'entity' ? part.columns.length : 1
  }
  return found
}

/** A value that is selected twice, or beside its entity, has no name of its own to order by; JSON has no order. */
function canBeInTotalOrder(question: Question): boolean {
  const places = placesOf(question)
  const isOrdered = places.every(({ kind }, place) => kind.isOrdered || isOfEntity(question, place))
  return isOrdered && namedPlaces(question).length === places.length
}

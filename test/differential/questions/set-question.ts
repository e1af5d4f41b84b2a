import type { Choices } from '../choices.js'
import { predicate } from '../predicates/predicate.js'
import { bounded, type Completion, drawBounds, everyValue, inDirectionOf } from './bounds.js'
import { modelQuestion, type QuestionOptions } from './model-question.js'
import { canGive, type Models, type Wanted, wantedLike } from './parts.js'
import { isOfEntity, namedPlaces, outputNames, placesOf, type Question, selectList, sqlOfOperand } from './question.js'
import { filtered } from './sources.js'

const operators = {
  union: 'UNION',
  unionAll: 'UNION ALL',
  intersect: 'INTERSECT',
  except: 'EXCEPT',
} as const

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
  const single = modelQuestion(choices, models, alias, { wanted, isOperand: true })
  return depth > 0 && choices.chance(25) ? combine(choices, models, single, { isOperand: true }, depth - 1) : single
}

function combine(choices: Choices, models: Models, left: Question, options: QuestionOptions, depth: number): Question {
  const operator = choices.pick(['union', 'unionAll', 'intersect', 'except'] as const)
  const wanted = wantedLike(left.parts)
  const aliases = Object.keys(models).filter((alias) => canGive(models[alias], wanted))
  // A count may have no column of its type beside it.
  const right = aliases.length === 0 ? left : operand(choices, models, aliases, wanted, depth - 1)
  const places = placesOf(left)
  const named = namedPlaces(left)
  const filterable = named.filter((place) => !place.isAggregate)
  const filters = filterable.length === 0 ? [] : choices.list(0, 1, () => predicate(choices, filterable, 2))
  const isDistinct = choices.chance(15)
  const completion = completionOf(left, options.isPaged ?? false)
  const bounds = drawBounds(choices, named, completion, options)
  const where = filters.length === 0 ? '' : ` WHERE ${filters.map((filter) => filter.sql).join(' AND ')}`
  const [leftRows, rightRows] = [left, right].map((of) => `SELECT ${outputNames(of)} FROM (${sqlOfOperand(of)})`)
  const combined = `${leftRows} ${operators[operator]} ${rightRows}`
  return {
    ...bounds,
    parts: left.parts,
    // Rows of unionAll may be the same.
    completion: operator === 'unionAll' && !isDistinct ? undefined : completion,
    rows: (more) => `SELECT ${isDistinct ? 'DISTINCT ' : ''}${selectList(places, more)} FROM (${combined})${where}`,
    rome: (on) => {
      const query = filtered(left.rome(on)[operator](right.rome(on)), filters, on)
      return bounded(isDistinct ? query.distinct() : query, bounds, on)
    },
  }
}

/** Entities are told apart by their keys, values by all of them; no rows by a place that has no name of its own. */
function completionOf(left: Question, isPaged: boolean): Completion {
  const places = placesOf(left)
  if (namedPlaces(left).length < places.length) return { explicit: undefined, implied: () => undefined }
  // Rows that are the same in all places are exchangeable, so that inside of another question an order by all is total.
  if (!isPaged) return { explicit: everyValue(places), implied: () => [] }
  const keys = left.parts.flatMap((part, position) => (part.kind === 'entity' ? keyPlaces(left, position) : []))
  return {
    explicit: everyValue(places.filter((_, place) => !isOfEntity(left, place))),
    implied: (orders) => inDirectionOf(orders, keys),
  }
}

/** Where the primary key of a selected entity is among the outputs. */
function keyPlaces(question: Question, position: number) {
  const before = question.parts.slice(0, position)
  const start = before.reduce((sum, part) => sum + (part.kind === 'entity' ? part.columns.length : 1), 0)
  const part = question.parts[position]
  if (part.kind === 'value') return []
  const places = placesOf(question)
  return part.keys.map((key) => places[start + part.columns.indexOf(key)])
}

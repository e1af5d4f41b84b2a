import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { ModelShape } from '../model-shape.js'
import { orderedBy, type PredicatePair, type ValuePair } from '../pairs.js'
import { relationsUnder } from '../predicates/inside.js'
import { predicate } from '../predicates/predicate.js'
import type { AskInside } from '../predicates/subquery.js'
import { literalOf } from '../sql-text.js'
import { computed } from '../values/computed.js'
import type { AnyQuery, Vocabulary } from '../vocabulary.js'
import { drawJoins } from './joins.js'
import { type EntityPart, entityOf, type Models, type Part } from './parts.js'
import { type Scope, scoped, scopedSource } from './scope.js'

/** Where the rows of a question come from: a model, and others joined with it. */
export interface Sources {
  /** The root first. */
  readonly entities: readonly EntityPart[]
  /** With the models in between, in the order in which they are read. */
  readonly all: readonly EntityPart[]
  /** The columns of all, some of them repeated to be met more often, and what is made of them. */
  readonly values: readonly ValuePair[]
  /** FROM … WHERE … */
  readonly from: string
  begin(parts: readonly Part[], on: Vocabulary): AnyQuery
}

export interface SourceOptions {
  readonly models: Models
  readonly alias: string
  /** Values of the query around this one. */
  readonly outer?: readonly ValuePair[]
  readonly ask?: AskInside | undefined
  readonly isJoined: boolean
}

export function drawSources(choices: Choices, options: SourceOptions): Sources {
  const { models, alias, outer = [], ask } = options
  const scope = choices.weighted<Scope>([
    [6, () => 'live'],
    [2, () => 'all'],
    [2, () => 'deleted'],
  ])
  const root = entityOf(models[alias], alias, false)
  const joins = options.isJoined && choices.chance(25) ? drawJoins(choices, models, root, scope) : []
  const entities = [root, ...joins.map((join) => join.entity)]
  const relations = entities.flatMap((entity) => relationsUnder(entity.alias, models[entity.alias].relations))
  const columns = entities.flatMap((entity) => entity.columns)
  const made = choices.chance(35) ? choices.list(1, 2, () => computed(choices, columns)) : []
  const values = [...orderedBy(choices, columns), ...made, ...made]
  const filters = choices.list(0, 3, () => predicate(choices, [...values, ...outer], 3, { ask, relations }))
  const matches = choices.chance(8) ? choices.list(1, 2, () => drawMatch(choices, models[alias], alias)) : []
  // The last value of a column counts.
  const equal = matches.filter(
    ({ column }, place) => matches.findLastIndex((other) => other.column === column) === place,
  )
  const where = [...filters, ...equal].map(({ sql }) => `(${sql})`).join(' AND ')
  const from = [`FROM ${scopedSource(models[alias], alias, scope)}`, ...joins.map((join) => join.sql)].join(' ')
  const isDirect = choices.chance(50)
  const label = choices.chance(10) ? 'named' : undefined
  return {
    entities,
    all: [root, ...joins.flatMap((join) => (join.middle === undefined ? [join.entity] : [join.middle, join.entity]))],
    values,
    from: where === '' ? from : `${from} WHERE ${where}`,
    begin: (parts, on) => {
      const begun = scoped(select(on, root, parts, { isDirect, label }), scope)
      const joined = joins.reduce((before, join) => join.rome(before, on), begun)
      return filtered(matched(joined, equal), filters, on)
    },
  }
}

/** A column of the root and a value of it, for `filterBy`. */
interface Match {
  readonly column: string
  readonly value: unknown
  readonly sql: string
}

function drawMatch(choices: Choices, model: ModelShape, alias: string): Match {
  const { name, kind } = choices.pick(model.columns)
  const value = choices.pick(kind.pool)
  return { column: name, value, sql: `${alias}.${name} = ${literalOf(kind, value)}` }
}

function matched(query: AnyQuery, matches: readonly Match[]): AnyQuery {
  if (matches.length === 0) return query
  return query.filterBy(Object.fromEntries(matches.map(({ column, value }) => [column, value])) as never)
}

export function filtered(query: AnyQuery, filters: readonly PredicatePair[], on: Vocabulary): AnyQuery {
  return filters.reduce((before, filter) => before.filter(filter.rome(on)), query)
}

/** Begins a query with all that it selects, or with its model. */
function select(
  on: Vocabulary,
  root: EntityPart,
  parts: readonly Part[],
  { isDirect, label }: { readonly isDirect: boolean; readonly label: string | undefined },
): AnyQuery {
  const labelled = (value: Expression<unknown>): Expression<unknown> => (label === undefined ? value : value.as(label))
  const selection = parts.map((part) => (part.kind === 'entity' ? on.model(part.alias) : labelled(part.value.rome(on))))
  const [first] = parts
  // What is named first is what the query is of. A count and a predicate such as `in([])` name nothing.
  if (isDirect && (first === root || (first.kind === 'value' && root.columns.includes(first.value)))) {
    return on.query(...selection)
  }
  const query = on.query(on.model(root.alias))
  if (parts.length === 1 && first === root) return query
  return query.select(...(selection as [Expression<unknown>])) as unknown as AnyQuery
}

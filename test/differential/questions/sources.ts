import type { Expression, Predicate } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import { columnsUnder, keysOf, type ModelShape } from '../model-shape.js'
import { orderedBy, type PredicatePair, type ValuePair } from '../pairs.js'
import { type Inside, predicate } from '../predicates/predicate.js'
import { literalOf } from '../sql-text.js'
import { computed } from '../values/computed.js'
import type { AnyQuery, Vocabulary } from '../vocabulary.js'
import type { EntityPart, Part } from './parts.js'
import { type Scope, scoped, scopeSql } from './scope.js'

/** Aliases with the models that they stand for. */
export type Models = Readonly<Record<string, ModelShape>>

/** Where the rows of a question come from: a model, and others joined with it. */
export interface Sources {
  /** The root first. */
  readonly entities: readonly EntityPart[]
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
  readonly inside?: Inside | undefined
  readonly isJoined: boolean
}

interface Join {
  readonly entity: EntityPart
  readonly method: 'join' | 'outerJoin'
  readonly condition: PredicatePair
  readonly sql: string
}

export function drawSources(choices: Choices, options: SourceOptions): Sources {
  const { models, alias, outer = [], inside } = options
  const scope = choices.weighted<Scope>([
    [6, () => 'live'],
    [2, () => 'all'],
    [2, () => 'deleted'],
  ])
  const root = entityOf(models, alias, false)
  const joins = options.isJoined && choices.chance(25) ? drawJoins(choices, models, root, scope) : []
  const entities = [root, ...joins.map((join) => join.entity)]
  const columns = entities.flatMap((entity) => entity.columns)
  const made = choices.chance(35) ? choices.list(1, 2, () => computed(choices, columns)) : []
  const values = [...orderedBy(choices, columns), ...made, ...made]
  const filters = choices.list(0, 3, () => predicate(choices, [...values, ...outer], 3, inside))
  const matches = choices.chance(8) ? choices.list(1, 2, () => drawMatch(choices, models[alias], alias)) : []
  // The last value of a column counts.
  const equal = matches.filter(
    ({ column }, place) => matches.findLastIndex((other) => other.column === column) === place,
  )
  const where = [...filters, ...equal].map(({ sql }) => `(${sql})`).join(' AND ')
  const from = [`FROM ${scopedSource(models, alias, scope)}`, ...joins.map((join) => join.sql)].join(' ')
  const isDirect = choices.chance(50)
  const label = choices.chance(10) ? 'named' : undefined
  return {
    entities,
    values,
    from: where === '' ? from : `${from} WHERE ${where}`,
    begin: (parts, on) => {
      const begun = scoped(select(on, root, parts, { isDirect, label }), scope)
      const joined = joins.reduce((before, { method, entity, condition }) => {
        return before[method](on.model(entity.alias), condition.rome(on)) as unknown as AnyQuery
      }, begun)
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

/** Other models, or the same under other names. */
function drawJoins(choices: Choices, models: Models, root: EntityPart, scope: Scope): Join[] {
  const before = [root]
  const others = Object.keys(models).filter((alias) => alias !== root.alias)
  return choices.some(others, 1, 2).map((alias): Join => {
    const method = choices.pick(['join', 'outerJoin'] as const)
    const entity = entityOf(models, alias, method === 'outerJoin')
    const condition = drawCondition(
      choices,
      before.flatMap(({ columns }) => columns),
      entity.columns,
    )
    before.push(entity)
    // The root's deleted rows alone, with all rows of the others.
    const source = scopedSource(models, alias, scope === 'deleted' ? 'all' : scope)
    return {
      entity,
      method,
      condition,
      sql: `${method === 'join' ? 'JOIN' : 'LEFT JOIN'} ${source} ON ${condition.sql}`,
    }
  })
}

/** Mostly columns that are equal, with something besides or not. */
function drawCondition(choices: Choices, left: readonly ValuePair[], right: readonly ValuePair[]): PredicatePair {
  const pairs = left.flatMap((a) => right.filter((b) => b.kind.family === a.kind.family).map((b) => [a, b] as const))
  const isEqual = (): PredicatePair => {
    const [a, b] = choices.pick(pairs)
    return { sql: `${a.sql} = ${b.sql}`, rome: (on) => a.rome(on).eq(b.rome(on) as Expression<never>) }
  }
  const rest = (): PredicatePair => predicate(choices, [...right, ...left], 1)
  const both = (): PredicatePair => {
    const [a, b] = [isEqual(), rest()]
    return { sql: `(${a.sql}) AND (${b.sql})`, rome: (on): Predicate => on.and_(a.rome(on), b.rome(on)) }
  }
  if (pairs.length === 0) return rest()
  return choices.weighted([
    [5, isEqual],
    [2, both],
    [1, rest],
  ])
}

function entityOf(models: Models, alias: string, isOptional: boolean): EntityPart {
  const model = models[alias]
  const columns = columnsUnder(alias, model).map((value) => (isOptional ? { ...value, isNullable: true } : value))
  const keys = keysOf(model).map((key) => columns[model.columns.indexOf(key)])
  return { kind: 'entity', alias, model: model.name, columns, keys }
}

function scopedSource(models: Models, alias: string, scope: Scope): string {
  return `(SELECT * FROM ${models[alias].name} AS ${alias} WHERE ${scopeSql(models[alias], alias, scope)}) AS ${alias}`
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

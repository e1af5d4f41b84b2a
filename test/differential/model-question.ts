import type { Expression } from '../../lib/expressions/expression.js'
import { aggregate } from './aggregates.js'
import type { Choices } from './choices.js'
import { columnsUnder, columnWithRole, keysOf, type ModelShape } from './model-shape.js'
import { addOrder, type Bounds, limits } from './order-and-limit.js'
import { asValue, type OrderPair, orderedBy, type PredicatePair, type ValuePair } from './pairs.js'
import { predicate } from './predicates/predicate.js'
import { type Part, type Question, selectList } from './question.js'
import type { AnyQuery, Vocabulary } from './vocabulary.js'

export const scopes = ['live', 'all', 'deleted'] as const
export type Scope = (typeof scopes)[number]

/** What an operand of a set operation has to select: an entity of a model, or a value of a family, each in its place. */
export type Wanted = readonly ({ readonly model: string } | { readonly family: string })[]

export interface QuestionOptions {
  /** Another result than this does not fit. */
  readonly wanted?: Wanted
  /** The rows must be the same whichever way they are read: a limit comes with a total order. */
  readonly isOperand?: boolean
  /** Read in pages: no limit, and a total order, said in full where the primary key does not complete it. */
  readonly isPaged?: boolean
}

/** A question to one model. */
export function modelQuestion(
  choices: Choices,
  model: ModelShape,
  alias: string,
  options: QuestionOptions = {},
): Question {
  const columns = columnsUnder(alias, model)
  const values = orderedBy(choices, columns)
  const scope = choices.weighted<Scope>([
    [6, () => 'live'],
    [2, () => 'all'],
    [2, () => 'deleted'],
  ])
  const filters = choices.list(0, 3, () => predicate(choices, values))
  const source = `(SELECT * FROM ${model.name} AS ${alias} WHERE ${scopeSql(model, alias, scope)}) AS ${alias}`
  const where = [...filters.map((filter) => `(${filter.sql})`)].join(' AND ')
  const from = `FROM ${source}${where === '' ? '' : ` WHERE ${where}`}`
  const isDirect = choices.chance(50)
  const base: Base = {
    model,
    alias,
    columns,
    values,
    from,
    begin: (parts, on) =>
      filtered(
        scoped(select(on, alias, parts, isDirect && parts.some((part) => showsModel(part, columns))), scope),
        filters,
        on,
      ),
  }
  const grouped = choices.chance(20) ? groupedQuestion(choices, base, options) : undefined
  return grouped ?? plainQuestion(choices, base, options)
}

interface Base {
  readonly model: ModelShape
  readonly alias: string
  readonly columns: readonly ValuePair[]
  /** The same, some of them repeated to be met more often. */
  readonly values: readonly ValuePair[]
  readonly from: string
  begin(parts: readonly Part[], on: Vocabulary): AnyQuery
}

export function scopeSql(model: ModelShape, alias: string, scope: Scope): string {
  if (scope === 'all') return '1'
  const isSoftDeletable = columnWithRole(model, 'deletedAt') !== undefined
  if (!isSoftDeletable) return scope === 'live' ? '1' : '0'
  return `${alias}.deletedAt IS ${scope === 'live' ? '' : 'NOT '}NULL`
}

export function scoped(query: AnyQuery, scope: Scope): AnyQuery {
  if (scope === 'live') return query
  return scope === 'all' ? query.withDeleted() : query.onlyDeleted()
}

export function filtered(query: AnyQuery, filters: readonly PredicatePair[], on: Vocabulary): AnyQuery {
  return filters.reduce((before, filter) => before.filter(filter.rome(on)), query)
}

/** Entities and values of rows as they are. */
function plainQuestion(choices: Choices, base: Base, options: QuestionOptions): Question {
  const { model, alias, columns, values } = base
  const entity: Part = { kind: 'entity', alias, model: model.name, columns }
  const parts =
    fittingParts(choices, [entity], columns, options.wanted) ??
    choices.weighted<readonly Part[]>([
      [5, () => [entity]],
      [4, () => choices.list(1, 3, () => ({ kind: 'value', value: anyValue(choices, values) }) as const)],
      [1, () => [{ kind: 'value', value: anyValue(choices, values) }, entity]],
    ])
  const selectsEntity = parts.some((part) => part.kind === 'entity')
  const isDistinct = choices.chance(selectsEntity ? 10 : 35)
  const selected = parts.flatMap((part) => (part.kind === 'entity' ? part.columns : [part.value]))
  const orderable = isDistinct ? selected : values
  const keys = keysOf(model).map((key) => columns[model.columns.indexOf(key)])
  const isOfRows = !isDistinct || selectsEntity
  const completionOf = (orders: readonly OrderPair[]): readonly OrderPair[] | undefined =>
    isOfRows ? inDirectionOf(orders, keys) : everyValue(selected)
  const bounds = boundsOf(choices, orderable, completionOf, options, isOfRows)
  return {
    ...bounds,
    parts,
    completion: completionOf(bounds.orders),
    rows: (more) => `SELECT ${isDistinct ? 'DISTINCT ' : ''}${selectList(selected, more)} ${base.from}`,
    rome: (on) => {
      const query = base.begin(parts, on)
      return limits(addOrder(isDistinct ? query.distinct() : query, bounds, on), bounds)
    },
  }
}

/** Values of groups, or of all rows as one group. */
function groupedQuestion(choices: Choices, base: Base, options: QuestionOptions): Question | undefined {
  const ordered = base.values.filter((value) => value.kind.isOrdered)
  const groups = [...new Set(choices.list(0, 2, () => anyValue(choices, ordered)))]
  const aggregates = choices.list(groups.length === 0 ? 1 : 0, 3, () => aggregate(choices, base.values))
  const candidates = [...groups, ...aggregates]
  const parts =
    options.wanted === undefined
      ? choices.some(candidates, 1, candidates.length).map((value): Part => ({ kind: 'value', value }))
      : fittingParts(choices, [], candidates, options.wanted)
  if (parts === undefined) return undefined
  const selected = parts.flatMap((part) => (part.kind === 'value' ? [part.value] : []))
  // What is rounded is not told apart by both sides alike.
  if ((options.isOperand ?? false) && selected.some((value) => value.kind.isRounded)) return undefined
  const isAggregated = groups.length > 0 || selected.some((value) => aggregates.includes(value))
  if (!isAggregated) return undefined
  const having = choices.list(0, 1, () => predicate(choices, candidates, 1))
  const isDistinct = choices.chance(15) && selected.every((value) => !value.kind.isRounded)
  const completion = isDistinct ? everyValue(selected) : groups.map(usual)
  const bounds = boundsOf(choices, isDistinct ? selected : candidates, () => completion, options)
  const by = groups.length === 0 ? '' : ` GROUP BY ${groups.map((value) => value.sql).join(', ')}`
  const kept = having.length === 0 ? '' : ` HAVING ${having.map((term) => term.sql).join(' AND ')}`
  return {
    ...bounds,
    parts,
    completion,
    rows: (more) => `SELECT ${isDistinct ? 'DISTINCT ' : ''}${selectList(selected, more)} ${base.from}${by}${kept}`,
    rome: (on) => {
      let query = base.begin(parts, on)
      if (groups.length > 0) query = query.groupBy(...groups.map((group) => group.rome(on)))
      for (const term of having) query = query.having(term.rome(on))
      return limits(addOrder(isDistinct ? query.distinct() : query, bounds, on), bounds)
    },
  }
}

/** A column mostly, sometimes a comparison: `and_`, `or_` and `not_` would become part of what they are used in. */
function anyValue(choices: Choices, values: readonly ValuePair[]): ValuePair {
  if (!choices.chance(10)) return choices.pick(values)
  const { sql, rome } = predicate(choices, values, 1)
  return asValue({ sql: `(${sql}) = 1`, rome: (on) => rome(on).eq(true) })
}

function boundsOf(
  choices: Choices,
  orderable: readonly ValuePair[],
  completionOf: (orders: readonly OrderPair[]) => readonly OrderPair[] | undefined,
  { isOperand = false, isPaged = false }: QuestionOptions,
  isCompletedByItself = false,
): Bounds {
  const orders = choices.list(0, 3, () => orderBy(choices, orderable)).filter((order) => order !== undefined)
  if (isPaged) {
    const rest = isCompletedByItself ? [] : (completionOf(orders) ?? [])
    return { orders: [...orders, ...rest], limit: undefined, offset: 0 }
  }
  const bounds = drawBounds(choices, isOperand ? 25 : 45)
  if (!isOperand || (bounds.limit === undefined && bounds.offset === 0)) return { orders, ...bounds }
  const completion = completionOf(orders)
  return completion === undefined
    ? { orders, limit: undefined, offset: 0 }
    : { orders: [...orders, ...completion], ...bounds }
}

export function drawBounds(choices: Choices, percent: number): { limit: number | undefined; offset: number } {
  return {
    limit: choices.chance(percent) ? choices.pick([1, 2, 3, 5, 0, 8, 13, 40, 1000]) : undefined,
    offset: choices.chance(percent / 2) ? choices.pick([1, 2, 3, 0, 7, 20, 500]) : 0,
  }
}

export function orderBy(choices: Choices, values: readonly ValuePair[]): OrderPair | undefined {
  const ordered = values.filter((value) => value.kind.isOrdered)
  if (ordered.length === 0) return undefined
  return {
    value: choices.pick(ordered),
    isDescending: choices.chance(45),
    nulls: choices.weighted([
      [6, () => 'usual' as const],
      [1, () => 'first' as const],
      [1, () => 'last' as const],
    ]),
  }
}

const usual = (value: ValuePair): OrderPair => ({ value, isDescending: false, nulls: 'usual' })

/** Distinct rows are told apart by all of their values; undefined when one has no order. */
export function everyValue(values: readonly ValuePair[]): readonly OrderPair[] | undefined {
  return values.every((value) => value.kind.isOrdered) ? values.map(usual) : undefined
}

/** A primary key completes an order in the direction of its last term. */
export function inDirectionOf(orders: readonly OrderPair[], keys: readonly ValuePair[]): OrderPair[] {
  const isDescending = orders.at(-1)?.isDescending ?? false
  return keys.map((value) => ({ value, isDescending, nulls: 'usual' }))
}

/** Parts of the wanted kinds, one for each; undefined when some cannot be had. */
function fittingParts(
  choices: Choices,
  entities: readonly Part[],
  values: readonly ValuePair[],
  wanted: Wanted | undefined,
): readonly Part[] | undefined {
  const parts = wanted?.map((part) => {
    if ('model' in part) return entities.find((entity) => entity.kind === 'entity' && entity.model === part.model)
    const fitting = values.filter((value) => value.kind.family === part.family)
    return fitting.length === 0 ? undefined : { kind: 'value' as const, value: choices.pick(fitting) }
  })
  return parts?.every((part) => part !== undefined) ? parts : undefined
}

/** Whether a model can give all that is wanted. */
export function canGive(model: ModelShape, wanted: Wanted): boolean {
  return wanted.every((part) =>
    'model' in part ? part.model === model.name : model.columns.some((column) => column.kind.family === part.family),
  )
}

/** Begins a query with all that it selects, or with its model. */
function select(on: Vocabulary, alias: string, parts: readonly Part[], isDirect: boolean): AnyQuery {
  const selection = parts.map((part) => (part.kind === 'entity' ? on.model(part.alias) : part.value.rome(on)))
  if (isDirect) return on.query(...selection)
  const query = on.query(on.model(alias))
  if (parts.length === 1 && parts[0].kind === 'entity') return query
  return query.select(...(selection as [Expression<unknown>])) as unknown as AnyQuery
}

/** A count of rows and a predicate such as `in([])` do not say what model they are of. */
function showsModel(part: Part, columns: readonly ValuePair[]): boolean {
  return part.kind === 'entity' || columns.includes(part.value)
}

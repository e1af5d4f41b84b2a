import type { Expression, Predicate } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import { pairsSql, type RelationShape } from '../model-shape.js'
import type { PredicatePair, ValuePair } from '../pairs.js'
import { predicate } from '../predicates/predicate.js'
import type { AnyQuery, Vocabulary } from '../vocabulary.js'
import { type EntityPart, entityOf, type Models } from './parts.js'
import { type Scope, scopedSource } from './scope.js'

/** One more model beside those that a question reads. */
export interface Join {
  readonly entity: EntityPart
  /** The model in between, which cannot be named. */
  readonly middle: EntityPart | undefined
  readonly sql: string
  rome(query: AnyQuery, on: Vocabulary): AnyQuery
}

type Method = 'join' | 'outerJoin'

/** A relation of an entity that is read already. */
interface Way {
  readonly from: EntityPart
  readonly relation: RelationShape
}

/** Other models, or the same under other names. */
export function drawJoins(choices: Choices, models: Models, root: EntityPart, scope: Scope): Join[] {
  const before = [root]
  const joins: Join[] = []
  // The root's deleted rows alone, with all rows of the others.
  const scopeOfOthers = scope === 'deleted' ? 'all' : scope
  const others = Object.keys(models).filter((alias) => alias !== root.alias)
  for (const alias of choices.some(others, 1, 2)) {
    const ways = before.flatMap((from) =>
      models[from.alias].relations
        .filter(({ target }) => target === models[alias])
        .map((relation): Way => ({ from, relation })),
    )
    const byRelation = ways.length > 0 && choices.chance(50)
    const isAllNamed = joins.every(({ middle }) => middle === undefined)
    const join = byRelation
      ? joinByRelation(choices, models, { alias, ways, isRootFirst: root, isAllNamed, scope: scopeOfOthers })
      : joinByCondition(choices, models, alias, before, scopeOfOthers)
    if (join === undefined) continue
    before.push(join.entity)
    joins.push(join)
  }
  return joins
}

function joinByCondition(
  choices: Choices,
  models: Models,
  alias: string,
  before: readonly EntityPart[],
  scope: Scope,
): Join {
  const method = choices.pick(['join', 'outerJoin'] as const)
  const entity = entityOf(models[alias], alias, method === 'outerJoin')
  const left = before.flatMap(({ columns }) => columns)
  const condition = drawCondition(choices, left, entity.columns)
  return {
    entity,
    middle: undefined,
    sql: `${words[method]} ${scopedSource(models[alias], alias, scope)} ON ${condition.sql}`,
    rome: (query, on) => query[method](on.model(alias), condition.rome(on)) as unknown as AnyQuery,
  }
}

const words = { join: 'JOIN', outerJoin: 'LEFT JOIN' } as const

interface RelationJoin {
  readonly alias: string
  readonly ways: readonly Way[]
  readonly isRootFirst: EntityPart
  /** No model in between was joined, whose relations count too where one relation is looked for. */
  readonly isAllNamed: boolean
  readonly scope: Scope
}

/** By a relation, its name, or as the one that leads to a model. Only the last way gives the model another name. */
function joinByRelation(
  choices: Choices,
  models: Models,
  { alias, ways, isRootFirst: root, isAllNamed, scope }: RelationJoin,
): Join | undefined {
  const way = choices.pick(ways)
  const { from, relation } = way
  const isUnaliased = unaliased.has(alias)
  const targets: ((on: Vocabulary) => unknown)[] = []
  if (isUnaliased) targets.push((on) => on.columns(from.alias)[relation.name])
  if (isUnaliased && from === root) targets.push(() => relation.name)
  if (ways.length === 1 && isAllNamed) targets.push((on) => on.model(alias))
  if (targets.length === 0) return undefined
  const target = choices.pick(targets)
  const { through } = relation
  // An outer join over many-to-many is refused: it is two joins.
  const method: Method = through === undefined ? choices.pick(['join', 'outerJoin'] as const) : 'join'
  const entity = entityOf(models[alias], alias, method === 'outerJoin')
  const rome = (query: AnyQuery, on: Vocabulary): AnyQuery => query[method](target(on) as never) as unknown as AnyQuery
  const rows = scopedSource(models[alias], alias, scope)
  if (through === undefined) {
    const sql = `${words[method]} ${rows} ON ${pairsSql(relation.columns, from.alias, alias)}`
    return { entity, middle: undefined, sql, rome }
  }
  const middle = entityOf(through.model, `${alias}m`, false)
  const toMiddle = pairsSql(through.fromColumns, middle.alias, from.alias)
  const toTarget = pairsSql(through.toColumns, middle.alias, alias)
  const middleRows = scopedSource(through.model, middle.alias, scope)
  return { entity, middle, sql: `JOIN ${middleRows} ON ${toMiddle} JOIN ${rows} ON ${toTarget}`, rome }
}

/** The names of the models themselves. */
const unaliased: ReadonlySet<string> = new Set(['t0', 't1'])

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

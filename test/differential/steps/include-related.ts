import type { Choices } from '../choices.js'
import { expectWindow } from '../expectation.js'
import { type ColumnPairs, columnsUnder, type ModelShape, pairsSql, type RelationShape } from '../model-shape.js'
import { type OrderPair, orderTerm, type PredicatePair } from '../pairs.js'
import { relationsUnder } from '../predicates/inside.js'
import { predicate } from '../predicates/predicate.js'
import { ofColumns } from '../predicates/related.js'
import { drawOrder } from '../questions/bounds.js'
import { entityOf, outputsOf } from '../questions/parts.js'
import { plainQuestion } from '../questions/plain-question.js'
import { type Question, selectList, sqlInOrder } from '../questions/question.js'
import { type Scope, scopedSource, scopes } from '../questions/scope.js'
import { resultText } from '../results.js'
import { literalOf } from '../sql-text.js'
import { modelsByAlias } from '../store.js'
import type { Vocabulary } from '../vocabulary.js'
import type { World } from '../world.js'
import { ask } from './ask.js'

/** A relation to load, and what of it. */
interface Included {
  readonly relation: RelationShape
  /** The alias of the related rows in SQL. */
  readonly alias: string
  readonly filter: PredicatePair | undefined
  readonly orders: readonly OrderPair[]
  readonly limit: number | undefined
  readonly next: Included | undefined
}

/** Loads relations with the rows of a model, and compares what each row is related to. */
export async function includeRelated(choices: Choices, world: World): Promise<void> {
  const models = modelsByAlias(world.models)
  const aliases = Object.keys(models).filter((alias) => models[alias].relations.length > 0)
  if (aliases.length === 0) return ask(choices, world)
  const alias = choices.pick(aliases)
  const model = models[alias]
  const scope = choices.pick(scopes)
  const isUnmanaged = choices.chance(20)
  const plain = plainQuestion(choices, model, alias, scope, [])
  const drawn = choices.some(model.relations, 1, 2).map((relation) => drawIncluded(choices, relation, 0))
  const relations = drawn.flatMap(relationsIn)
  // An entity may be met twice, with one collection for each relation: then the last way to load it would count.
  const included = new Set(relations).size === relations.length ? drawn : drawn.map(whole)
  const question: Question = {
    ...plain,
    rome: (on) => {
      const query = included.reduce((before, part) => before.include(wordsFor(part, on) as never), plain.rome(on))
      return isUnmanaged ? query.unmanaged() : query
    },
  }
  const sql = sqlInOrder(question)
  const all = world.reference.readShown(sql, outputsOf(question.parts))
  await world.onEachStore(question, sql, '.all()', async (query) => {
    const roots = (await query.all()) as object[]
    expectWindow(
      all,
      undefined,
      0,
      roots.map((root) => resultText(question, root)),
    )
    for (const part of included) {
      for (const root of roots) compareRelated(world, model, root, part, scope === 'live' ? 'live' : 'all')
    }
  })
}

function drawIncluded(choices: Choices, relation: RelationShape, level: number): Included {
  const { target, kind } = relation
  const alias = `i${level}`
  const columns = columnsUnder(alias, target)
  const isCollection = kind === 'oneToMany' || kind === 'manyToMany'
  const inside = { relations: relationsUnder(alias, target.relations) }
  const filter = isCollection && choices.chance(30) ? predicate(choices, columns, 1, inside) : undefined
  const orders = isCollection ? choices.list(0, 2, () => drawOrder(choices, columns)) : []
  const limit = isCollection && choices.chance(20) ? choices.pick([1, 2, 0]) : undefined
  const isNested = level === 0 && target.relations.length > 0 && choices.chance(40)
  const next = isNested ? drawIncluded(choices, choices.pick(target.relations), level + 1) : undefined
  return { relation, alias, filter, orders: orders.filter((order) => order !== undefined), limit, next }
}

function relationsIn({ relation, next }: Included): RelationShape[] {
  return next === undefined ? [relation] : [relation, ...relationsIn(next)]
}

/** All that is related, in any order. */
function whole(part: Included): Included {
  const { next } = part
  return { ...part, filter: undefined, orders: [], limit: undefined, next: next && whole(next) }
}

/** A path when nothing more is said, else an object. */
function wordsFor(part: Included, on: Vocabulary): unknown {
  return isPath(part) ? pathOf(part) : objectFor(part, on)
}

function isPath({ filter, orders, limit, next }: Included): boolean {
  return filter === undefined && orders.length === 0 && limit === undefined && (next === undefined || isPath(next))
}

function pathOf({ relation, next }: Included): string {
  return next === undefined ? relation.name : `${relation.name}.${pathOf(next)}`
}

function objectFor({ relation, alias, filter, orders, limit, next }: Included, on: Vocabulary): object {
  const terms = (words: typeof on): unknown => orders.map((order) => orderTerm(order)(words))
  const options = {
    ...(filter === undefined ? {} : { filter: ofColumns(alias, filter.rome, on) }),
    ...(orders.length === 0 ? {} : { orderBy: ofColumns(alias, terms, on) }),
    ...(limit === undefined ? {} : { limit }),
    ...(next === undefined ? {} : { include: objectFor(next, on) }),
  }
  return { [relation.name]: Object.keys(options).length === 0 ? true : options }
}

/** What an entity says that it is related to, and on from there. */
function compareRelated(world: World, model: ModelShape, entity: object, part: Included, scope: Scope): void {
  const { relation, alias, filter, orders, limit, next } = part
  const { target } = relation
  const columns = columnsUnder(alias, target)
  const parts = [entityOf(target, alias, false)]
  const condition = filter === undefined ? '' : ` AND (${filter.sql})`
  const from = `FROM ${scopedSource(target, alias, scope)} WHERE ${linkSql(model, entity, part, scope)}${condition}`
  const sql = sqlInOrder({ parts, orders, rows: (more) => `SELECT ${selectList(columns, more)} ${from}` })
  const expected = world.reference.readShown(sql, columns)
  const related = relatedEntities(Reflect.get(entity, relation.name))
  expectWindow(
    expected,
    // Deleted rows may be several where a row that is not deleted is one.
    relation.kind === 'oneToOne' ? 1 : limit,
    0,
    related.map((each) => resultText({ parts }, each)),
  )
  if (next !== undefined) for (const each of related) compareRelated(world, target, each, next, scope)
}

/** That a row is related to an entity. */
function linkSql(model: ModelShape, entity: object, { relation, alias }: Included, scope: Scope): string {
  const equal = (pairs: ColumnPairs, own: 0 | 1, under: string): string =>
    pairs
      .map((pair) => {
        const column = model.columns.find(({ name }) => name === pair[own])
        if (column === undefined) throw new TypeError(`no column ${pair[own]}`)
        return `${under}.${pair[1 - own]} = ${literalOf(column.kind, Reflect.get(entity, column.name))}`
      })
      .join(' AND ')
  const { columns, through } = relation
  if (through === undefined) return equal(columns, 0, alias)
  const links = `${equal(through.fromColumns, 1, 'm')} AND ${pairsSql(through.toColumns, 'm', alias)}`
  return `EXISTS (SELECT 1 FROM ${scopedSource(through.model, 'm', scope)} WHERE ${links})`
}

/** What a loaded `Collection` or `Ref` holds. */
function relatedEntities(property: unknown): object[] {
  const side = property as { toArray?(): object[]; get(): object | null }
  if (side.toArray !== undefined) return side.toArray()
  try {
    const entity = side.get()
    return entity === null ? [] : [entity]
  } catch (error) {
    // The row that it must lead to is deleted.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ROME_NO_RESULT') return []
    throw error
  }
}

import type { Choices } from '../choices.js'
import { columnsUnder, type ModelShape } from '../model-shape.js'
import type { OrderPair } from '../pairs.js'
import { relationsUnder } from '../predicates/inside.js'
import { predicate } from '../predicates/predicate.js'
import { type Question, selectList } from './question.js'
import { type Scope, scoped, scopeSql } from './scope.js'
import { filtered } from './sources.js'

/** The rows of one model by a filter. */
export function plainQuestion(
  choices: Choices,
  model: ModelShape,
  alias: string,
  scope: Scope,
  orders: readonly OrderPair[],
): Question {
  const columns = columnsUnder(alias, model)
  const filters = choices.list(0, 2, () =>
    predicate(choices, columns, 2, { relations: relationsUnder(alias, model.relations) }),
  )
  const where = [scopeSql(model, alias, scope), ...filters.map((filter) => `(${filter.sql})`)].join(' AND ')
  return {
    parts: [{ kind: 'entity', alias, model: model.name, columns, keys: [] }],
    orders,
    limit: undefined,
    offset: 0,
    completion: undefined,
    rows: (more) => `SELECT ${selectList(columns, more)} FROM ${model.name} AS ${alias} WHERE ${where}`,
    rome: (on) => filtered(scoped(on.query(on.model(alias)), scope), filters, on),
  }
}

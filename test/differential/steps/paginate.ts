import type { PaginateOptions } from '../../../lib/query/paginate.js'
import type { Choices } from '../choices.js'
import { expectExactly } from '../expectation.js'
import { columnsUnder, keysOf, type ModelShape } from '../model-shape.js'
import type { OrderPair } from '../pairs.js'
import { inDirectionOf } from '../questions/bounds.js'
import { plainQuestion } from '../questions/plain-question.js'
import { type Question, sqlInOrder } from '../questions/question.js'
import { scopes } from '../questions/scope.js'
import { resultText } from '../results.js'
import { modelsByAlias } from '../store.js'
import type { AnyQuery } from '../vocabulary.js'
import type { World } from '../world.js'

/** Walks through a model's rows by markers, which are entities or primary keys. */
export async function paginate(choices: Choices, world: World): Promise<void> {
  const models = modelsByAlias(world.models)
  const alias = choices.pick(Object.keys(models))
  const model = models[alias]
  const columns = columnsUnder(alias, model)
  const sorted = choices.some(
    columns.filter(({ kind }) => kind.isOrdered),
    0,
    3,
  )
  const orders = sorted.map((value): OrderPair => ({ value, isDescending: choices.chance(50), nulls: 'usual' }))
  const limit = choices.pick([3, 1, 2, 5, 100])
  const marks = choices.pick(['entity', 'key'] as const)
  const question = plainQuestion(choices, model, alias, choices.pick(scopes), orders)
  const sql = sqlInOrder(question, [
    ...orders,
    ...inDirectionOf(
      orders,
      keysOf(model).map((key) => columns[model.columns.indexOf(key)]),
    ),
  ])
  const expected = world.reference.readShown(sql, columns).map(({ row }) => row)
  const options = {
    limit,
    sortKeys: sorted.map(({ sql }) => sql.slice(alias.length + 1)),
    sortDirs: orders.map(({ isDescending }) => (isDescending ? 'desc' : 'asc')),
  } as const
  const markerOf = (entity: object): unknown => (marks === 'entity' ? entity : keyOf(model, entity))
  await world.onEachStore(question, sql, `.paginate(${JSON.stringify(options)})`, (query) =>
    walk(query, question, expected, options, markerOf),
  )
}

async function walk(
  query: AnyQuery,
  question: Question,
  expected: readonly string[],
  options: PaginateOptions<Record<string, unknown>> & { readonly limit: number },
  markerOf: (entity: object) => unknown,
): Promise<void> {
  let start = 0
  let marker: unknown
  for (;;) {
    const found = await query.paginate({ ...options, ...(marker === undefined ? {} : { marker: marker as object }) })
    const rows = expected.slice(start, start + options.limit)
    expectExactly(
      `paginate ${JSON.stringify(options)} from ${start}`,
      rows,
      found.map((item) => resultText(question, item)),
    )
    if (found.length === 0) return
    start += found.length
    marker = markerOf(found.at(-1) as object)
  }
}

/** A key of one column by its value, of several as an object or an array. */
function keyOf(model: ModelShape, entity: object): unknown {
  const keys = keysOf(model).map(({ name }) => [name, Reflect.get(entity, name)] as const)
  return keys.length === 1 ? keys[0][1] : Object.fromEntries(keys)
}

import type { Choices } from '../choices.js'
import { expectEqual } from '../expectation.js'
import { columnsUnder, columnWithRole, type ModelShape } from '../model-shape.js'
import { orderedBy } from '../pairs.js'
import { predicate } from '../predicates/predicate.js'
import { insideOf } from '../questions/model-question.js'
import { scoped, scopeSql, scopes } from '../questions/scope.js'
import { filtered } from '../questions/sources.js'
import { anyValue } from '../rows.js'
import { literalOf } from '../sql-text.js'
import { innerModels, modelsByAlias } from '../store.js'
import { type AnyQuery, recordingVocabulary, type Vocabulary, written } from '../vocabulary.js'
import type { World } from '../world.js'

/** What is done to the rows that a filter finds. */
interface Change {
  readonly name: string
  readonly sql: string
  /** Rows that are deleted already are left alone. */
  readonly isOfLiveRows: boolean
  run(query: AnyQuery, on: Vocabulary): Promise<number>
}

/** Updates or deletes by a filter, counts the rows, and compares the whole table. */
export async function changeRows(choices: Choices, world: World): Promise<void> {
  const models = modelsByAlias(world.models)
  const alias = choices.pick(Object.keys(models))
  const model = models[alias]
  const scope = choices.pick(scopes)
  const columns = orderedBy(choices, columnsUnder(alias, model))
  const inside = insideOf(innerModels(world.models))
  const filters = choices.list(0, 2, () => predicate(choices, columns, 2, inside))
  const change = anyChange(choices, world, model, alias)
  const conditions = [scopeSql(model, alias, scope), ...filters.map((filter) => `(${filter.sql})`)]
  if (change.isOfLiveRows) conditions.push(scopeSql(model, alias, 'live'))
  const sql = `${change.sql} WHERE ${conditions.join(' AND ')}`
  let changed = 0
  const isFine = world.reference.try(() => {
    changed = world.reference.run(sql)
  })
  const queryIn = (on: Vocabulary): AnyQuery => {
    const query = scoped(on.query(on.model(alias)), scope)
    return filters.length === 0 ? query.everything() : filtered(query, filters, on)
  }
  const text = (): string => `${written(queryIn(recordingVocabulary()))}.${change.name}\n  ${sql}`
  await world.onEach(text, async (on) => {
    const outcome = await change.run(queryIn(on), on).catch(codeOf)
    expectEqual(`the count of ${change.name}`, isFine ? changed : 'ROME_UNIQUE', outcome)
  })
  await world.compareTables()
}

function anyChange(choices: Choices, world: World, model: ModelShape, alias: string): Change {
  const isSoft = columnWithRole(model, 'deletedAt') !== undefined
  const now = world.tick()
  const erase = `DELETE FROM ${model.name} AS ${alias}`
  const stamps = ['deletedAt', ...stamped(model)].map((name) => stamp(name, now))
  const mark = `UPDATE ${model.name} AS ${alias} SET ${stamps.join(', ')}`
  return choices.weighted<Change>([
    [5, () => update(choices, model, alias, now)],
    [1, () => ({ name: 'delete()', sql: isSoft ? mark : erase, isOfLiveRows: isSoft, run: (query) => query.delete() })],
    [
      isSoft ? 1 : 0,
      () => ({ name: 'softDelete()', sql: mark, isOfLiveRows: true, run: (query) => query.softDelete() }),
    ],
    [1, () => ({ name: 'hardDelete()', sql: erase, isOfLiveRows: false, run: (query) => query.hardDelete() })],
  ])
}

/** Sets columns to values, or to what another column of the row was before. */
function update(choices: Choices, model: ModelShape, alias: string, now: number): Change {
  const values = columnsUnder(alias, model)
  const settable = model.columns.filter(({ role }) => role === 'data')
  const setters = choices.some(settable, 1, 2).map((column) => {
    const sources = values.filter((value) => value.kind === column.kind && (column.isNullable || !value.isNullable))
    if (sources.length > 0 && choices.chance(30)) {
      const source = choices.pick(sources)
      return { name: column.name, sql: source.sql, rome: (on: Vocabulary): unknown => source.rome(on) }
    }
    const value = anyValue(choices, column)
    return { name: column.name, sql: literalOf(column.kind, value), rome: () => value }
  })
  const set = [...setters.map(({ name, sql }) => `${name} = ${sql}`), ...stamped(model).map((name) => stamp(name, now))]
  const valuesIn = (on: Vocabulary): object => Object.fromEntries(setters.map(({ name, rome }) => [name, rome(on)]))
  return {
    name: `update(${set.join(', ')})`,
    sql: `UPDATE ${model.name} AS ${alias} SET ${set.join(', ')}`,
    isOfLiveRows: false,
    run: (query, on) => query.update(valuesIn(on) as never),
  }
}

/** The columns that every change of a row sets besides. */
export function stamped(model: ModelShape): string[] {
  return model.columns.filter(({ role }) => role === 'updatedAt' || role === 'version').map(({ name }) => name)
}

export function stamp(name: string, now: number): string {
  return name === 'version' ? 'version = version + 1' : `${name} = ${now}`
}

function codeOf(error: unknown): unknown {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ROME_UNIQUE') return error.code
  throw error
}

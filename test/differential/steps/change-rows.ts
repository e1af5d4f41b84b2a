import type { Choices } from '../choices.js'
import { columnsUnder, columnWithRole, keysOf, type ModelShape } from '../model-shape.js'
import { orderedBy, type PredicatePair } from '../pairs.js'
import { relationsUnder } from '../predicates/inside.js'
import { predicate } from '../predicates/predicate.js'
import { askingOf } from '../questions/model-question.js'
import { scoped, scopeSql, scopes } from '../questions/scope.js'
import { filtered } from '../questions/sources.js'
import { stampsOf } from '../reference-triggers.js'
import { anyValue } from '../rows.js'
import { literalOf } from '../sql-text.js'
import { innerModels, modelsByAlias } from '../store.js'
import { type AnyQuery, recordingVocabulary, type Vocabulary, written } from '../vocabulary.js'
import type { World } from '../world.js'
import { expectOutcome, ruleCode } from './rule-code.js'

/** What a column is set to. */
interface Setter {
  readonly name: string
  readonly sql: string
  rome(on: Vocabulary): unknown
}

/** What is done to the rows that a filter finds. */
interface Change {
  readonly name: string
  readonly sql: string
  /** Rows that are deleted already are left alone. */
  readonly isOfLiveRows: boolean
  run(query: AnyQuery, on: Vocabulary): Promise<number>
}

/** Rows of a model under an alias. */
export interface Target {
  readonly alias: string
  readonly filter: PredicatePair
}

/** Updates or deletes by a filter, counts the rows, and compares the whole table. @param target the rows, if given. */
export async function changeRows(choices: Choices, world: World, target?: Target): Promise<void> {
  const models = modelsByAlias(world.models)
  const alias = target?.alias ?? choices.pick(Object.keys(models))
  const model = models[alias]
  const scope = target === undefined ? choices.pick(scopes) : 'all'
  const columns = orderedBy(choices, columnsUnder(alias, model))
  const inside = { ask: askingOf(innerModels(world.models)), relations: relationsUnder(alias, model.relations) }
  const drawn = (): PredicatePair[] => choices.list(0, 2, () => predicate(choices, columns, 2, inside))
  const filters = target === undefined ? drawn() : [target.filter]
  const change = anyChange(choices, world, model, alias)
  const conditions = [scopeSql(model, alias, scope), ...filters.map((filter) => `(${filter.sql})`)]
  if (change.isOfLiveRows) conditions.push(scopeSql(model, alias, 'live'))
  const where = conditions.join(' AND ')
  // Read first, so that no row is met again as what it became.
  const rows = world.reference.read(`SELECT ${alias}.rowid FROM ${model.name} AS ${alias} WHERE ${where}`).flat()
  const broken = world.reference.try(() => world.reference.run(`${change.sql} WHERE rowid IN (${rows.join()})`))
  const queryIn = (on: Vocabulary): AnyQuery => {
    const query = scoped(on.query(on.model(alias)), scope)
    return filters.length === 0 ? query.everything() : filtered(query, filters, on)
  }
  const text = (): string => `${written(queryIn(recordingVocabulary()))}.${change.name}\n  ${change.sql} WHERE ${where}`
  await world.onEach(text, async (on) => {
    const outcome = await change.run(queryIn(on), on).catch(ruleCode)
    expectOutcome(`the outcome of ${change.name}`, broken, rows.length, outcome)
  })
  await world.compareTables()
}

function anyChange(choices: Choices, world: World, model: ModelShape, alias: string): Change {
  const isSoft = columnWithRole(model, 'deletedAt') !== undefined
  world.tick()
  const erase = `DELETE FROM ${model.name}`
  const mark = `UPDATE ${model.name} SET ${['deletedAt = time_now()', ...stampsOf(model)].join(', ')}`
  return choices.weighted<Change>([
    [5, () => update(choices, world, model, alias)],
    [1, () => ({ name: 'delete()', sql: isSoft ? mark : erase, isOfLiveRows: isSoft, run: (query) => query.delete() })],
    [
      isSoft ? 1 : 0,
      () => ({ name: 'softDelete()', sql: mark, isOfLiveRows: true, run: (query) => query.softDelete() }),
    ],
    [1, () => ({ name: 'hardDelete()', sql: erase, isOfLiveRows: false, run: (query) => query.hardDelete() })],
  ])
}

/** Sets columns to values, or to what another column of the row was before, and foreign keys as a whole. */
function update(choices: Choices, world: World, model: ModelShape, alias: string): Change {
  const values = columnsUnder(alias, model)
  const settable = model.columns.filter(({ role, isReference }) => role === 'data' && !isReference)
  const ofData = choices.some(settable, 1, 2).map((column): Setter => {
    const sources = values.filter((value) => value.kind === column.kind && (column.isNullable || !value.isNullable))
    if (sources.length > 0 && choices.chance(30)) {
      const source = choices.pick(sources)
      return { name: column.name, sql: source.sql, rome: source.rome }
    }
    const value = anyValue(choices, column)
    return { name: column.name, sql: literalOf(column.kind, value), rome: () => value }
  })
  const setters = [...ofData, ...(choices.chance(40) ? setReference(choices, world, model, alias) : [])]
  const set = [...setters.map(({ name, sql }) => `${name} = ${sql}`), ...stampsOf(model)]
  const valuesIn = (on: Vocabulary): object => Object.fromEntries(setters.map(({ name, rome }) => [name, rome(on)]))
  return {
    name: `update(${set.join(', ')})`,
    sql: `UPDATE ${model.name} AS ${alias} SET ${set.join(', ')}`,
    isOfLiveRows: false,
    run: (query, on) => query.update(valuesIn(on) as never),
  }
}

/** Another row for one of the foreign keys, or each row itself. */
function setReference(choices: Choices, world: World, model: ModelShape, alias: string): Setter[] {
  const reference = choices.pick([undefined, ...model.references])
  if (reference === undefined) return []
  const { own, target } = reference
  const keys = keysOf(model)
  if (target === model.name && choices.chance(20)) {
    return own.map(({ name }, place) => {
      const key = keys[place].name
      return { name, sql: `${alias}.${key}`, rome: (on) => on.columns(alias)[key] }
    })
  }
  const values = world.drawTarget(choices, reference)
  return own.map(({ name, kind }) => ({ name, sql: literalOf(kind, values[name]), rome: () => values[name] }))
}

import type { Choices } from '../choices.js'
import { columnWithRole, keysOf, type ModelShape } from '../model-shape.js'
import { anyValue, rowValues, type Values } from '../rows.js'
import { literalOf, shown, shownProperty, sqlLiteral } from '../sql-text.js'
import type { Store } from '../store.js'
import type { SqlValue } from '../value-kinds.js'
import { written } from '../vocabulary.js'
import type { World } from '../world.js'
import { stamp, stamped } from './change-rows.js'

/** One change of the unit of work, on both sides. */
interface EntityChange {
  readonly text: string
  readonly sql: () => void
  /** Loads what is needed, and gives what is to be done when all has been loaded: loading writes pending changes. */
  rome(store: Store): Promise<() => void>
}

/** Adds, changes and deletes a few entities of different keys; they are pending until the next query. */
export async function changeEntities(choices: Choices, world: World): Promise<void> {
  const model = choices.pick(world.models)
  const names = keysOf(model).map(({ name }) => name)
  const keys = world.reference.read(`SELECT ${names.join()} FROM ${model.name} ORDER BY ${names.join()}`)
  const now = world.tick()
  const chosen = choices.some(keys, 0, 3)
  const changes = chosen.flatMap((key) => changeOf(choices, world, model, key, now) ?? [])
  const added = choices
    .list(0, 2, () => rowValues(choices, model, 60))
    .filter((values) => !isTaken(world, model, values))
  const distinct = new Map(added.map((values) => [keyText(model, values), values]))
  for (const values of distinct.values()) changes.push(addition(world, model, values))
  const isFine = world.reference.try(() => {
    for (const change of changes) change.sql()
  })
  if (!isFine) return
  const text = (): string => changes.map((change) => change.text).join('; ')
  await world.onEach(text, async (_, store) => {
    const loaded: (() => void)[] = []
    for (const change of changes) loaded.push(await change.rome(store))
    for (const apply of loaded) apply()
  })
}

function addition(world: World, model: ModelShape, values: Values): EntityChange {
  return {
    text: `add(${model.name}, ${written(values)})`,
    sql: () => world.reference.insert(model, values),
    rome: async (store) => () => store.add(model, world.known(model, values)),
  }
}

function changeOf(
  choices: Choices,
  world: World,
  model: ModelShape,
  key: SqlValue[],
  now: number,
): EntityChange | undefined {
  const names = model.columns.map(({ name }) => name)
  const where = keysOf(model)
    .map(({ name }, position) => `${name} = ${sqlLiteral(key[position])}`)
    .join(' AND ')
  const [row] = world.reference.read(`SELECT ${names.join(', ')} FROM ${model.name} WHERE ${where}`)
  const isSoft = columnWithRole(model, 'deletedAt') !== undefined
  const isDeleted = isSoft && row[names.indexOf('deletedAt')] !== null
  const entityIn = (store: Store): Promise<Record<string, unknown>> =>
    store.session.getOrThrow(store.classOf(model), world.keyOf(model, key) as never, { withDeleted: true })
  const data = model.columns.filter(({ role }) => role === 'data')
  const column = choices.pick(data)
  const value = anyValue(choices, column)
  const isSame = shown(column.kind, row[names.indexOf(column.name)]) === shownProperty(column.kind, value)
  const stamps = stamped(model).map((name) => stamp(name, now))
  const erase = `DELETE FROM ${model.name} WHERE ${where}`
  const mark = `UPDATE ${model.name} SET ${[stamp('deletedAt', now), ...stamps].join(', ')} WHERE ${where}`
  const set = [`${column.name} = ${literalOf(column.kind, value)}`, ...stamps].join(', ')
  return choices.weighted<EntityChange | undefined>([
    [
      4,
      () =>
        isSame
          ? undefined
          : {
              text: `set ${model.name} ${where}: ${column.name} = ${written(value)}`,
              sql: () => world.reference.run(`UPDATE ${model.name} SET ${set} WHERE ${where}`),
              rome: async (store) => {
                const entity = await entityIn(store)
                return () => {
                  entity[column.name] = value
                }
              },
            },
    ],
    [
      1,
      () =>
        isDeleted
          ? undefined
          : {
              text: `delete ${model.name} ${where}`,
              sql: () => world.reference.run(isSoft ? mark : erase),
              rome: async (store) => {
                const entity = await entityIn(store)
                return () => store.session.delete(entity)
              },
            },
    ],
    [
      1,
      () => ({
        text: `hardDelete ${model.name} ${where}`,
        sql: () => world.reference.run(erase),
        rome: async (store) => {
          const entity = await entityIn(store)
          return () => store.session.hardDelete(entity)
        },
      }),
    ],
  ])
}

function isTaken(world: World, model: ModelShape, values: Values): boolean {
  const where = keysOf(model)
    .map(({ name, kind }) => `${name} = ${literalOf(kind, values[name])}`)
    .join(' AND ')
  return world.reference.read(`SELECT 1 FROM ${model.name} WHERE ${where}`).length > 0
}

function keyText(model: ModelShape, values: Values): string {
  return keysOf(model)
    .map(({ name, kind }) => shownProperty(kind, values[name]))
    .join()
}

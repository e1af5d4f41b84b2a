import type { Choices } from '../choices.js'
import { columnWithRole, keysOf, type ModelShape } from '../model-shape.js'
import { stampsOf } from '../reference-triggers.js'
import { anyValue, type Values } from '../rows.js'
import { literalOf, shown, shownProperty, sqlLiteral } from '../sql-text.js'
import type { Store } from '../store.js'
import type { SqlValue } from '../value-kinds.js'
import { written } from '../vocabulary.js'
import type { World } from '../world.js'
import { expectOutcome, ruleCode } from './rule-code.js'

/** One change of the unit of work, on both sides. */
interface EntityChange {
  readonly text: string
  /** What it does in SQLite, and the condition of the rows that it erases there. */
  readonly sql?: () => void
  readonly erased?: string
  /** Loads what is needed, and gives what is to be done when all has been loaded: loading writes pending changes. */
  rome(store: Store): Promise<() => void>
}

/** Adds, changes and deletes a few entities of different keys; they are pending until the next query. */
export async function changeEntities(choices: Choices, world: World): Promise<void> {
  const model = choices.pick(world.models)
  const names = keysOf(model).map(({ name }) => name)
  const keys = world.reference.read(`SELECT ${names.join()} FROM ${model.name} ORDER BY ${names.join()}`)
  world.tick()
  const chosen = choices.some(keys, 0, 3)
  const changes = chosen.flatMap((key) => changeOf(choices, world, model, key) ?? [])
  const added = choices
    .list(0, 2, () => world.drawRow(choices, model, 60))
    .filter((values) => !isTaken(world, model, values))
  const distinct = new Map(added.map((values) => [keyText(model, values), values]))
  for (const values of distinct.values()) changes.push(addition(world, model, values))
  const erased = changes.flatMap((change) => (change.erased === undefined ? [] : [{ model, where: change.erased }]))
  const broken = world.reference.try(() => {
    for (const change of changes) change.sql?.()
  }, erased)
  const text = (): string => changes.map((change) => change.text).join('; ')
  const load = async (store: Store): Promise<(() => void)[]> => {
    const loaded: (() => void)[] = []
    for (const change of changes) loaded.push(await change.rome(store))
    return loaded
  }
  if (broken.length > 0) return refused(world, text, broken, load)
  await world.onEach(text, async (_, store) => {
    for (const apply of await load(store)) apply()
  })
  world.hasPendingEntities = true
}

/** Changes that break a rule are refused when they are written, and taken back. */
async function refused(
  world: World,
  text: () => string,
  broken: readonly string[],
  load: (store: Store) => Promise<(() => void)[]>,
): Promise<void> {
  await world.onEach(
    () => `${text()}; flush(), which is refused by ${broken.join()}`,
    async (_, store) => {
      const loaded = await load(store)
      const savepoint = await store.session.savepoint()
      for (const apply of loaded) apply()
      const outcome = await store.session.flush().then(() => 'written', ruleCode)
      expectOutcome('the outcome of flush()', broken, 'written', outcome)
      await savepoint.rollback()
    },
  )
  await world.compareTables()
}

function addition(world: World, model: ModelShape, values: Values): EntityChange {
  return {
    text: `add(${model.name}, ${written(values)})`,
    sql: () => world.reference.insert(model, world.known(model, values)),
    rome: async (store) => () => store.add(model, values),
  }
}

function changeOf(choices: Choices, world: World, model: ModelShape, key: SqlValue[]): EntityChange | undefined {
  const names = model.columns.map(({ name }) => name)
  const where = keysOf(model)
    .map(({ name }, position) => `${name} = ${sqlLiteral(key[position])}`)
    .join(' AND ')
  const [row] = world.reference.read(`SELECT ${names.join(', ')} FROM ${model.name} WHERE ${where}`)
  const isSoft = columnWithRole(model, 'deletedAt') !== undefined
  const isDeleted = isSoft && row[names.indexOf('deletedAt')] !== null
  const property = world.keyOf(model, key)
  const entityIn = (store: Store): Promise<Record<string, unknown>> =>
    store.session.getOrThrow(store.classOf(model), (property.length === 1 ? property[0] : property) as never, {
      withDeleted: true,
    })
  const values = drawValues(choices, world, model)
  const isSame = Object.entries(values).every(([name, value]) => {
    const place = names.indexOf(name)
    const { kind } = model.columns[place]
    return shown(kind, row[place]) === shownProperty(kind, value)
  })
  const stamps = stampsOf(model)
  const mark = `UPDATE ${model.name} SET ${['deletedAt = time_now()', ...stamps].join(', ')} WHERE ${where}`
  const literals = Object.entries(values).map(([name, value]) => {
    return `${name} = ${literalOf(model.columns[names.indexOf(name)].kind, value)}`
  })
  const set: EntityChange = {
    text: `set ${model.name} ${where}: ${written(values)}`,
    sql: () => world.reference.run(`UPDATE ${model.name} SET ${[...literals, ...stamps].join(', ')} WHERE ${where}`),
    rome: async (store) => {
      const entity = await entityIn(store)
      return () => Object.assign(entity, values)
    },
  }
  const remove: EntityChange = {
    text: `delete ${model.name} ${where}`,
    ...(isSoft ? { sql: () => world.reference.run(mark) } : { erased: where }),
    rome: async (store) => {
      const entity = await entityIn(store)
      return () => store.session.delete(entity)
    },
  }
  const hardDelete: EntityChange = {
    text: `hardDelete ${model.name} ${where}`,
    erased: where,
    rome: async (store) => {
      const entity = await entityIn(store)
      return () => store.session.hardDelete(entity)
    },
  }
  return choices.weighted<EntityChange | undefined>([
    [4, () => (isSame ? undefined : set)],
    [1, () => (isDeleted ? undefined : remove)],
    [1, () => hardDelete],
  ])
}

/** A new value for one column, or for a foreign key. */
function drawValues(choices: Choices, world: World, model: ModelShape): Values {
  const column = choices.pick(model.columns.filter(({ role }) => role === 'data'))
  const reference = model.references.find(({ own }) => own.includes(column))
  return reference === undefined ? { [column.name]: anyValue(choices, column) } : world.drawTarget(choices, reference)
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

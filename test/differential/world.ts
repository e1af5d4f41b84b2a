import { Choices } from './choices.js'
import { Difference, expectExactly } from './expectation.js'
import { describeIndexes } from './model-class.js'
import { columnsUnder, keysOf, type ModelShape, modelShape } from './model-shape.js'
import type { Question } from './question.js'
import { createTable, Reference } from './reference.js'
import { rowValues, type Values } from './rows.js'
import { shown, shownProperty } from './sql-text.js'
import { ask } from './steps/ask.js'
import { changeEntities } from './steps/change-entities.js'
import { changeRows } from './steps/change-rows.js'
import { paginate } from './steps/paginate.js'
import { readPages } from './steps/read-pages.js'
import { Store, type StoreKind, time } from './store.js'
import type { SqlValue } from './value-kinds.js'
import { type AnyQuery, recordingVocabulary, type Vocabulary, written } from './vocabulary.js'

/** A seed, or the tape of the choices that were made. */
export type Source = number | readonly number[]

/** What a world is made of: each part has choices of its own, so that parts can be left out one by one. */
export interface WorldPlan {
  readonly models: Source
  readonly rows: readonly Source[]
  readonly steps: readonly Source[]
}

/** What happened in a world before something was wrong. */
export interface Failure {
  readonly error: unknown
  readonly plan: WorldPlan
  readonly story: string
}

/** The same rows in SQLite and in some stores, and what is done with them step by step. */
export class World {
  readonly models: readonly ModelShape[]
  readonly reference: Reference
  readonly stores: readonly Store[]
  /** What was done last: printed when it goes wrong. */
  #current: () => string = () => ''
  readonly #story: string[] = []
  readonly #knownKeys = new Map<string, Values>()
  /** Whether changed entities wait for the next query to be written. */
  hasPendingEntities = false
  /** Questions asked, on however many stores. */
  questions = 0

  constructor(choices: Choices, kinds: readonly StoreKind[]) {
    this.models = ['alpha', 'beta'].map((name) => modelShape(choices, name))
    this.reference = new Reference(this.models)
    this.stores = kinds.map((kind) => new Store(kind, this.models))
    time.now = new Date(1_000_000)
    for (const model of this.models) this.#story.push(createTable(model), ...describeIndexes(model))
  }

  async open(): Promise<void> {
    for (const store of this.stores) await store.open()
  }

  async close(): Promise<void> {
    for (const store of this.stores) {
      await store.close()
      store.kind.remove?.()
    }
    this.reference.close()
  }

  /** Adds a row to both sides, unless its key or a unique value is taken. */
  add(choices: Choices, rowsMost: number): void {
    const model = choices.pick(this.models)
    const values = rowValues(choices, model, rowsMost)
    if (this.#knownKeys.has(this.#keyText(model, values))) return
    this.known(model, values)
    if (!this.reference.try(() => this.reference.insert(model, values))) return
    this.#story.push(`${model.name} ${written(values)}`)
    for (const store of this.stores) store.add(model, values)
  }

  /** Notes the key of a row, so that it can be found again by what SQLite tells of it. */
  known(model: ModelShape, values: Values): Values {
    this.#knownKeys.set(this.#keyText(model, values), values)
    return values
  }

  /** The primary key that SQLite's values stand for, as a user gives it. */
  keyOf(model: ModelShape, key: readonly SqlValue[]): unknown {
    const text = `${model.name} ${keysOf(model)
      .map(({ kind }, position) => shown(kind, key[position]))
      .join()}`
    const values = this.#knownKeys.get(text) as Values
    const parts = keysOf(model).map(({ name }) => values[name])
    return parts.length === 1 ? parts[0] : parts
  }

  /** A later time for both sides, in milliseconds; the same one while entities wait to be written, which is when a query comes. */
  tick(): number {
    if (!this.hasPendingEntities) time.now = new Date(time.now.getTime() + 1000)
    return time.now.getTime()
  }

  /** Asks every store a question. */
  async onEachStore(question: Question, sql: string, check: (query: AnyQuery) => Promise<void>): Promise<void> {
    this.questions++
    await this.onEach(
      sql,
      (on) => check(question.rome(on)),
      (on) => written(question.rome(on)),
    )
  }

  /** Does something in every store; `text` says it in recording words. */
  async onEach(
    sql: string,
    work: (on: Vocabulary, store: Store) => Promise<void>,
    text: (on: Vocabulary) => string,
  ): Promise<void> {
    for (const store of this.stores) {
      this.#current = () => `${text(recordingVocabulary())}\n  on ${store.kind.name}\n  ${sql}`
      await work(store.vocabulary, store)
    }
    this.#story.push('')
    const last = this.#story.length - 1
    this.#describeLater.push([last, () => text(recordingVocabulary())])
  }

  readonly #describeLater: (readonly [number, () => string])[] = []

  /** Writes changed entities into the transactions. */
  async flush(): Promise<void> {
    await this.onEach(
      '',
      (_, store) => store.session.flush(),
      () => 'flush()',
    )
    this.hasPendingEntities = false
  }

  note(text: string): void {
    this.#story.push(text)
  }

  /** All rows of all models are the same on both sides. */
  async compareTables(): Promise<void> {
    for (const model of this.models) {
      const columns = columnsUnder('t', model)
      const rows = this.reference
        .readShown(`SELECT *, 0 FROM ${model.name}`, columns)
        .map(({ row }) => row)
        .sort()
      for (const store of this.stores) {
        const entities = await store.session.query(store.classOf(model)).withDeleted().all()
        const actual = entities.map((entity) =>
          model.columns.map(({ name, kind }) => shownProperty(kind, entity[name])).join(', '),
        )
        expectExactly(`the table ${model.name} in ${store.kind.name}`, rows, actual.sort())
      }
    }
  }

  /** All that was done, as text. */
  get story(): string {
    for (const [position, describe] of this.#describeLater) this.#story[position] = describe()
    return [...this.#story, this.#current()].filter((line) => line !== '').join('\n')
  }

  #keyText(model: ModelShape, values: Values): string {
    return `${model.name} ${keysOf(model)
      .map(({ name, kind }) => shownProperty(kind, values[name]))
      .join()}`
  }
}

/** Lives through a world. @returns what went wrong, or how many questions were answered. */
export async function live(plan: WorldPlan, kinds: readonly StoreKind[], habits: Habits): Promise<Failure | number> {
  const models = new Choices(plan.models)
  const world = new World(models, kinds)
  const rows: (readonly number[])[] = []
  const steps: (readonly number[])[] = []
  const play = async (
    source: Source,
    into: (readonly number[])[],
    part: (choices: Choices) => Promise<void>,
  ): Promise<void> => {
    const choices = new Choices(source)
    into.push(choices.tape)
    await part(choices)
  }
  try {
    await world.open()
    for (const row of plan.rows) await play(row, rows, async (choices) => world.add(choices, plan.rows.length))
    for (const step of plan.steps) await play(step, steps, (choices) => takeStep(choices, world, habits))
    return world.questions
  } catch (error) {
    return { error, plan: { models: models.tape, rows, steps }, story: world.story }
  } finally {
    await world.close()
  }
}

/** How often each step is taken; the first one is the simplest. */
export type Habits = readonly (readonly [weight: number, step: Step])[]

type Step = (choices: Choices, world: World) => Promise<void>

/** Mostly questions. */
export const reading: Habits = [
  [90, ask],
  [6, readPages],
  [3, paginate],
  [1, changeEntities],
]

/** Questions between changes, so that they are asked over rows that are not committed, and not yet written. */
export const changing: Habits = [
  [60, ask],
  [5, readPages],
  [3, paginate],
  [10, changeRows],
  [12, changeEntities],
  [5, commit],
  [3, rollback],
  [2, reopen],
]

async function takeStep(choices: Choices, world: World, habits: Habits): Promise<void> {
  const step = choices.weighted<Step>(habits.map(([weight, step]) => [weight, () => step]))
  if (step === changeEntities && world.hasPendingEntities) await world.flush()
  await step(choices, world)
  world.hasPendingEntities = step === changeEntities
}

async function commit(_: Choices, world: World): Promise<void> {
  world.reference.run('COMMIT')
  world.reference.run('BEGIN')
  await world.onEach(
    'COMMIT',
    (_, store) => store.session.commit(),
    () => 'commit()',
  )
}

async function rollback(_: Choices, world: World): Promise<void> {
  world.reference.run('ROLLBACK')
  world.reference.run('BEGIN')
  await world.onEach(
    'ROLLBACK',
    (_, store) => store.session.rollback(),
    () => 'rollback()',
  )
}

/** Closes and opens again the stores that last. */
async function reopen(choices: Choices, world: World): Promise<void> {
  await commit(choices, world)
  for (const store of world.stores) {
    if (!store.kind.isLasting) continue
    await store.close()
    await store.open()
  }
  world.note('close and open')
}

/** Whether an error says that the two sides differ, for the smaller case to differ in the same way. */
export function signatureOf(error: unknown): string {
  if (error instanceof Difference) return 'difference'
  if (typeof error === 'object' && error !== null && 'code' in error) return `code ${String(error.code)}`
  return error instanceof Error ? `${error.name} ${error.message}` : String(error)
}

import type { Choices } from './choices.js'
import { modelShapes } from './draw-models.js'
import { expectExactly } from './expectation.js'
import { describeIndexes, describeRelations } from './model-class.js'
import type { ReferenceShape } from './model-shape.js'
import { columnsUnder, keysOf, type ModelShape, tableOf } from './model-shape.js'
import type { Question } from './questions/question.js'
import { createTable, Reference } from './reference.js'
import { anyValue, rowValues, type Values } from './rows.js'
import { shown, shownProperty } from './sql-text.js'
import { Store, type StoreKind } from './store.js'
import { time } from './time.js'
import type { SqlValue } from './value-kinds.js'
import { type AnyQuery, recordingVocabulary, type Vocabulary, written } from './vocabulary.js'

/** The same rows in SQLite and in some stores, and what is done with them step by step. */
export class World {
  readonly models: readonly ModelShape[]
  readonly reference: Reference
  readonly stores: readonly Store[]
  /** What was done last: printed when it goes wrong. */
  #current: (() => string) | undefined
  /** What was done so far, put into words when it is asked for. */
  readonly #story: (() => string)[] = []
  readonly #knownKeys = new Map<string, Values>()
  /** Whether changed entities wait for the next query to be written. */
  hasPendingEntities = false
  /** Questions asked, on however many stores. */
  questions = 0

  constructor(choices: Choices, kinds: readonly StoreKind[], isScoped = false) {
    this.models = modelShapes(choices, isScoped)
    this.reference = new Reference(this.models)
    this.stores = kinds.map((kind) => new Store(kind, this.models))
    time.now = new Date(1_000_000)
    for (const model of this.models) {
      this.note(() => [createTable(model), ...describeIndexes(model), ...describeRelations(model)].join('\n'))
    }
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
    const values = this.drawRow(choices, model, rowsMost)
    if (this.#knownKeys.has(this.#keyText(model, values))) return
    this.known(model, values)
    if (this.reference.try(() => this.reference.insert(model, values)).length > 0) return
    this.note(() => `${model.name} ${written(values)}`)
    for (const store of this.stores) store.add(model, values)
  }

  /** A new row; its foreign keys lead to rows mostly, perhaps to itself. */
  drawRow(choices: Choices, model: ModelShape, rowsMost: number): Values {
    const values = rowValues(choices, model, rowsMost)
    const references = model.references.map((reference) => {
      const isToItself = reference.target === model.name && choices.chance(15)
      if (!isToItself) return this.drawTarget(choices, reference)
      return Object.fromEntries(reference.own.map(({ name }, place) => [name, values[keysOf(model)[place].name]]))
    })
    return Object.assign({}, values, ...references)
  }

  /** Values of a foreign key: none, those of a row, or any when there is no row. */
  drawTarget(choices: Choices, { own, target }: ReferenceShape): Values {
    const { isNullable } = own[0]
    const model = this.models.find(({ name }) => name === target) as ModelShape
    const keys = this.keysIn(model)
    if (isNullable && (keys.length === 0 || choices.chance(25))) {
      return Object.fromEntries(own.map(({ name }) => [name, null]))
    }
    const key = keys.length === 0 ? own.map((column) => anyValue(choices, column)) : choices.pick(keys)
    return Object.fromEntries(own.map(({ name }, place) => [name, key[place]]))
  }

  /** The primary keys of the rows of a model, in order, as a user gives them. */
  keysIn(model: ModelShape): unknown[][] {
    const names = keysOf(model).map(({ name }) => name)
    const rows = this.reference.read(`SELECT ${names.join()} FROM ${tableOf(model)} ORDER BY ${names.join()}`)
    return rows.map((row) => this.keyOf(model, row))
  }

  /** Notes the key of a row, so that it can be found again by what SQLite tells of it. */
  known(model: ModelShape, values: Values): Values {
    this.#knownKeys.set(this.#keyText(model, values), values)
    return values
  }

  /** The parts of the primary key that SQLite's values stand for, as a user gives them. */
  keyOf(model: ModelShape, key: readonly SqlValue[]): unknown[] {
    const text = `${model.name} ${keysOf(model)
      .map(({ kind }, position) => shown(kind, key[position]))
      .join()}`
    const values = this.#knownKeys.get(text) as Values
    return keysOf(model).map(({ name }) => values[name])
  }

  /** A later time for both sides, in milliseconds; the same one while entities wait for a query to be written. */
  tick(): number {
    if (!this.hasPendingEntities) time.now = new Date(time.now.getTime() + 1000)
    return time.now.getTime()
  }

  /** Asks every store a question. @param how says what is done with the query. */
  async onEachStore(
    question: Question,
    sql: string,
    how: string,
    check: (query: AnyQuery, on: Vocabulary, store: Store) => Promise<void>,
  ): Promise<void> {
    this.questions++
    const text = (): string => `${written(question.rome(recordingVocabulary()))}${how}\n  ${sql}`
    await this.onEach(text, async (on, store) => check(await store.asked(question.rome(on)), on, store))
  }

  /** Does something in every store that writes changed entities, as every query does. */
  async onEach(text: () => string, work: (on: Vocabulary, store: Store) => Promise<void>): Promise<void> {
    for (const store of this.stores) {
      this.#current = () => `${text()}\n  in ${store.kind.name}`
      await work(store.vocabulary, store)
    }
    this.#current = undefined
    this.note(text)
  }

  /** Writes changed entities into the transactions. */
  async flush(): Promise<void> {
    await this.onEach(
      () => 'flush()',
      (_, store) => store.session.flush(),
    )
    this.hasPendingEntities = false
  }

  note(text: () => string): void {
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
    const told = this.#current === undefined ? this.#story : [...this.#story, this.#current]
    return told.map((text) => text()).join('\n')
  }

  #keyText(model: ModelShape, values: Values): string {
    return `${model.name} ${keysOf(model)
      .map(({ name, kind }) => shownProperty(kind, values[name]))
      .join()}`
  }
}

import type { Engine } from '../../lib/engines/contract.js'
import { alias } from '../../lib/schema/alias.js'
import { create } from '../../lib/schema/create.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { modelClass } from './model-class.js'
import type { ModelShape } from './model-shape.js'
import { type Vocabulary, vocabularyOf } from './vocabulary.js'

/** One way to keep the rows. */
export interface StoreKind {
  readonly name: string
  readonly isIndexed: boolean
  openEngine(): Engine
  /** Whether what was committed is there when the engine is opened again. */
  readonly isLasting: boolean
  /** Takes away what the engine leaves behind. */
  remove?(): void
}

/** The time that Rome writes into columns; worlds set it. */
export const time = { now: new Date(0) }

/** A Rome with the models of a world and one session, in which everything happens. */
export class Store {
  readonly kind: StoreKind
  readonly #classes: readonly ModelClass[]
  readonly #shapes: readonly ModelShape[]
  #rome: Rome | undefined
  #session: RomeSession | undefined
  #vocabulary: Vocabulary | undefined

  constructor(kind: StoreKind, shapes: readonly ModelShape[]) {
    this.kind = kind
    this.#shapes = shapes
    this.#classes = shapes.map((shape) => modelClass(shape, kind.isIndexed))
  }

  async open(): Promise<void> {
    this.#rome = await Rome.open({
      engine: this.kind.openEngine(),
      models: this.#classes,
      fullScans: 'allow',
      clock: () => new Date(time.now),
    })
    this.#session = this.#rome.session()
    const models = Object.fromEntries(this.#classes.map((model, position) => [`t${position}`, model]))
    this.#vocabulary = vocabularyOf(this.#session, { ...models, [otherAlias]: alias(this.#classes[0], 'other') })
  }

  async close(): Promise<void> {
    await this.#session?.close()
    await this.#rome?.close()
  }

  get session(): RomeSession {
    if (this.#session === undefined) throw new TypeError('open the store first')
    return this.#session
  }

  /** t0, t1 … are the models, t9 is an alias of the first. */
  get vocabulary(): Vocabulary {
    if (this.#vocabulary === undefined) throw new TypeError('open the store first')
    return this.#vocabulary
  }

  classOf(shape: ModelShape): ModelClass<Record<string, unknown>> {
    return this.#classes[this.#shapes.indexOf(shape)] as ModelClass<Record<string, unknown>>
  }

  add(shape: ModelShape, values: Readonly<Record<string, unknown>>): void {
    this.session.add(create(this.classOf(shape), values as never))
  }
}

export const otherAlias = 't9'

/** The aliases that questions use, with what they stand for. */
export function modelsByAlias(shapes: readonly ModelShape[]): Readonly<Record<string, ModelShape>> {
  return { ...Object.fromEntries(shapes.map((shape, position) => [`t${position}`, shape])), [otherAlias]: shapes[0] }
}

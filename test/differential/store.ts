import type { Engine } from '../../lib/engines/contract.js'
import { alias } from '../../lib/schema/alias.js'
import { create } from '../../lib/schema/create.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { asMemoised } from './as-memoised.js'
import { asPrepared, type OtherValues } from './as-prepared.js'
import { modelClasses } from './model-class.js'
import type { ModelShape } from './model-shape.js'
import { time } from './time.js'
import { type AnyQuery, type Vocabulary, vocabularyOf } from './vocabulary.js'

/** One way to keep the rows. */
export interface StoreKind {
  readonly name: string
  readonly isIndexed: boolean
  openEngine(): Engine
  /** Every query is prepared, run with other constants first, then bound to its own. */
  readonly isPrepared?: boolean
  /** Every query is run with other constants first, so that its plan was kept of those. */
  readonly isMemoised?: boolean
  readonly cacheBytes: number
  /** Whether what was committed is there when the engine is opened again. */
  readonly isLasting: boolean
  /** Takes away what the engine leaves behind. */
  remove?(): void
}

/** A Rome with the models of a world and one session, in which everything happens. */
export class Store {
  readonly kind: StoreKind
  readonly #classes: readonly ModelClass[]
  readonly #shapes: readonly ModelShape[]
  #rome: Rome | undefined
  #session: RomeSession | undefined
  #vocabulary: Vocabulary | undefined
  readonly #others: OtherValues = new Map()

  constructor(kind: StoreKind, shapes: readonly ModelShape[]) {
    this.kind = kind
    this.#shapes = shapes
    this.#classes = modelClasses(shapes, kind.isIndexed)
  }

  async open(): Promise<void> {
    this.#rome = await Rome.open({
      engine: this.kind.openEngine(),
      models: this.#classes,
      fullScans: 'allow',
      cache: { bytes: this.kind.cacheBytes },
      clock: () => new Date(time.now),
    })
    this.#session = this.#rome.session()
    const models = Object.fromEntries(this.#classes.map((model, position) => [`t${position}`, model]))
    const aliases = Object.entries(modelNumbers).map(([name, position]) => [name, alias(this.#classes[position], name)])
    this.#vocabulary = vocabularyOf(this.#session, { ...models, ...Object.fromEntries(aliases) })
  }

  async close(): Promise<void> {
    await this.#session?.close()
    await this.#rome?.close()
  }

  get session(): RomeSession {
    if (this.#session === undefined) throw new TypeError('open the store first')
    return this.#session
  }

  get vocabulary(): Vocabulary {
    if (this.#vocabulary === undefined) throw new TypeError('open the store first')
    return this.#vocabulary
  }

  /** The query in the way that this store is asked. */
  async asked(query: AnyQuery): Promise<AnyQuery> {
    if (this.kind.isMemoised) await asMemoised(query, this.session, this.#others)
    return this.kind.isPrepared ? asPrepared(query, this.session, this.#others) : query
  }

  classOf(shape: ModelShape): ModelClass<Record<string, unknown>> {
    return this.#classes[this.#shapes.indexOf(shape)] as ModelClass<Record<string, unknown>>
  }

  add(shape: ModelShape, values: Readonly<Record<string, unknown>>): void {
    this.session.add(create(this.classOf(shape), values as never))
  }
}

/** Aliases, with the model that each stands for: t8 and t9 for joins, s0 and s1 for queries inside of others. */
const modelNumbers = { t8: 0, t9: 1, s0: 0, s1: 1 }

/** The models and their other names, as questions use them side by side. */
export function modelsByAlias([alpha, beta]: readonly ModelShape[]): Readonly<Record<string, ModelShape>> {
  return { t0: alpha, t1: beta, t8: alpha, t9: beta }
}

/** The models under the names that questions inside of others use. */
export function innerModels([alpha, beta]: readonly ModelShape[]): Readonly<Record<string, ModelShape>> {
  return { s0: alpha, s1: beta }
}

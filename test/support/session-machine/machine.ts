import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { Engine } from '../../../lib/engines/contract.js'
import type { Isolation } from '../../../lib/records/record-transaction.js'
import { Rome } from '../../../lib/session/rome.js'
import type { ChangeTracking } from '../../../lib/session/transaction-options.js'
import { Doc, now } from './doc.js'
import { Model } from './model.js'
import type { Operation, Outcome } from './operation.js'
import { type RealOutcome, RealSession } from './real-session.js'
import type { SessionTraits } from './session-model.js'
import { StoreModel } from './store-model.js'

/** What a run begins with. */
export interface Setting {
  readonly engine: Engine
  readonly isolation: Isolation
  /** Hooks that are told of what happens: flushes and commits go another way with them. */
  readonly hasHooks: boolean
  /** How the sessions find what was changed. */
  readonly changes: ChangeTracking
  readonly cacheBytes: number
}

const sessions = 3
/** The second one sees a part of the rows; the last one only reads. */
const traitsOf = (id: number, { changes, hasHooks }: Pick<Setting, 'changes' | 'hasHooks'>): SessionTraits => ({
  isReadOnly: id === 2,
  isScoped: id === 1,
  isTold: changes === 'touched',
  hasHooks,
})
/** The number of a session, seldom that of the last one. */
export const session = fc.constantFrom(0, 0, 0, 0, 1, 1, 1, 2)

/** The store and the sessions of the model. */
export class ModelMachine {
  readonly store: StoreModel
  readonly sessions: Model[] = []

  constructor(setting: Pick<Setting, 'isolation' | 'changes' | 'hasHooks'>) {
    this.store = new StoreModel(setting.isolation)
    for (let id = 0; id < sessions; id++) {
      this.sessions.push(new Model(id, this.store, this.sessions, traitsOf(id, setting)))
    }
  }
}

/** The store and the sessions of Rome. */
export class RealMachine {
  readonly rome: Rome
  readonly entities: Doc[] = []
  readonly sessions: readonly RealSession[]

  readonly hasHooks: boolean

  constructor(rome: Rome, setting: Setting) {
    this.rome = rome
    this.hasHooks = setting.hasHooks
    this.sessions = Array.from(
      { length: sessions },
      (_, id) => new RealSession(rome, this.entities, traitsOf(id, setting)),
    )
  }

  static async open(setting: Setting): Promise<RealMachine> {
    const { engine, isolation, changes, cacheBytes } = setting
    const options = { models: [Doc], clock: () => new Date(now), fullScans: 'allow', lockTimeoutMs: 0 } as const
    const debug = { touches: true }
    const rome = await Rome.open({ engine, isolation, changes, cache: { bytes: cacheBytes }, debug, ...options })
    return new RealMachine(rome, setting)
  }
}

/** An operation of one of the sessions, which has to do what the model says. */
export class SessionCommand implements fc.AsyncCommand<ModelMachine, RealMachine> {
  /** What was done, and with which error. */
  static readonly seen = new Set<string>()
  readonly #id: number
  readonly #operation: Operation

  constructor(id: number, operation: Operation) {
    this.#id = id
    this.#operation = operation
  }

  check({ sessions }: Readonly<ModelMachine>): boolean {
    return sessions[this.#id].can(this.#operation)
  }

  async run(machine: ModelMachine, real: RealMachine): Promise<void> {
    const model = machine.sessions[this.#id]
    const own = real.sessions[this.#id]
    const at = model.entityOf(this.#operation) ?? -1
    const { session } = model
    const expected = model.perform(this.#operation)
    const found = await own.perform(this.#operation, at)
    own.keepFrames(model.frames.length)
    await meet(machine, real, own, found)
    deepStrictEqual(inNumbers(real, found), expected)
    const told = session.events.splice(0).sort()
    if (real.hasHooks) deepStrictEqual(own.events.splice(0).sort(), told, 'what hooks were told')
    const error = expected !== undefined && 'error' in expected ? expected.error : 'done'
    SessionCommand.seen.add(`${this.#operation.do} ${error}`)
    compare(machine, real)
  }

  toString(): string {
    const { do: name, ...more } = this.#operation
    return `${this.#id}: ${name}${Object.values(more)
      .map((value) => ` ${value}`)
      .join('')}`
  }
}

/** Gives the entities that are new the numbers that the model gave them. What is hidden was loaded all the same. */
async function meet({ store }: ModelMachine, { entities }: RealMachine, own: RealSession, found: RealOutcome) {
  const given = found !== undefined && 'given' in found ? found.given : []
  for (const { values } of store.entities.slice(entities.length)) {
    const isNew = (entity: Doc | undefined) => entity?.id === values.id && !entities.includes(entity)
    const entity = given.find(isNew) ?? (await own.session.get(Doc, values.id, { withDeleted: true }))
    if (entity !== undefined) entities.push(entity)
  }
}

function inNumbers({ entities }: RealMachine, found: RealOutcome): Outcome {
  if (found === undefined || !('given' in found)) return found
  return { entities: found.given.map((entity) => entity && entities.indexOf(entity)) }
}

/** The sessions must be what the model says, to the last property of their entities. */
function compare({ store, sessions }: ModelMachine, real: RealMachine): void {
  const [anySession] = real.sessions
  const states = real.entities.map((entity) => anySession.session.stateOf(entity))
  deepStrictEqual(
    states,
    store.entities.map(({ state }) => state),
  )
  for (const [at, { values }] of store.entities.entries())
    deepStrictEqual({ ...real.entities[at] }, values, `entity ${at}`)
  for (const [id, { session, frames }] of sessions.entries()) {
    const own = real.sessions[id]
    const numbers = (entities: readonly object[]) => entities.map((entity) => real.entities.indexOf(entity as Doc))
    const those = (test: (at: number) => boolean) => session.members.filter(test).sort()
    deepStrictEqual(numbers(own.session.pending), session.pending, 'pending')
    deepStrictEqual(
      numbers(own.session.deleted).sort(),
      those((at) => session.known(at).mark !== undefined),
      'deleted',
    )
    if (!session.isReadOnly) {
      deepStrictEqual(
        numbers(own.session.modified).sort(),
        those((at) => session.isModified(session.known(at))),
        'modified',
      )
    }
    strictEqual(own.handles.filter(({ isActive }) => isActive).length, frames.length, 'frames')
  }
}

/** What is committed must be what the model says, and whole; and nothing may be left open. */
export async function compareStored({ store }: ModelMachine, { rome, sessions }: RealMachine): Promise<void> {
  await Promise.all(sessions.map(({ session }) => session.close()))
  strictEqual(rome.store.engine.stats().liveSnapshots, 0)
  await using reader = rome.session({ scopes: { shown: false } })
  const stored = await reader.query(Doc).withDeleted().all()
  const rows = [...store.rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  deepStrictEqual(
    stored.map((row) => ({ ...row })),
    rows,
  )
  strictEqual((await rome.verify()).problemCount, 0)
}

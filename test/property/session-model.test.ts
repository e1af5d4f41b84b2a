import { deepStrictEqual, rejects } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt, version } from '../../lib/decorators/roles.js'
import { type MemoryEngine, memory } from '../../lib/engines/memory/index.js'
import { create } from '../../lib/schema/create.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import type { SessionSavepoint, SessionTransaction } from '../../lib/session/session-transaction.js'
import { t as types } from '../../lib/values/t.js'
import { seed } from '../support/seed.js'

@entity('docs')
class Doc {
  @primaryKey(types.string()) id!: string
  @column(types.string().default('')) body!: string
  @column(types.json<number[]>().default([])) tags!: number[]
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
}

interface Values {
  id: string
  body: string | undefined
  tags: number[] | undefined
  deletedAt: Date | null | undefined
  version: number | undefined
}
type Row = { [K in keyof Values]: Exclude<Values[K], undefined> }

/** All the model knows of one entity. */
interface Known {
  values: Values
  state: 'transient' | 'pending' | 'persistent' | 'deleted' | 'detached'
  inSession: boolean
  /** Marked for deletion and not flushed. */
  mark: 'soft' | 'hard' | undefined
  base: Row | undefined
  /** Its row was read or written in the transaction under way. */
  met: boolean
  /** The row it was loaded with, when it was not created. */
  loaded: Row | undefined
  /** What it was before the insert that gave it its generated values. */
  beforeInsert: Values | undefined
}

/** Everything a rollback brings back; a checkpoint is a deep copy of it. */
interface Memory {
  known: Known[]
  pending: number[]
  mapped: Map<string, number>
  /** The rows as the transaction sees them. */
  view: Map<string, Row>
  hasWrites: boolean
}

interface ModelFrame {
  kind: 'begin' | 'savepoint'
  at: Memory
}

type Failure = 'ROME_PRIMARY_KEY_EXISTS' | 'ROME_ENTITY_STATE' | 'ROME_STALE_VERSION'

const now = new Date('2026-01-01T00:00:00Z')
const sameValues = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)

/** A session as one would write it without thinking of cost: a full copy at every point to go back to. */
class SessionModel {
  committed = new Map<string, Row>()
  memory: Memory = { known: [], pending: [], mapped: new Map(), view: new Map(), hasWrites: false }
  root: Memory = structuredClone(this.memory)
  frames: ModelFrame[] = []

  isModified({ base, values, mark, inSession }: Known): boolean {
    return inSession && mark === undefined && base !== undefined && !sameValues(values, base)
  }

  /** Whether another entity of the session stands for the row of this key. */
  isTaken(key: string, by: number): boolean {
    const at = this.memory.mapped.get(key)
    if (at === undefined || at === by) return false
    const { state, base, mark } = this.memory.known[at]
    const isErased = state === 'deleted' && base === undefined
    return !isErased && !(mark === 'hard' && this.memory.known[by].base === undefined)
  }

  /** Nothing happens when it fails. */
  flush(): Failure | undefined {
    const next = structuredClone(this.memory)
    const write = (key: string, row: Row | undefined) => {
      next.hasWrites = true
      if (row === undefined) next.view.delete(key)
      else next.view.set(key, row)
    }
    const touched = next.known.filter((known) => known.mark !== undefined || this.isModified(known))
    for (const known of touched) {
      const current = next.view.get((known.base as Row).id)
      if (!known.met && current?.version !== known.base?.version) return 'ROME_STALE_VERSION'
    }
    for (const known of touched.filter(({ mark }) => mark === 'hard')) {
      write((known.base as Row).id, undefined)
      Object.assign(known, { mark: undefined, base: undefined, met: true })
    }
    for (const known of touched.filter(({ mark, base }) => mark === 'soft' || base !== undefined)) {
      const row = structuredClone(known.values) as Row
      if (known.mark === 'soft') row.deletedAt ??= now
      const before = known.base as Row
      if (!sameValues(row, before)) {
        row.version = before.version + 1
        write(row.id, row)
      }
      Object.assign(known, { mark: undefined, base: structuredClone(row), values: structuredClone(row), met: true })
    }
    for (const index of next.pending) {
      if (this.isTaken(next.known[index].values.id, index)) return 'ROME_ENTITY_STATE'
    }
    for (const index of next.pending) {
      const known = next.known[index]
      const { id, body, tags, deletedAt } = known.values
      if (next.view.has(id)) return 'ROME_PRIMARY_KEY_EXISTS'
      const row: Row = { id, body: body ?? '', tags: tags ?? [], deletedAt: deletedAt ?? null, version: 1 }
      write(id, row)
      const beforeInsert = known.beforeInsert ?? structuredClone(known.values)
      Object.assign(known, {
        beforeInsert,
        base: structuredClone(row),
        values: structuredClone(row),
        met: true,
        state: 'persistent',
      })
      next.mapped.set(id, index)
    }
    next.pending = []
    this.memory = next
    return undefined
  }

  restore(to: Memory): void {
    const known = this.memory.known.map((after, index): Known => {
      const then = to.known[index] as Known | undefined
      if (then?.inSession) return structuredClone(then)
      // It leaves: Rome takes back what it wrote, the rest is the user's.
      const before = structuredClone(then ?? newKnown(after.values.id))
      if (then === undefined && after.loaded !== undefined) {
        Object.assign(before, { state: 'detached', base: structuredClone(after.loaded), loaded: after.loaded })
      }
      const values = structuredClone(after.values)
      if (before.base !== undefined)
        Object.assign(values, { version: before.base.version, deletedAt: before.base.deletedAt })
      else if (after.beforeInsert !== undefined && before.beforeInsert === undefined) {
        for (const name of ['body', 'tags', 'deletedAt', 'version'] as const) {
          if (after.beforeInsert[name] === undefined || name === 'version')
            Object.assign(values, { [name]: after.beforeInsert[name] })
        }
      }
      return { ...before, values }
    })
    this.memory = { ...structuredClone(to), known }
  }

  endTransaction(): void {
    for (const known of this.memory.known) {
      known.met = false
      known.beforeInsert = undefined
    }
    this.memory.hasWrites = false
    this.frames = []
  }

  commit(): void {
    const { memory } = this
    for (const [index, known] of memory.known.entries()) {
      if (!known.inSession || known.state !== 'deleted') continue
      if (known.base !== undefined) known.state = 'persistent'
      else {
        Object.assign(known, { state: 'detached', inSession: false })
        if (memory.mapped.get(known.values.id) === index) memory.mapped.delete(known.values.id)
      }
    }
    this.committed = structuredClone(memory.view)
    this.endTransaction()
    this.root = structuredClone(memory)
  }

  rollback(): void {
    this.restore(this.root)
    this.memory.view = structuredClone(this.committed)
    this.endTransaction()
    this.root = structuredClone(this.memory)
  }

  get isWithinBegin(): boolean {
    return this.frames.some(({ kind }) => kind === 'begin')
  }
}

type Operation =
  | { kind: 'create' | 'get' | 'elsewhere'; key: number }
  | { kind: 'modify'; entity: number; body: number }
  | { kind: 'tag' | 'delete' | 'hardDelete' | 'add' | 'expunge'; entity: number }
  | { kind: 'flush' | 'commit' | 'rollback' | 'begin' | 'savepoint' }
  | { kind: 'keep' | 'undo'; frame: number }

const index = fc.nat({ max: 7 })
const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('create' as const, 'get' as const, 'elsewhere' as const),
      key: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('modify' as const), entity: index, body: fc.nat({ max: 2 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'tag' as const,
        'delete' as const,
        'hardDelete' as const,
        'add' as const,
        'expunge' as const,
      ),
      entity: index,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'commit' as const, 'rollback' as const) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('begin' as const, 'savepoint' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('keep' as const, 'undo' as const), frame: fc.nat({ max: 3 }) }),
  },
)

/** Runs operations on a session and on the model, and compares the two after each. */
class Runner {
  readonly model = new SessionModel()
  readonly entities: Doc[] = []
  readonly handles: (SessionTransaction | SessionSavepoint)[] = []
  readonly engine: MemoryEngine
  readonly rome: Rome
  readonly session: RomeSession

  constructor(engine: MemoryEngine, rome: Rome) {
    this.engine = engine
    this.rome = rome
    this.session = rome.session()
  }

  async run(operation: Operation): Promise<void> {
    const { model, session, entities } = this
    const { memory } = model
    switch (operation.kind) {
      case 'create': {
        const doc = create(Doc, { id: `k${operation.key}` })
        entities.push(doc)
        memory.known.push(newKnown(doc.id))
        return this.add(entities.length - 1)
      }
      case 'get':
        return this.get(`k${operation.key}`)
      case 'elsewhere':
        return this.commitElsewhere(`k${operation.key}`)
      case 'modify':
      case 'tag': {
        const at = this.pick(operation.entity)
        if (at === undefined || this.isReplaced(at)) return
        const { values } = memory.known[at]
        if (operation.kind === 'modify') values.body = entities[at].body = `b${operation.body}`
        else if (values.tags !== undefined) {
          values.tags.push(1)
          entities[at].tags.push(1)
        }
        return
      }
      case 'delete':
      case 'hardDelete': {
        const at = this.pick(operation.entity)
        if (at !== undefined) this.delete(at, operation.kind)
        return
      }
      case 'add': {
        const at = this.pick(operation.entity)
        return at === undefined ? undefined : this.add(at)
      }
      case 'expunge': {
        const at = this.pick(operation.entity)
        if (at === undefined || !memory.known[at].inSession) return
        session.expunge(entities[at])
        this.leave(at, memory.known[at].state === 'pending' ? 'transient' : 'detached')
        return
      }
      case 'flush':
        return this.flush(() => session.flush())
      case 'commit': {
        if (model.isWithinBegin) return rejects(session.commit(), { code: 'ROME_TRANSACTION_STATE' })
        await this.flush(
          () => session.commit(),
          () => model.commit(),
        )
        return
      }
      case 'rollback':
        if (model.isWithinBegin) return rejects(session.rollback(), { code: 'ROME_TRANSACTION_STATE' })
        await session.rollback()
        return model.rollback()
      case 'begin':
      case 'savepoint':
        if (model.frames.length >= 4) return
        this.handles.length = model.frames.length
        this.handles.push(await session[operation.kind]())
        model.frames.push({ kind: operation.kind, at: structuredClone(memory) })
        return
      case 'keep':
      case 'undo':
        return this.end(operation)
    }
  }

  /** The session must be what the model says, to the last property. */
  compare(): void {
    const { session, entities } = this
    const { memory } = this.model
    deepStrictEqual(
      entities.map((entity) => session.stateOf(entity)),
      memory.known.map(({ state }) => state),
    )
    deepStrictEqual(
      entities.map((entity) => ({ ...entity })),
      memory.known.map(({ values }) => values),
    )
    const indexes = (list: object[]) => list.map((entity) => entities.indexOf(entity as Doc))
    deepStrictEqual(indexes(session.pending), memory.pending)
    const those = (test: (known: Known) => boolean) => [...memory.known.keys()].filter((at) => test(memory.known[at]))
    deepStrictEqual(
      indexes(session.modified).sort(byNumber),
      those((known) => this.model.isModified(known)),
    )
    deepStrictEqual(
      indexes(session.deleted).sort(byNumber),
      those(({ mark }) => mark !== undefined),
    )
  }

  /** Another session writes a row while this one is between two transactions. */
  private async commitElsewhere(key: string): Promise<void> {
    const { model } = this
    if (model.frames.length > 0 || this.engine.stats().liveSnapshots > 0) return
    const row = model.committed.get(key)
    await this.rome.transact(async (session) => {
      const doc = await session.get(Doc, key, { withDeleted: true })
      if (doc === undefined) session.add(create(Doc, { id: key, body: 'elsewhere' }))
      else doc.body += '!'
    })
    model.committed.set(
      key,
      row === undefined
        ? { id: key, body: 'elsewhere', tags: [], deletedAt: null, version: 1 }
        : { ...row, body: `${row.body}!`, version: row.version + 1 },
    )
    model.memory.view = structuredClone(model.committed)
  }

  private pick(at: number): number | undefined {
    return this.entities.length === 0 ? undefined : at % this.entities.length
  }

  /** Erased, and another entity has its key: nobody looks after it any more. */
  private isReplaced(at: number): boolean {
    const { state, base, values } = this.model.memory.known[at]
    return state === 'deleted' && base === undefined && this.model.memory.mapped.get(values.id) !== at
  }

  private leave(at: number, state: Known['state']): void {
    const { memory } = this.model
    const known = memory.known[at]
    memory.pending = memory.pending.filter((other) => other !== at)
    if (memory.mapped.get(known.values.id) === at) memory.mapped.delete(known.values.id)
    Object.assign(known, { state, inSession: false, mark: undefined })
  }

  private add(at: number): void {
    const { memory } = this.model
    const known = memory.known[at]
    const doc = this.entities[at]
    if (!known.inSession) {
      if (this.model.isTaken(known.values.id, at)) {
        t.throws(() => this.session.add(doc), { code: 'ROME_ENTITY_STATE' })
        return
      }
      Object.assign(known, { inSession: true, met: false, state: known.base === undefined ? 'pending' : 'persistent' })
      if (known.base === undefined) memory.pending.push(at)
      else memory.mapped.set(known.values.id, at)
    } else if (known.state === 'deleted') {
      if (known.base === undefined) {
        if (this.model.isTaken(known.values.id, at)) {
          t.throws(() => this.session.add(doc), { code: 'ROME_ENTITY_STATE' })
          return
        }
        known.state = 'pending'
        memory.pending.push(at)
      } else {
        if (known.mark === undefined) known.values.deletedAt = null
        Object.assign(known, { state: 'persistent', mark: undefined })
      }
    }
    this.session.add(doc)
  }

  private delete(at: number, how: 'delete' | 'hardDelete'): void {
    const known = this.model.memory.known[at]
    if (!known.inSession) return
    this.session[how](this.entities[at])
    if (known.state === 'pending') {
      this.leave(at, 'transient')
      return
    }
    if (known.state === 'deleted' && known.mark === undefined && (how === 'delete' || known.base === undefined)) return
    known.state = 'deleted'
    if (known.mark !== 'hard') known.mark = how === 'delete' ? 'soft' : 'hard'
  }

  /** An operation that flushes first, and what it does after. */
  private async flush(
    operation: () => Promise<unknown>,
    then: () => void = () => undefined,
    conflicted?: () => void,
  ): Promise<void> {
    const failure = this.model.flush()
    if (failure === undefined) {
      await operation()
      return then()
    }
    await rejects(operation(), { code: failure })
    if (failure !== 'ROME_STALE_VERSION') return
    if (conflicted !== undefined) conflicted()
    else if (!this.model.isWithinBegin) this.model.rollback()
  }

  private async get(key: string): Promise<void> {
    const { model, session, entities } = this
    const read = async () => {
      const found = await session.get(Doc, key)
      const { memory } = model
      const at = memory.mapped.get(key)
      const row = memory.view.get(key)
      const known = at === undefined ? undefined : memory.known[at]
      if (known === undefined) {
        if (row === undefined) return deepStrictEqual(found, undefined)
        // It is loaded also when it then turns out to be hidden.
        const loaded = found ?? ((await session.get(Doc, key, { withDeleted: true })) as Doc)
        deepStrictEqual(found === undefined, row.deletedAt !== null)
        entities.push(loaded)
        memory.known.push({
          ...newKnown(key),
          values: structuredClone(row),
          base: structuredClone(row),
          state: 'persistent',
          inSession: true,
          met: true,
          loaded: structuredClone(row),
        })
        memory.mapped.set(key, entities.length - 1)
        return
      }
      if (!known.met && known.state !== 'deleted') {
        if (row === undefined) return deepStrictEqual(found, undefined)
        if (!model.isModified(known))
          Object.assign(known, { base: structuredClone(row), values: structuredClone(row), met: true })
      }
      const isHidden = known.state === 'deleted' || known.values.deletedAt !== null
      deepStrictEqual(found, isHidden ? undefined : entities[at as number])
    }
    if (model.memory.pending.length === 0) return read()
    return this.flush(async () => {
      if (this.model.memory.pending.length > 0) await session.flush()
      else await read()
    })
  }

  private async end(operation: { kind: 'keep' | 'undo'; frame: number }): Promise<void> {
    const { model } = this
    if (model.frames.length === 0) return
    const at = operation.frame % model.frames.length
    const frame = model.frames[at]
    const handle = this.handles[at]
    const isOutermost = at === 0 && frame.kind === 'begin'
    const finish = () =>
      'commit' in handle && operation.kind === 'keep'
        ? handle.commit()
        : 'release' in handle && operation.kind === 'keep'
          ? handle.release()
          : handle.rollback()
    if (model.frames.slice(at + 1).some(({ kind }) => kind === 'begin')) {
      await rejects(finish(), { code: 'ROME_TRANSACTION_STATE' })
      return model.rollback()
    }
    if (operation.kind === 'undo') {
      await finish()
      model.restore(frame.at)
      model.frames.length = at
      // A transaction that began with the frame ends with it. What came before goes on, with what it has met.
      if (isOutermost && !frame.at.hasWrites && !this.hadRead(frame)) model.endTransaction()
      return
    }
    if (isOutermost) {
      await this.flush(
        finish,
        () => model.commit(),
        () => {
          if (frame.at.hasWrites) return model.rollback()
          model.restore(frame.at)
          model.endTransaction()
        },
      )
      return
    }
    await finish()
    model.frames.length = at
  }

  /** Whether something was met in the transaction before the frame, which therefore goes on. */
  private hadRead(frame: ModelFrame): boolean {
    return frame.at.known.some(({ met }) => met)
  }
}

function newKnown(id: string): Known {
  return {
    values: { id, body: undefined, tags: undefined, deletedAt: undefined, version: undefined },
    state: 'transient',
    inSession: false,
    mark: undefined,
    base: undefined,
    met: false,
    loaded: undefined,
    beforeInsert: undefined,
  }
}

const byNumber = (a: number, b: number) => a - b

t.test('a session is at every step what a model without shortcuts is, and so are the rows it commits', async () => {
  const property = fc.asyncProperty(fc.array(operations, { maxLength: 40, size: 'max' }), async (list) => {
    const engine = memory()
    await using rome = await Rome.open({ engine, models: [Doc], clock: () => new Date(now) })
    const runner = new Runner(engine, rome)
    for (const operation of list) {
      await runner.run(operation)
      runner.compare()
    }
    await using reader = rome.session()
    for (const key of ['k0', 'k1', 'k2', 'k3']) {
      const row = await reader.get(Doc, key, { withDeleted: true })
      deepStrictEqual(row && { ...row }, runner.model.committed.get(key))
    }
  })
  await fc.assert(property, { seed, numRuns: 1000 })
})

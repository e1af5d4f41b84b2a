import { copyRow, isSame, now, type Row } from './doc.js'
import { entitiesMax, type Operation, type Outcome, type Propagation } from './operation.js'
import { type Memory, Refusal, SessionModel, type SessionTraits } from './session-model.js'
import { type Known, loadedKnown, newKnown, type StoreModel } from './store-model.js'

/** A `begin` or a savepoint that has not ended. */
interface Frame {
  readonly kind: 'transaction' | 'nested' | 'savepoint' | 'joined'
  readonly at: Memory
  readonly hadTransaction: boolean
  readonly hadWrites: boolean
  readonly isReadOnly: boolean
  hasFailed: boolean
}

const conflicts = new Set(['ROME_STALE_VERSION', 'ROME_CONFLICT', 'ROME_ROW_CLAIMED', 'ROME_DEADLOCK'])
const framesMax = 4

/** The session of the model with its frames: what every operation does. */
export class Model {
  readonly store: StoreModel
  readonly others: readonly Model[]
  session: SessionModel
  readonly frames: Frame[] = []
  /** How many frames have ended. */
  ended = 0

  constructor(id: number, store: StoreModel, others: readonly Model[], traits: SessionTraits) {
    this.store = store
    this.others = others
    this.session = new SessionModel(id, store, traits, this.frames)
  }

  /** Whether an operation makes sense now; the number of entities is limited, and a replaced one has no owner. */
  can(operation: Operation): boolean {
    const { session, store, frames } = this
    const at = this.entityOf(operation)
    switch (operation.do) {
      case 'create':
      case 'unmanaged':
      case 'mergeValues':
      case 'upsert':
        return store.entities.length < entitiesMax
      case 'modify':
      case 'tag': {
        if (at === undefined) return false
        const { owner, state, base, values } = store.entities[at]
        const isReplaced = state === 'deleted' && base === undefined && session.mapped.get(values.id) !== at
        const isTagged = operation.do === 'modify' || values.tags !== undefined
        // Where nothing may be written nothing may be touched.
        const isRefused = session.isTold && operation.isTold && session.refusesWrites && !session.isReadOnly
        return (
          isTagged &&
          !(isRefused && owner === session.id) &&
          (owner === undefined || (owner === session.id && !isReplaced))
        )
      }
      case 'add':
      case 'merge':
        // An entity changes its session after the transaction that it was last in.
        return (
          at !== undefined &&
          store.entities.length < entitiesMax &&
          !this.others.some((other) => other !== this && !other.session.has(at) && other.session.touched.has(at))
        )
      case 'delete':
      case 'hardDelete':
      case 'expunge':
      case 'refresh':
      case 'expire':
        return at !== undefined
      case 'begin':
      case 'savepoint':
        return frames.length < framesMax
      case 'keep':
      case 'undo':
        return frames.length > 0
      case 'endAgain':
        return this.ended > 0
      default:
        return true
    }
  }

  /** The entity that an operation is about: mostly one of the session. */
  entityOf(operation: Operation): number | undefined {
    if (!('entity' in operation)) return undefined
    const { members } = this.session
    const entities = members.length > 0 && operation.isOwn ? members : [...this.store.entities.keys()]
    return entities[operation.entity % entities.length]
  }

  perform(operation: Operation): Outcome {
    try {
      return this.#perform(operation, this.entityOf(operation) as number)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const isOfFrame = operation.do === 'keep' || operation.do === 'undo' || operation.do === 'beginNew'
      const isConflict = conflicts.has(error.code) && !isOfFrame && this.session.snapshot !== undefined
      if (isConflict && !this.#isWithinBegin) this.#rollbackAll()
      return { error: error.code }
    }
  }

  #perform(operation: Operation, at: number): Outcome {
    const { session, store } = this
    switch (operation.do) {
      case 'get':
        this.#flushPending()
        if (operation.forUpdate) this.#claim(operation.key)
        return { entities: this.#read([operation.key], operation.withDeleted) }
      case 'getMany':
        this.#flushPending()
        return { entities: this.#read(operation.keys, false) }
      case 'all': {
        session.flush()
        const live = session.allRows().filter((row) => row.deletedAt === null && session.seen(row))
        return { entities: live.map((row) => session.materialise(row)) }
      }
      case 'unmanaged': {
        session.flush()
        const row = session.seen(session.row(operation.key))
        if (row === undefined || row.deletedAt !== null) return { entities: [undefined] }
        return { entities: [store.entities.push(loadedKnown(row)) - 1] }
      }
      case 'create':
        store.entities.push(newKnown(operation.key))
        session.requireWritable()
        session.add(store.entities.length - 1, this.#points)
        return
      case 'add':
        session.requireWritable()
        session.add(at, this.#points)
        return
      case 'merge':
        return { entities: [this.#merge(store.entities[at])] }
      case 'mergeValues': {
        const source = newKnown(operation.key)
        source.values.body = operation.body
        return { entities: [this.#merge(source)] }
      }
      case 'upsert':
        return { entities: [this.#upsert(operation)] }
      case 'modify':
        if (session.has(at) && operation.isTold) session.known(at).told = true
        store.entities[at].values.body = operation.body
        return
      case 'tag':
        if (session.has(at) && operation.isTold) session.known(at).told = true
        store.entities[at].values.tags?.push(1)
        return
      case 'delete':
      case 'hardDelete':
        session.requireWritable()
        session.delete(at, operation.do === 'delete' ? 'soft' : 'hard')
        return
      case 'expunge':
        session.expunge(at)
        return
      case 'refresh': {
        this.#expire(at)
        const known = session.persistent(at)
        const row = session.seen(session.row(known.base.id))
        if (row === undefined) throw new Refusal('ROME_NO_RESULT')
        session.refresh(known, row)
        return
      }
      case 'expire':
        this.#expire(at)
        return
      case 'expireAll':
        for (const each of session.mapped.values()) if (session.known(each).state === 'persistent') this.#expire(each)
        return
      case 'flush':
        session.flush()
        return
      case 'commit':
        this.#refuseWithinBegin()
        this.#commit(undefined)
        return
      case 'rollback':
        this.#refuseWithinBegin()
        this.#rollbackAll()
        return
      case 'begin':
        this.#open('begin', operation.propagation, operation.readOnly)
        return
      case 'savepoint':
        this.#open('savepoint', 'nested', false)
        return
      case 'keep':
        this.#keep(operation.frame % this.frames.length)
        return
      case 'undo':
        this.#undo(operation.frame % this.frames.length)
        return
      case 'endAgain':
        throw new Refusal('ROME_TRANSACTION_STATE')
      case 'close':
        if (session.snapshot !== undefined) session.events.push('rolled back')
        session.restore(session.root, true)
        session.endTransaction()
        this.frames.length = 0
        this.ended = 0
        this.session = new SessionModel(session.id, store, session, this.frames)
        return
      default:
        return this.#write(operation)
    }
  }

  #write(operation: Operation): Outcome {
    const { session } = this
    switch (operation.do) {
      case 'beginNew':
        return this.#beginNew(operation.key, operation.body)
      case 'bulkInsert':
        return this.#change(operation.keys, (_, id, stored) => {
          if (stored !== undefined) throw new Refusal('ROME_PRIMARY_KEY_EXISTS')
          return { id, body: operation.body, tags: [], deletedAt: null, version: 1 }
        })
      case 'bulkUpdate': {
        this.#change(operation.keys, (row) => {
          if (row === undefined || row.deletedAt !== null) throw new Refusal('ROME_NO_RESULT')
          return row.body === operation.body ? undefined : next(row, { body: operation.body })
        })
        return { count: operation.keys.length }
      }
      case 'bulkDelete':
        return this.#change(operation.keys, (row) => (operation.hard ? row && null : softDeleted(row)))
      case 'queryUpdate':
        return this.#change([operation.key], (row) =>
          row?.deletedAt === null ? next(row, { body: operation.body }) : undefined,
        )
      case 'queryDelete':
        return this.#change([operation.key], softDeleted)
      case 'queryHardDelete':
        return this.#change([operation.key], (row) => row && null)
    }
    throw new Error(`the model does not know how to ${operation.do} in session ${session.id}`)
  }

  /** Writes rows beside the unit of work: all, or none when one is refused. */
  #change(
    keys: readonly string[],
    change: (seen: Row | undefined, key: string, stored: Row | undefined) => Row | null | undefined,
  ): { count: number } {
    const { session } = this
    session.requireWritable()
    session.flush()
    session.ensureTransaction()
    const rows = keys.map((key) => session.row(key))
    const changed = rows.map((row, at) => change(session.seen(row), keys[at], row))
    for (const [at, row] of changed.entries()) if (row !== undefined) session.write(keys[at], row)
    return { count: changed.filter((row) => row !== undefined).length }
  }

  #flushPending(): void {
    if (this.session.pending.length > 0) this.session.flush()
  }

  #read(keys: readonly string[], withDeleted: boolean): (number | undefined)[] {
    const { session } = this
    const unmet = new Set(keys.filter((key) => !this.#isSettled(key)))
    const rows = keys.map((key) => (unmet.has(key) ? session.row(key) : undefined))
    return keys.map((key, position) => {
      const row = rows[position]
      if (unmet.has(key) && row === undefined) {
        session.vanished(key)
        return undefined
      }
      if (row !== undefined && session.seen(row) === undefined) return undefined
      const at = row === undefined ? (session.mapped.get(key) as number) : session.materialise(row)
      const { state, base, mark, values } = session.known(at)
      if (base !== undefined && session.seen(base) === undefined) return undefined
      const isDeleted = state === 'deleted'
      if (isDeleted && (base === undefined || mark === 'hard')) return undefined
      const isHidden = isDeleted || (values.deletedAt ?? null) !== null
      return isHidden && !withDeleted ? undefined : at
    })
  }

  #isSettled(key: string): boolean {
    const at = this.session.mapped.get(key)
    if (at === undefined) return false
    const { state, met } = this.session.known(at)
    return state === 'deleted' || met
  }

  #claim(key: string): void {
    const { session, store } = this
    session.requireWritable()
    session.ensureTransaction()
    const mayMove = session.readKeys.size === 0 && !session.hasReadAll && session.writes.size === 0
    const [ours, theirs] = [session.snapshot?.rows.get(key), store.rows.get(key)]
    const claimant = store.claims.get(key)
    if (claimant !== undefined && claimant !== session.id) throw new Refusal('ROME_ROW_CLAIMED')
    if (mayMove) {
      session.snapshot = undefined
      session.ensureTransaction()
    } else if (ours === undefined || theirs === undefined ? ours !== theirs : !isSame(ours, theirs)) {
      throw new Refusal('ROME_CONFLICT')
    }
    store.claims.set(key, session.id)
    session.readKeys.add(key)
  }

  #expire(at: number): void {
    const known = this.session.persistent(at)
    Object.assign(known, { values: copyRow(known.base), met: false })
  }

  #merge(source: Known): number {
    const { session, store } = this
    session.requireWritable()
    this.#flushPending()
    session.ensureTransaction()
    const { base, values } = source
    if (source.owner === session.id) {
      if (source.state === 'deleted') throw new Refusal('ROME_ENTITY_STATE')
      source.told = true
      return store.entities.indexOf(source)
    }
    const { id: key } = values
    const held = session.mapped.get(key)
    const isSettled = this.#isSettled(key)
    const stored = isSettled ? session.known(held as number).base : session.row(key)
    if (stored === undefined && !isSettled) session.vanished(key)
    const row = session.seen(stored)
    const version = base === undefined ? values.version : base.version
    if (version !== undefined && row?.version !== version) throw new Refusal('ROME_STALE_VERSION')
    const target = row === undefined ? newKnown(key) : session.known(session.materialise(row))
    if (target.state === 'deleted') throw new Refusal('ROME_ENTITY_STATE')
    if (row === undefined && session.isTaken(key, target)) throw new Refusal('ROME_ENTITY_STATE')
    const { body, tags, deletedAt } = values
    const isAll = base === undefined || row === undefined
    if (isAll ? body !== undefined : body !== base.body) target.values.body = body
    if (isAll ? tags !== undefined : `${tags}` !== `${base.tags}`) target.values.tags = tags && [...tags]
    if (isAll ? deletedAt !== undefined : deletedAt?.getTime() !== base.deletedAt?.getTime()) {
      target.values.deletedAt = deletedAt
    }
    target.told = true
    if (row !== undefined) return store.entities.indexOf(target)
    session.add(store.entities.push(target) - 1, this.#points)
    return store.entities.length - 1
  }

  #upsert({ key, body, expect }: Extract<Operation, { do: 'upsert' }>): number {
    const { session, store } = this
    session.requireWritable()
    session.flush()
    const row = session.row(key)
    if (row === undefined) session.vanished(key)
    if (row?.deletedAt === null && session.seen(row) && expect !== 'absent') {
      const at = session.materialise(row)
      Object.assign(session.known(at), { told: true }).values.body = body
      session.flush()
      return at
    }
    if (expect === 'present') throw new Refusal('ROME_NO_RESULT')
    if (row !== undefined) throw new Refusal('ROME_PRIMARY_KEY_EXISTS')
    const added = store.entities.push(newKnown(key)) - 1
    session.known(added).values.body = body
    session.add(added, this.#points)
    session.flush()
    return added
  }

  /** A transaction of its own, in a session of its own. */
  #beginNew(key: string, body: string): Outcome {
    const { session, store } = this
    const stored = store.rows.get(key)
    const row = session.seen(stored)
    if (row?.body === body) return
    if (session.isReadOnly && row === undefined) throw new Refusal('ROME_READ_ONLY')
    if (session.isReadOnly) return
    if (stored !== row) throw new Refusal('ROME_PRIMARY_KEY_EXISTS')
    const claimant = store.claims.get(key)
    if (claimant !== undefined) throw new Refusal(claimant === session.id ? 'ROME_DEADLOCK' : 'ROME_ROW_CLAIMED')
    const inserted = { id: key, body, tags: [], deletedAt: null, version: 1 }
    store.commit(new Map([[key, row === undefined ? inserted : next(row, { body })]]))
    return
  }

  get #isWithinBegin(): boolean {
    return this.frames.some(({ kind }) => kind !== 'savepoint')
  }

  get #points(): Memory[] {
    return this.frames.map(({ at }) => at)
  }

  #refuseWithinBegin(): void {
    if (this.#isWithinBegin) throw new Refusal('ROME_TRANSACTION_STATE')
  }

  #open(by: 'begin' | 'savepoint', propagation: Propagation, isReadOnly: boolean): void {
    const { frames, session } = this
    if (propagation === 'never' && this.#isWithinBegin) throw new Refusal('ROME_TRANSACTION_STATE')
    if (isReadOnly && !session.refusesWrites) session.flush()
    const around = frames.findLast(({ kind }) => kind !== 'savepoint')
    const joined = propagation === 'required' ? around : undefined
    const kind = joined !== undefined ? 'joined' : frames.length > 0 ? 'nested' : 'transaction'
    frames.push({
      kind: by === 'savepoint' ? 'savepoint' : kind,
      at: joined?.at ?? session.save(),
      hadTransaction: session.snapshot !== undefined,
      hadWrites: session.writes.size > 0,
      isReadOnly,
      hasFailed: false,
    })
  }

  #keep(at: number): void {
    this.#requireInnermost(at)
    const frame = this.frames[at]
    if (frame.hasFailed) {
      this.#undo(at)
      throw new Refusal('ROME_TRANSACTION_STATE')
    }
    if (frame.kind === 'transaction') {
      this.#commit(frame)
      return
    }
    if (frame.isReadOnly) this.session.flush()
    this.#endFrames(at)
  }

  #undo(at: number): void {
    this.#requireInnermost(at)
    const frame = this.frames[at]
    this.#endFrames(at)
    if (frame.kind === 'joined') {
      const around = this.frames.findLast(({ kind }) => kind !== 'savepoint')
      if (around !== undefined) around.hasFailed = true
      return
    }
    this.session.events.push(frame.kind === 'transaction' ? 'rolled back' : 'savepoint rolled back')
    this.session.restore(frame.at)
    // A transaction that began with the frame ends with it. What came before goes on, with what it has met.
    if (frame.kind === 'transaction' && !frame.hadTransaction) this.session.endTransaction()
  }

  /** A `begin` within has to end first; otherwise all is taken back. */
  #requireInnermost(at: number): void {
    if (this.frames.slice(at + 1).every(({ kind }) => kind === 'savepoint')) return
    this.#rollbackAll()
    throw new Refusal('ROME_TRANSACTION_STATE')
  }

  #commit(frame: Frame | undefined): void {
    const { session, store } = this
    try {
      this.#flushToCommit()
      const { writes, snapshot } = session
      if (snapshot !== undefined && writes.size > 0) {
        const isClaimed = [...writes.keys()].some((key) => (store.claims.get(key) ?? session.id) !== session.id)
        if (isClaimed) throw new Refusal('ROME_ROW_CLAIMED')
        if (store.isChangedSince(snapshot.version, session.validated)) throw new Refusal('ROME_CONFLICT')
        store.commit(writes)
      }
    } catch (error) {
      if (error instanceof Refusal && conflicts.has(error.code)) this.#commitFailed(frame)
      throw error
    }
    this.#endFrames(0)
    session.events.push('committed')
    session.committed()
  }

  #flushToCommit(): void {
    const { session } = this
    if (session.hasHooks) session.ensureTransaction()
    const before = session.save(session.hasHooks)
    try {
      session.flush()
    } catch (error) {
      for (const at of session.members) session.store.entities[at] = before.known[at] as Known
      throw error
    }
    if (session.hasForgotten) throw new Refusal('ROME_NOT_TOUCHED')
  }

  #commitFailed(frame: Frame | undefined): void {
    if (frame === undefined || frame.hadWrites) {
      this.#rollbackAll()
      return
    }
    this.#endFrames(0)
    this.session.events.push('rolled back')
    this.session.restore(frame.at)
    this.session.endTransaction()
  }

  #rollbackAll(): void {
    this.#endFrames(0)
    this.session.events.push('rolled back')
    this.session.restore(this.session.root)
    this.session.endTransaction()
    this.session.beginAnew()
  }

  #endFrames(from: number): void {
    this.ended += this.frames.splice(from).length
  }
}

function next(row: Row, values: Partial<Row>): Row {
  return { ...copyRow(row), ...values, version: row.version + 1 }
}

function softDeleted(row: Row | undefined): Row | undefined {
  return row?.deletedAt === null ? next(row, { deletedAt: now }) : undefined
}

import { copyRow, copyValues, isSame, now, type Row } from './doc.js'
import { copyKnown, type Known, loadedKnown, newKnown, type StoreModel } from './store-model.js'

/** Why something is not done. */
export class Refusal extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** Everything that a rollback brings back; a point to go back to is a copy of it. */
export interface Memory {
  readonly known: (Known | undefined)[]
  readonly pending: number[]
  readonly mapped: Map<string, number>
  readonly writes: Map<string, Row | null>
}

/** What a session is made with. */
export interface SessionTraits {
  readonly isReadOnly: boolean
  /** It sees the rows of the model's scope alone. */
  readonly isScoped: boolean
  /** It compares the entities alone that it was told of. */
  readonly isTold: boolean
  /** It has hooks: an operation that fails goes back to where it began. */
  readonly hasHooks: boolean
}

/** A session as one would write it without thinking of cost: a full copy at every point to go back to. */
export class SessionModel {
  readonly id: number
  readonly isReadOnly: boolean
  readonly isScoped: boolean
  readonly isTold: boolean
  readonly hasHooks: boolean
  readonly store: StoreModel
  /** What its hooks are told. */
  readonly events: string[] = []
  /** Added and not flushed. */
  pending: number[] = []
  /** The entities of keys. */
  mapped = new Map<string, number>()
  /** What the transaction writes, `null` for what it erases. */
  writes = new Map<string, Row | null>()
  /** What the transaction reads, as long as there is one. */
  snapshot: { readonly version: number; readonly rows: ReadonlyMap<string, Row> } | undefined
  readonly readKeys = new Set<string>()
  hasReadAll = false
  /** The entities that were in the session since the last transaction. */
  touched = new Set<number>()
  /** The end of the last transaction. */
  root: Memory

  readonly #frames: readonly { readonly isReadOnly: boolean }[]

  constructor(
    id: number,
    store: StoreModel,
    { isReadOnly, isScoped, isTold, hasHooks }: SessionTraits,
    frames: readonly { readonly isReadOnly: boolean }[],
  ) {
    this.#frames = frames
    this.id = id
    this.store = store
    this.isReadOnly = isReadOnly
    this.isScoped = isScoped
    this.isTold = isTold
    this.hasHooks = hasHooks
    this.root = this.save()
  }

  get members(): number[] {
    return [...this.store.entities.keys()].filter((at) => this.has(at))
  }

  has(at: number): boolean {
    return this.store.entities[at].owner === this.id
  }

  known(at: number): Known {
    return this.store.entities[at]
  }

  /** The known one of an entity in this session. */
  own(at: number): Known {
    if (!this.has(at)) throw new Refusal('ROME_ENTITY_STATE')
    return this.known(at)
  }

  persistent(at: number): Known & { base: Row } {
    const known = this.own(at)
    if (known.state !== 'persistent') throw new Refusal('ROME_ENTITY_STATE')
    return known as Known & { base: Row }
  }

  /** Within a `begin` that only reads, too. */
  get refusesWrites(): boolean {
    return this.isReadOnly || this.#frames.some(({ isReadOnly }) => isReadOnly)
  }

  requireWritable(): void {
    if (this.refusesWrites) throw new Refusal('ROME_READ_ONLY')
  }

  isModified(known: Known): boolean {
    const { base, values, mark, owner } = known
    const isLookedAt = owner === this.id && mark === undefined && !this.isUntold(known)
    return isLookedAt && base !== undefined && !isSame(values, base)
  }

  /** What was done to it is no change. */
  isUntold({ told }: Known): boolean {
    return this.isTold && !told
  }

  /** Whether a commit finds a change that it was not told of. */
  get hasForgotten(): boolean {
    const isForgotten = (known: Known) =>
      this.isUntold(known) && known.base !== undefined && !isSame(known.values, known.base)
    return !this.isReadOnly && this.members.some((at) => isForgotten(this.known(at)))
  }

  /** The row as the transaction sees it, and notes that it was read. */
  row(key: string): Row | undefined {
    this.ensureTransaction()
    this.readKeys.add(key)
    return this.view(key)
  }

  /** The keys of which a commit proves that nobody wrote them. */
  get validated(): ReadonlySet<string> | 'any' {
    if (this.store.isolation === 'serializable') return this.hasReadAll ? 'any' : this.readKeys
    const claimed = [...this.store.claims].filter(([, claimant]) => claimant === this.id)
    return new Set([...this.writes.keys(), ...claimed.map(([key]) => key)])
  }

  /** The row, if the session sees it. */
  seen(row: Row | undefined): Row | undefined {
    return this.isScoped && row?.body === 'b1' ? undefined : row
  }

  /** All rows, in the order of their keys. */
  allRows(): Row[] {
    this.ensureTransaction()
    this.hasReadAll = true
    const keys = [...new Set([...(this.snapshot?.rows.keys() ?? []), ...this.writes.keys()])].sort()
    return keys.map((key) => this.view(key)).filter((row) => row !== undefined)
  }

  view(key: string): Row | undefined {
    const written = this.writes.get(key)
    return written === undefined ? this.snapshot?.rows.get(key) : (written ?? undefined)
  }

  ensureTransaction(): void {
    this.snapshot ??= { version: this.store.version, rows: this.store.rows }
  }

  /** Whether another entity of the session stands for the row of this key. */
  isTaken(key: string, by: Known): boolean {
    const at = this.mapped.get(key)
    if (at === undefined || this.known(at) === by) return false
    const { state, base, mark } = this.known(at)
    const isErased = state === 'deleted' && base === undefined
    return !isErased && !(mark === 'hard' && by.base === undefined)
  }

  add(at: number, frames: readonly Memory[]): void {
    const known = this.known(at)
    if (known.owner !== undefined && known.owner !== this.id) throw new Refusal('ROME_ENTITY_STATE')
    const isHere = known.owner === this.id
    if (isHere && known.state !== 'deleted') {
      known.told = true
      return
    }
    if ((!isHere || known.base === undefined) && this.isTaken(known.base?.id ?? known.values.id, known)) {
      throw new Refusal('ROME_ENTITY_STATE')
    }
    known.told = true
    if (isHere && known.base !== undefined) {
      if (known.mark === undefined) known.values.deletedAt = null
      Object.assign(known, { state: 'persistent', mark: undefined })
      return
    }
    if (!isHere) {
      // Where it was at the points to go back to does not matter: it was not here.
      if (!this.touched.has(at)) for (const point of [this.root, ...frames]) point.known[at] = copyKnown(known)
      Object.assign(known, { owner: this.id, met: false, uncommitted: undefined })
      this.touched.add(at)
    }
    known.state = known.base === undefined ? 'pending' : 'persistent'
    if (known.base === undefined) this.pending.push(at)
    else this.mapped.set(known.base.id, at)
  }

  delete(at: number, how: 'soft' | 'hard'): void {
    const known = this.own(at)
    if (known.state === 'pending') {
      this.leave(at, 'transient')
      return
    }
    const isWritten = known.state === 'deleted' && known.mark === undefined
    if (isWritten && (how === 'soft' || known.base === undefined)) return
    known.state = 'deleted'
    if (known.mark !== 'hard') known.mark = how
  }

  expunge(at: number): void {
    this.leave(at, this.own(at).state === 'pending' ? 'transient' : 'detached')
  }

  private leave(at: number, state: Known['state']): void {
    const known = this.known(at)
    this.pending = this.pending.filter((other) => other !== at)
    this.unmap(at)
    Object.assign(known, { state, owner: undefined, mark: undefined })
  }

  private unmap(at: number): void {
    for (const [key, mapped] of this.mapped) if (mapped === at) this.mapped.delete(key)
  }

  /** The entity of a row that was read. */
  materialise(row: Row): number {
    const at = this.mapped.get(row.id)
    if (at === undefined) {
      const known: Known = { ...loadedKnown(row), state: 'persistent', owner: this.id, met: true }
      const added = this.store.entities.push(known) - 1
      this.mapped.set(row.id, added)
      this.touched.add(added)
      return added
    }
    const known = this.known(at)
    if (!known.met && known.state === 'persistent' && !this.hasUnwritten(known)) this.refresh(known, row)
    return at
  }

  refresh(known: Known, row: Row): void {
    Object.assign(known, { base: copyRow(row), values: copyRow(row), met: true })
  }

  /** A read by key found no row. */
  vanished(key: string): void {
    const at = this.mapped.get(key)
    const known = at === undefined ? undefined : this.known(at)
    if (known?.state !== 'persistent' || this.hasUnwritten(known)) return
    known.uncommitted ??= { stored: known.base, given: undefined }
    this.erased(known)
  }

  /** Writes a row beside the unit of work; its entity follows. */
  write(key: string, row: Row | null): void {
    const before = this.view(key)
    this.writes.set(key, row)
    const at = this.mapped.get(key)
    if (at === undefined) return
    const known = this.known(at)
    if (row !== null && known.base === undefined) {
      this.mapped.delete(key)
      return
    }
    const { stored, given } = known.uncommitted ?? { stored: before ?? known.base, given: undefined }
    known.uncommitted = { stored, given: row ?? given }
    if (row === null) this.erased(known)
    else this.refresh(known, row)
  }

  get hasChanges(): boolean {
    const isChanged = (known: Known) => known.mark !== undefined || this.isModified(known)
    return this.pending.length > 0 || this.members.some((at) => isChanged(this.known(at)))
  }

  /** Nothing happens when it fails, but that it has read. */
  flush(): void {
    if (this.isReadOnly || !this.hasChanges) return
    if (this.refusesWrites) throw new Refusal('ROME_READ_ONLY')
    this.ensureTransaction()
    const before = this.save(this.hasHooks)
    const told = this.events.length
    try {
      this.writeChanges()
      this.events.push('flushed')
    } catch (error) {
      this.events.length = told
      for (const at of this.members) this.store.entities[at] = before.known[at] as Known
      this.load(before)
      throw error
    }
  }

  private writeChanges(): void {
    const known = this.members.map((at) => this.known(at))
    const changed = known.filter((each) => each.mark !== undefined || this.isModified(each)) as (Known & {
      base: Row
    })[]
    const unmet = changed.filter(({ met }) => !met)
    const current = unmet.map(({ base }) => this.row(base.id))
    if (unmet.some(({ base }, at) => current[at]?.version !== base.version)) throw new Refusal('ROME_STALE_VERSION')
    const currentOf = (each: Known & { base: Row }) => current[unmet.indexOf(each)] ?? each.base
    const isTaken = this.pending.some((at) => {
      const { values } = this.known(at)
      return this.isTaken(values.id, this.known(at))
    })
    if (isTaken) throw new Refusal('ROME_ENTITY_STATE')
    for (const each of changed.filter(({ mark }) => mark === 'hard')) {
      this.writes.set(each.base.id, null)
      this.events.push(`erased ${each.base.id}`)
      each.uncommitted ??= { stored: currentOf(each), given: undefined }
      Object.assign(each, { mark: undefined, base: undefined, met: true, told: true })
    }
    for (const each of changed.filter(({ base }) => base !== undefined)) this.writeChange(each, currentOf(each))
    for (const at of this.pending) this.row(this.known(at).values.id)
    for (const at of this.pending) this.insert(at)
    this.pending = []
  }

  /** Lays what was changed over the row as it is now. */
  private writeChange(known: Known & { base: Row }, current: Row): void {
    const { values, base, mark } = known
    const row = copyRow(current)
    if (values.body !== base.body) row.body = values.body as string
    if (`${values.tags}` !== `${base.tags}`) row.tags = [...(values.tags as number[])]
    if (values.deletedAt?.getTime() !== base.deletedAt?.getTime()) row.deletedAt = values.deletedAt as Date | null
    if (mark === 'soft') row.deletedAt ??= now
    if (!isSame(row, current)) {
      row.version = current.version + 1
      this.writes.set(row.id, row)
      known.uncommitted ??= { stored: current, given: undefined }
      this.events.push(`${mark === 'soft' ? 'hidden' : 'updated'} ${row.id}`)
    }
    Object.assign(known, { mark: undefined, base: copyRow(row), values: copyRow(row), met: true, told: true })
  }

  private insert(at: number): void {
    const known = this.known(at)
    const { id, body, tags, deletedAt } = known.values
    if (this.view(id) !== undefined) throw new Refusal('ROME_PRIMARY_KEY_EXISTS')
    const row: Row = { id, body: body ?? '', tags: tags ?? [], deletedAt: deletedAt ?? null, version: 1 }
    this.writes.set(id, row)
    this.events.push(`inserted ${id}`)
    known.beforeInsert ??= copyValues(known.values)
    known.uncommitted ??= { stored: undefined, given: undefined }
    Object.assign(known, { base: copyRow(row), values: copyRow(row), met: true, told: true, state: 'persistent' })
    this.mapped.set(id, at)
  }

  private erased(known: Known): void {
    Object.assign(known, { state: 'deleted', base: undefined, met: true })
  }

  /** A read-only session does not look. */
  private hasUnwritten(known: Known): boolean {
    return !this.isReadOnly && this.isModified(known)
  }

  /** Where nothing was told of an entity, what it goes back to is its row. */
  save(doesForget = true): Memory {
    const known = this.store.entities.map(copyKnown)
    for (const each of known) {
      const isForgotten = doesForget && (this.isReadOnly || this.isUntold(each))
      if (isForgotten && each.owner === this.id && each.base !== undefined) each.values = copyRow(each.base)
    }
    return { known, pending: [...this.pending], mapped: new Map(this.mapped), writes: new Map(this.writes) }
  }

  private load({ pending, mapped, writes }: Memory): void {
    this.pending = [...pending]
    this.mapped = new Map(mapped)
    this.writes = new Map(writes)
  }

  /** Entities that stay are what they were; from those that leave Rome takes back what it wrote, and nothing else. */
  restore(to: Memory, doAllLeave = false): void {
    for (const at of this.touched) {
      const after = this.known(at)
      if (after.owner !== undefined && after.owner !== this.id) continue
      const then = to.known[at]
      const stays = then?.owner === this.id && !doAllLeave
      this.store.entities[at] = stays ? copyKnown(then) : left(then, after)
    }
    this.load(to)
  }

  endTransaction(): void {
    for (const at of this.touched) {
      const known = this.known(at)
      if (known.owner === undefined || known.owner === this.id)
        Object.assign(known, { met: false, beforeInsert: undefined, uncommitted: undefined })
    }
    for (const [key, claimant] of this.store.claims) if (claimant === this.id) this.store.claims.delete(key)
    this.snapshot = undefined
    this.readKeys.clear()
    this.hasReadAll = false
    this.writes = new Map()
  }

  /** There is nothing to go back to before now. */
  beginAnew(): void {
    this.touched = new Set(this.members)
    this.root = this.save()
  }

  /** The transaction was stored. */
  committed(): void {
    for (const at of this.members) {
      const known = this.known(at)
      known.told = false
      if (known.state !== 'deleted') continue
      if (known.base !== undefined) known.state = 'persistent'
      else {
        this.unmap(at)
        Object.assign(known, { state: 'detached', owner: undefined })
      }
    }
    this.endTransaction()
    this.beginAnew()
  }
}

/** An entity that leaves by a rollback. */
function left(then: Known | undefined, after: Known): Known {
  const before = then === undefined ? newKnown(after.values.id) : copyKnown(then)
  const isWritten = after.uncommitted !== then?.uncommitted
  const { stored, given } = (isWritten ? after.uncommitted : undefined) ?? { stored: after.base, given: undefined }
  if (then === undefined && after.isLoaded) Object.assign(before, { state: 'detached', base: stored, isLoaded: true })
  else if (before.base !== undefined) before.base = stored
  if (then?.owner !== undefined) before.state = before.base === undefined ? 'transient' : 'detached'
  const values = copyValues(after.values)
  if (before.base !== undefined) {
    Object.assign(values, { version: before.base.version, deletedAt: before.base.deletedAt })
    if (given !== undefined && values.body === given.body) values.body = before.base.body
    if (given !== undefined && `${values.tags}` === `${given.tags}`) values.tags = [...before.base.tags]
  } else if (after.beforeInsert !== undefined && before.beforeInsert === undefined) {
    for (const name of ['body', 'tags', 'deletedAt', 'version'] as const) {
      if (after.beforeInsert[name] === undefined || name === 'version') {
        Object.assign(values, { [name]: after.beforeInsert[name] })
      }
    }
  }
  return { ...before, values, owner: undefined, mark: undefined, met: false }
}

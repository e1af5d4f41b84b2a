import { andThen, type MaybePromise } from '../../lib/async/maybe-promise.js'
import { Space } from '../../lib/codec/space.js'
import type {
  Batch,
  ChangesOptions,
  CommitListener,
  CommitOutcome,
  CommitRequest,
  CommittedChanges,
  Engine,
  EngineSnapshot,
  Key,
  KeyRange,
  Scan,
  ScanOptions,
  Version,
} from '../../lib/engines/contract.js'
import { ResidentLoader } from '../../lib/records/resident/resident-loader.js'
import { ResidentScan } from '../../lib/records/resident/resident-scan.js'
import { ResidentSet } from '../../lib/records/resident/resident-set.js'
import { ResidentView } from '../../lib/records/resident/resident-view.js'
import { EntryCell, RowCell, type StoredValue } from '../../lib/records/stored-value.js'

/** What is read in turn: rows and entries are never held side by side, since no id of an index is 0. */
const parts = [
  { isHeld: false, start: '', end: Space.row },
  { isHeld: true, start: Space.row, end: `${Space.row}\xff\xff` },
  { isHeld: false, start: `${Space.row}\xff\xff`, end: Space.entry },
  { isHeld: true, start: Space.entry, end: '\xff\xff\xff' },
]

/** Before the first snapshot. */
const versionUnknown = -1

/**
 * An engine of one writer, read through a resident set as transactions read it. It has to be an engine as good as the
 * one behind it.
 */
export class ResidentEngine implements Engine {
  readonly #engine: Engine
  readonly #set: ResidentSet
  readonly #loader: ResidentLoader
  readonly #listeners: CommitListener[] = []
  readonly #snapshots = new Set<ResidentSnapshot>()

  constructor(engine: Engine, cacheBytes: number) {
    this.#engine = engine
    const set = new ResidentSet(cacheBytes, versionUnknown)
    this.#set = set
    this.#loader = new ResidentLoader(engine, set)
    engine.follow?.((version, writes) => {
      if (writes === undefined) set.reset(version)
      else set.publish(version, writes)
      for (const listener of this.#listeners) listener(version, writes)
    })
  }

  get manifest() {
    return this.#engine.manifest
  }

  open(): Promise<void> {
    return this.#engine.open()
  }

  snapshot(): MaybePromise<EngineSnapshot> {
    return andThen(this.#engine.snapshot(), (snapshot) => {
      if (this.#set.version === versionUnknown) this.#set.reset(snapshot.version)
      if (this.#set.version !== snapshot.version) return snapshot
      const held = new ResidentSnapshot(snapshot, new ResidentView(this.#set), () => this.#snapshots.delete(held))
      this.#snapshots.add(held)
      return held
    })
  }

  commit(request: CommitRequest): Promise<Version> {
    return this.#engine.commit(request)
  }

  outcome(id: string): Promise<CommitOutcome> {
    return this.#engine.outcome(id)
  }

  follow(listener: CommitListener): void {
    this.#listeners.push(listener)
  }

  changes(options?: ChangesOptions): AsyncIterableIterator<CommittedChanges> {
    return this.#engine.changes(options)
  }

  partitionsOf(range: KeyRange): readonly number[] {
    return this.#engine.partitionsOf(range)
  }

  stats(): Readonly<Record<string, number>> {
    return this.#engine.stats()
  }

  async close(): Promise<void> {
    await Promise.all([this.#engine.close(), this.#loader.close()])
    for (const snapshot of this.#snapshots) snapshot.release()
  }
}

class ResidentSnapshot implements EngineSnapshot {
  readonly #snapshot: EngineSnapshot
  readonly #view: ResidentView
  readonly #onRelease: () => void
  #isReleased = false

  constructor(snapshot: EngineSnapshot, view: ResidentView, onRelease: () => void) {
    this.#snapshot = snapshot
    this.#view = view
    this.#onRelease = onRelease
  }

  get version(): Version {
    return this.#snapshot.version
  }

  async get(key: Key): Promise<Uint8Array | undefined> {
    const held = this.#isReleased || !key.startsWith(Space.row) ? undefined : this.#view.row(key)
    if (held === null) return undefined
    const cell = held?.at(this.version)
    if (cell !== undefined) return bytesOf(cell)
    const bytes = await this.#snapshot.get(key)
    if (bytes === undefined || !key.startsWith(Space.row) || !this.#view.isNewest) return bytes
    return bytesOf(this.#view.set.addRow(key, bytes))
  }

  getMany(keys: readonly Key[]): Promise<readonly (Uint8Array | undefined)[]> {
    return Promise.all(keys.map((key) => this.get(key)))
  }

  scan(range: KeyRange, options: ScanOptions = {}): Scan {
    const check = () => {
      // The engine says what it says of a snapshot that is released.
      if (this.#isReleased) void this.#snapshot.scan(range)
    }
    check()
    const scans = parts
      .map(({ isHeld, start, end }) => ({
        isHeld,
        part: { start: range.start > start ? range.start : start, end: range.end < end ? range.end : end },
      }))
      .filter(({ part }) => part.start < part.end)
      .map(({ isHeld, part }) => () => {
        return isHeld ? new ResidentScan(this.#view, this.#snapshot, part, options) : this.#snapshot.scan(part, options)
      })
    return new ScansInTurn(options.reverse === true ? scans.reverse() : scans, check)
  }

  release(): void {
    this.#isReleased = true
    this.#view.release()
    this.#snapshot.release()
    this.#onRelease()
  }
}

/** Scans of adjoining ranges. */
class ScansInTurn implements Scan {
  readonly #waiting: (() => Scan<StoredValue>)[]
  readonly #check: () => void
  #current: Scan<StoredValue> | undefined

  constructor(scans: readonly (() => Scan<StoredValue>)[], check: () => void) {
    this.#waiting = [...scans]
    this.#check = check
  }

  async next(): Promise<Batch | undefined> {
    for (;;) {
      this.#check()
      this.#current ??= this.#waiting.shift()?.()
      const batch = await this.#current?.next()
      if (batch !== undefined) return { keys: batch.keys, values: batch.values.map(bytesOf) }
      if (this.#current === undefined) return undefined
      await this.#current.close()
      this.#current = undefined
    }
  }

  async close(): Promise<void> {
    this.#waiting.length = 0
    await this.#current?.close()
  }
}

/** Nothing was decoded here. */
function bytesOf(value: StoredValue): Uint8Array {
  const bytes = value instanceof RowCell ? value.content : value instanceof EntryCell ? value.content : value
  if (!(bytes instanceof Uint8Array)) throw new TypeError('these bytes were decoded')
  return bytes
}

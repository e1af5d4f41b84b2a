import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { type Key, keyAfter, prefixRange } from '../../codec/key.js'
import { prefixBytes } from '../../codec/space.js'
import type { Engine, EngineSnapshot } from '../../engines/contract.js'
import { leafAt } from './resident-nodes.js'
import type { ResidentSet } from './resident-set.js'

/** After so many misses a table or index is worth being read as a whole. */
const missesMin = 64
/** So many are read at the same time: while others read much, each of them waits for most of its time. */
const loadsMax = 4
/** The part of the budget that is filled ahead of use. */
const shareMax = 0.9
/** One part is taken in in less than a millisecond, */
const entriesPerRead = 250
/** and in a few when each has to wait for long, because others read much. */
const entriesPerReadMax = 1000
const longWaitMs = 4
/** So many parts come of one scan: beginning one costs as much as a part, but it holds a snapshot. */
const partsPerScan = 32
/** A turn takes so long at most. Whoever asks meanwhile waits for a part to be taken in. */
const turnMsMax = 20
/** A range that is written to all the time is left alone. */
const failuresMax = 20

/**
 * Reads tables and indexes that are asked for again and again into memory, part by part and while there is room, so
 * that nobody waits for them. A few parts have a snapshot together.
 */
export class ResidentLoader {
  readonly #engine: Engine
  readonly #set: ResidentSet
  readonly #misses = new Map<Key, number>()
  readonly #wanted = new Set<Key>()
  readonly #loads = new Map<Key, Promise<void>>()
  #isClosed = false

  constructor(engine: Engine, set: ResidentSet) {
    this.#engine = engine
    this.#set = set
    set.onMiss = (key) => this.#missed(key.slice(0, prefixBytes))
  }

  /** Ends what it is doing. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#set.onMiss = undefined
    await Promise.all(this.#loads.values())
  }

  #missed(prefix: Key): void {
    const misses = (this.#misses.get(prefix) ?? 0) + 1
    this.#misses.set(prefix, misses % missesMin)
    if (misses < missesMin || !this.#hasRoom) return
    this.#wanted.add(prefix)
    this.#begin()
  }

  #begin(): void {
    for (const prefix of this.#wanted) {
      if (this.#loads.size >= loadsMax || this.#isClosed) return
      // It stays wanted: some of what was read of it may be gone or written to again when its end is reached.
      if (this.#loads.has(prefix)) continue
      this.#wanted.delete(prefix)
      this.#loads.set(prefix, this.#load(prefix))
    }
  }

  get #hasRoom(): boolean {
    return this.#set.bytes < this.#set.bytesMax * shareMax
  }

  async #load(prefix: Key): Promise<void> {
    // Whoever missed it goes on first.
    await nextTurn()
    try {
      await this.#read(prefix)
    } catch {
      // Reading ahead is a favour: a damaged or failing store is reported to whoever needs what could not be read.
      this.#wanted.clear()
    } finally {
      this.#loads.delete(prefix)
      this.#begin()
    }
  }

  async #read(prefix: Key): Promise<void> {
    const { start, end } = prefixRange(prefix)
    const pace = new Pace(this.#set)
    let failures = 0
    for (let from = start; from < end && this.#mayGoOn && failures < failuresMax; ) {
      const snapshot = await this.#engine.snapshot()
      try {
        const reached = await this.#readOn(snapshot, from, end, pace)
        if (reached === from) failures++
        from = reached
      } finally {
        snapshot.release()
      }
    }
  }

  get #mayGoOn(): boolean {
    return !this.#isClosed && this.#hasRoom
  }

  /** Reads on from a key, and says up to where everything is in memory now. */
  async #readOn(snapshot: EngineSnapshot, start: Key, end: Key, pace: Pace): Promise<Key> {
    const set = this.#set
    if (snapshot.version !== set.version) return start
    const at = leafAt(set.root, start)
    if (!at.leaf.isHole) {
      await pace.keep()
      return at.end === undefined || at.end > end ? end : at.end
    }
    // Over what is held already too: between single reads there are many small holes, and a scan of each would cost
    // more than the entries that are read twice.
    const load = set.beginLoad({ start, end })
    let most = entriesPerRead
    const scan = snapshot.scan({ start, end }, { expected: entriesPerRead, most: () => most })
    let from = start
    try {
      for (let part = 0; part < partsPerScan && from < end && this.#mayGoOn; part++) {
        const askedAt = performance.now()
        const batch = await scan.next()
        if (load.isStale) break
        most = performance.now() - askedAt > longWaitMs ? entriesPerReadMax : entriesPerRead
        const last = batch?.keys[batch.keys.length - 1]
        const reached = last === undefined ? end : keyAfter(last)
        set.fill({ start: from, end: reached }, batch?.keys ?? [], batch?.values ?? [])
        from = reached
        await pace.keep()
      }
      return from
    } finally {
      set.endLoad(load)
      await scan.close()
    }
  }
}

/**
 * A table or index is read in half of the time, and the other half is for those who ask, if anybody does. While they
 * have much to do a pause is long, and so is the turn after it.
 */
class Pace {
  readonly #set: ResidentSet
  #asked: number
  #pausedAt = performance.now()
  #startedAt = this.#pausedAt

  constructor(set: ResidentSet) {
    this.#set = set
    this.#asked = set.asked
  }

  /** Waits if it is time for others. */
  async keep(): Promise<void> {
    const now = performance.now()
    if (now - this.#startedAt < Math.min(this.#startedAt - this.#pausedAt, turnMsMax)) return
    this.#pausedAt = now
    await (this.#asked === this.#set.asked ? nextTurn() : delay(now - this.#startedAt))
    this.#asked = this.#set.asked
    this.#startedAt = performance.now()
  }
}

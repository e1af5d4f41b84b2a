import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { type Key, keyAfter, prefixRange } from '../../codec/key.js'
import { prefixBytes } from '../../codec/space.js'
import type { Engine, EngineSnapshot } from '../../engines/contract.js'
import { leafAt } from './resident-nodes.js'
import type { ResidentSet } from './resident-set.js'

/** After so many misses a table or index is worth being read as a whole. */
const missesMin = 64
/** The part of the budget that is filled ahead of use. */
const shareMax = 0.9
/** One part is read in less than a millisecond. */
const entriesPerRead = 250
/** Whoever asks meanwhile waits so long at most, and for one part. */
const turnMsMax = 4
/** A range that is written to all the time is left alone. */
const failuresMax = 20

/**
 * Reads tables and indexes that are asked for again and again into memory, part by part and while there is room, so
 * that nobody waits for them. Each part has a snapshot of its own, which is held for one read.
 */
export class ResidentLoader {
  readonly #engine: Engine
  readonly #set: ResidentSet
  readonly #misses = new Map<Key, number>()
  readonly #wanted = new Set<Key>()
  #running: Promise<void> | undefined
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
    await this.#running
  }

  #missed(prefix: Key): void {
    const misses = (this.#misses.get(prefix) ?? 0) + 1
    this.#misses.set(prefix, misses % missesMin)
    if (misses < missesMin || !this.#hasRoom) return
    this.#wanted.add(prefix)
    this.#running ??= this.#run()
  }

  get #hasRoom(): boolean {
    return this.#set.bytes < this.#set.bytesMax * shareMax
  }

  async #run(): Promise<void> {
    // Whoever missed it goes on first.
    await nextTurn()
    try {
      for (const prefix of this.#wanted) {
        this.#wanted.delete(prefix)
        await this.#load(prefix)
      }
    } catch {
      // Reading ahead is a favour: a damaged or failing store is reported to whoever needs what could not be read.
      this.#wanted.clear()
    } finally {
      this.#running = undefined
    }
  }

  async #load(prefix: Key): Promise<void> {
    const { start, end } = prefixRange(prefix)
    let failures = 0
    let asked = this.#set.asked
    let pausedAt = performance.now()
    let startedAt = pausedAt
    for (let from = start; from < end && !this.#isClosed && this.#hasRoom && failures < failuresMax; ) {
      const snapshot = await this.#engine.snapshot()
      try {
        const reached = await this.#readOn(snapshot, from, end)
        if (reached === from) failures++
        from = reached
      } finally {
        snapshot.release()
      }
      // Half of the time is for those who ask, if anybody does. While they have much to do a pause is long, and so is
      // the turn after it.
      const now = performance.now()
      if (now - startedAt < Math.min(startedAt - pausedAt, turnMsMax)) continue
      pausedAt = now
      await (asked === this.#set.asked ? nextTurn() : delay(now - startedAt))
      asked = this.#set.asked
      startedAt = performance.now()
    }
  }

  /** Reads on from a key, and says up to where everything is in memory now. */
  async #readOn(snapshot: EngineSnapshot, from: Key, end: Key): Promise<Key> {
    const set = this.#set
    if (snapshot.version !== set.version) return from
    const at = leafAt(set.root, from)
    if (!at.leaf.isHole) return at.end === undefined || at.end > end ? end : at.end
    // Over what is held already too: between single reads there are many small holes, and a scan of each would cost
    // more than the entries that are read twice.
    const range = { start: from, end }
    const load = set.beginLoad(range)
    const scan = snapshot.scan(range, { expected: entriesPerRead })
    try {
      const batch = await scan.next()
      const last = batch?.keys[batch.keys.length - 1]
      const reached = last === undefined ? end : keyAfter(last)
      if (load.isStale) return from
      set.fill({ start: from, end: reached }, batch?.keys ?? [], batch?.values ?? [])
      return reached
    } finally {
      set.endLoad(load)
      await scan.close()
    }
  }
}

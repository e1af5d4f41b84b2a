import { andThen, type MaybePromise, repeat } from '../../async/maybe-promise.js'
import { type Key, type KeyRange, keyAfter } from '../../codec/key.js'
import { firstBatchSize, nextBatchSize } from '../../engines/batch-size.js'
import type { Batch, EngineSnapshot, Scan, ScanOptions } from '../../engines/contract.js'
import type { GrowingBatch, StoredBatch, StoredValue } from '../stored-value.js'
import { type Load, longScanEntries } from './resident-set.js'
import type { ResidentView } from './resident-view.js'

/** After so many holes the rest of a range is read from the engine: opening a scan there costs more than it saves. */
const holesMax = 8

/**
 * A range read from memory where it is held, and from the engine where it is not; what came from there is then held,
 * unless a commit came between.
 */
export class ResidentScan implements Scan<StoredValue> {
  readonly #view: ResidentView
  readonly #snapshot: EngineSnapshot
  readonly #isReverse: boolean
  /** What is left to read. */
  #start: Key
  #end: Key
  readonly #most: Pick<ScanOptions, 'most'>
  /** How many entries are read in one go, over the borders of what is held. */
  #size: number
  /** How many of them are still to come. */
  #wanted: number
  #holes = 0
  #entriesRead = 0
  /** The part that is being read from the engine, if it is. */
  #hole: Hole | undefined
  #isClosed = false

  constructor(view: ResidentView, snapshot: EngineSnapshot, range: KeyRange, options: ScanOptions) {
    this.#view = view
    this.#snapshot = snapshot
    this.#isReverse = options.reverse === true
    this.#start = range.start
    this.#end = range.end
    this.#most = options.most === undefined ? {} : { most: options.most }
    this.#size = firstBatchSize(options.expected)
    this.#wanted = this.#size
  }

  next(): MaybePromise<StoredBatch | undefined> {
    if (this.#isClosed) return undefined
    let batch: StoredBatch | undefined
    // A hole may turn out to be empty.
    const step = (): MaybePromise<boolean> => {
      const read = this.#hole === undefined ? this.#readMemory() : this.#readEngine(this.#hole)
      return andThen(read, (found) => {
        batch = found
        return batch === undefined && !this.#isClosed && (this.#hole !== undefined || this.#start < this.#end)
      })
    }
    return andThen(repeat(step), () => batch)
  }

  close(): MaybePromise<void> {
    this.#isClosed = true
    return this.#leaveHole()
  }

  #readMemory(): StoredBatch | undefined {
    const batch: GrowingBatch = { keys: [], values: [] }
    const { keys } = batch
    while (this.#start < this.#end && keys.length < this.#wanted) {
      const { leaf, start, end } = this.#view.leaf(this.#isReverse ? this.#end : this.#start, this.#isReverse)
      const first = start < this.#start ? leaf.lowerBound(this.#start) : 0
      const last = end === undefined || end > this.#end ? leaf.lowerBound(this.#end) : leaf.keys.length
      const count = Math.min(last - first, this.#wanted - keys.length)
      const from = this.#isReverse ? last - count : first
      if (!this.#view.take(batch, leaf, from, from + count, this.#isReverse)) {
        // What was found so far is given out first.
        if (keys.length === 0) this.#enterHole(start, end)
        break
      }
      this.#view.set.hits++
      if (this.#isReverse) this.#end = from > first ? (leaf.keys[from] as Key) : maxKey(start, this.#start)
      else this.#start = from + count < last ? (leaf.keys[from + count] as Key) : minKey(end ?? this.#end, this.#end)
    }
    if (keys.length === 0) return undefined
    this.#count(keys.length)
    return batch
  }

  #count(entries: number): void {
    this.#wanted -= entries
    if (this.#wanted > 0) return
    this.#size = nextBatchSize(this.#size)
    this.#wanted = this.#size
  }

  #enterHole(holeStart: Key, holeEnd: Key | undefined): void {
    const isLast = ++this.#holes >= holesMax
    const start = isLast && this.#isReverse ? this.#start : maxKey(holeStart, this.#start)
    const end = holeEnd === undefined || (isLast && !this.#isReverse) ? this.#end : minKey(holeEnd, this.#end)
    const range = { start, end }
    this.#view.set.missed(start)
    this.#hole = {
      range,
      scan: this.#snapshot.scan(range, { reverse: this.#isReverse, expected: this.#wanted, ...this.#most }),
      load: this.#view.beginLoad(range),
    }
  }

  #readEngine(hole: Hole): MaybePromise<StoredBatch | undefined> {
    return andThen(hole.scan.next(), (batch) => {
      if (this.#isClosed) return undefined
      if (batch === undefined) {
        this.#hold(hole, this.#isReverse ? hole.range.start : hole.range.end, { keys: [], values: [] })
        if (this.#isReverse) this.#end = hole.range.start
        else this.#start = hole.range.end
        return andThen(this.#leaveHole(), () => undefined)
      }
      this.#entriesRead += batch.keys.length
      this.#count(batch.keys.length)
      const last = batch.keys[batch.keys.length - 1] as Key
      return this.#hold(hole, this.#isReverse ? last : keyAfter(last), batch)
    })
  }

  /** Moves on to `reached`, and keeps what was read up to there for others. */
  #hold({ load }: Hole, reached: Key, batch: Batch): StoredBatch {
    const range = this.#isReverse ? { start: reached, end: this.#end } : { start: this.#start, end: reached }
    if (this.#isReverse) this.#end = reached
    else this.#start = reached
    const { set } = this.#view
    if (load === undefined || load.isStale || range.start >= range.end) return batch
    if (this.#entriesRead > longScanEntries && set.isFull) return batch
    if (!this.#isReverse) return { keys: batch.keys, values: set.fill(range, batch.keys, batch.values) }
    const cells = set.fill(range, batch.keys.toReversed(), batch.values.toReversed())
    return { keys: batch.keys, values: cells.toReversed() }
  }

  #leaveHole(): MaybePromise<void> {
    const hole = this.#hole
    if (hole === undefined) return undefined
    this.#hole = undefined
    if (hole.load !== undefined) this.#view.endLoad(hole.load)
    return hole.scan.close()
  }
}

interface Hole {
  readonly range: KeyRange
  readonly scan: Scan
  readonly load: Load | undefined
}

function maxKey(left: Key, right: Key): Key {
  return left > right ? left : right
}

function minKey(left: Key, right: Key): Key {
  return left < right ? left : right
}

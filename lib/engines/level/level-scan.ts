import { isPromise, type MaybePromise } from '../../async/maybe-promise.js'
import { firstBatchSize, nextBatchSize, sizeWithin } from '../batch-size.js'
import type { Batch, Key, KeyRange, Scan, ScanOptions } from '../contract.js'
import { releasedError } from '../lifecycle.js'
import { firstKey, partitionsOfRange } from '../placement.js'
import type { EngineStatistics } from '../statistics.js'
import { TreeCursor } from '../tree-cursor.js'
import { BaseCursor } from './base-cursor.js'
import type { View } from './overlay.js'
import { deleted, type OverlayValue } from './overlay-root.js'

/** Of each partition so many entries are read at least, if so many are wanted at all. */
const sizeOfEachMin = 16

/**
 * Merges the overlay and the partitions of a base, in order of key. What the overlay has under a key hides what a
 * partition has; no key is in two partitions.
 */
export class LevelScan implements Scan {
  readonly #statistics: EngineStatistics
  readonly #onClose: (scan: LevelScan) => void
  readonly #overlay: TreeCursor<OverlayValue>
  readonly #bases: BaseCursor[]
  readonly #reverse: boolean
  readonly #most: ScanOptions['most']
  #size: number
  #isFirstBatch = true
  #isClosed = false
  #isReleased = false

  constructor(
    view: View,
    range: KeyRange,
    options: ScanOptions,
    statistics: EngineStatistics,
    onClose: (scan: LevelScan) => void,
  ) {
    const visible = range.start < firstKey ? { start: firstKey, end: range.end } : range
    const { partitions, isEmpty } = view.base
    this.#statistics = statistics
    this.#onClose = onClose
    this.#reverse = options.reverse === true
    this.#most = options.most
    this.#size = firstBatchSize(options.expected)
    this.#overlay = new TreeCursor(view.root.tree, visible, this.#reverse)
    this.#overlay.advance()
    const placed = isEmpty ? [] : partitionsOfRange(visible, partitions.length)
    this.#bases = partitions
      .filter((_, index) => placed.includes(index))
      .map((partition) => new BaseCursor(partition, visible, this.#reverse))
    statistics.scans++
    statistics.liveScans++
  }

  next(): MaybePromise<Batch | undefined> {
    if (this.#isReleased) throw releasedError()
    if (this.#isClosed) return undefined
    const batch = this.#bases.some((base) => base.needsFill) ? undefined : this.#merge()
    if (batch !== undefined) return batch
    const filled = this.#fill()
    return isPromise(filled) ? this.#nextFilled(filled) : this.#end()
  }

  close(): MaybePromise<void> {
    if (this.#isClosed) return undefined
    this.#isClosed = true
    this.#statistics.liveScans--
    this.#onClose(this)
    if (this.#bases.length === 0) return undefined
    return Promise.all(this.#bases.map((base) => base.close())).then(() => undefined)
  }

  /** Closes it because its snapshot goes. */
  release(): MaybePromise<void> {
    this.#isReleased = true
    return this.close()
  }

  async #nextFilled(filled: Promise<void>): Promise<Batch | undefined> {
    try {
      for (let filling: MaybePromise<void> = filled; isPromise(filling); filling = this.#fill()) {
        await filling
        if (this.#isReleased) throw releasedError()
        if (this.#isClosed) return undefined
        const batch = this.#merge()
        if (batch !== undefined) return batch
      }
    } catch (error) {
      await this.close()
      throw error
    }
    return this.#end()
  }

  /** Makes sure that each partition that may have more has something to show. */
  #fill(): MaybePromise<void> {
    const needy = this.#bases.filter((base) => base.needsFill)
    if (needy.length === 0) return undefined
    const size = this.#sizeOfEach
    if (needy.length === 1) return needy[0]?.fill(size)
    return Promise.all(needy.map((base) => base.fill(size))).then(() => undefined)
  }

  /** Keys are spread evenly, so each partition has about its share of the next ones; a few more cost little. */
  get #sizeOfEach(): number {
    const size = sizeWithin(this.#size, this.#most)
    return Math.min(size, sizeOfEachMin + Math.ceil((1.25 * size) / this.#bases.length))
  }

  #merge(): Batch | undefined {
    const keys: Key[] = []
    const values: Uint8Array[] = []
    const wanted = sizeWithin(this.#size, this.#most)
    while (keys.length < wanted) {
      const base = this.#nearestBase()
      if (base === undefined && this.#bases.some((each) => each.needsFill)) break
      const baseKey = base?.keys[base.position]
      const overlayKey = this.#overlay.key
      if (overlayKey === undefined && base !== undefined && this.#bases.length === 1) {
        this.#takeAll(base, keys, values)
        break
      }
      if (overlayKey !== undefined && (baseKey === undefined || !this.#isBefore(baseKey, overlayKey))) {
        const value = this.#overlay.value
        if (value !== deleted) {
          keys.push(overlayKey)
          values.push(value as Uint8Array)
        }
        this.#overlay.advance()
        if (base !== undefined && baseKey === overlayKey) base.position++
      } else if (base !== undefined && baseKey !== undefined) {
        keys.push(baseKey)
        values.push(base.values[base.position] as Uint8Array)
        base.position++
      } else {
        break
      }
    }
    if (keys.length === 0) return undefined
    this.#count(values)
    this.#size = nextBatchSize(this.#size)
    // A caller who came back for more is likely to come again: the next entries are read while he works on these.
    if (!this.#isFirstBatch) this.#readAhead()
    this.#isFirstBatch = false
    return { keys, values }
  }

  /** The partition with the next key; `undefined` when there is none, or one must be read on before that is known. */
  #nearestBase(): BaseCursor | undefined {
    let nearest: BaseCursor | undefined
    let nearestKey: Key | undefined
    for (const base of this.#bases) {
      if (base.needsFill) return undefined
      const key = base.keys[base.position]
      if (key !== undefined && (nearestKey === undefined || this.#isBefore(key, nearestKey))) {
        nearest = base
        nearestKey = key
      }
    }
    return nearest
  }

  #takeAll(base: BaseCursor, keys: Key[], values: Uint8Array[]): void {
    for (; base.position < base.keys.length; base.position++) {
      keys.push(base.keys[base.position] as Key)
      values.push(base.values[base.position] as Uint8Array)
    }
  }

  #readAhead(): void {
    // A failure is met again, and reported, when the entries are needed.
    const size = this.#sizeOfEach
    for (const base of this.#bases) if (base.needsFill) base.fill(size).catch(() => undefined)
  }

  #isBefore(left: Key, right: Key): boolean {
    return this.#reverse ? left > right : left < right
  }

  #count(values: readonly Uint8Array[]): void {
    let bytes = 0
    for (const value of values) bytes += value.length
    this.#statistics.keysScanned += values.length
    this.#statistics.bytesRead += bytes
  }

  #end(): undefined {
    // All cursors have ended and closed themselves.
    this.close()
    return undefined
  }
}

import { andThen, type MaybePromise, repeat } from '../async/maybe-promise.js'
import type { Key, KeyRange } from '../codec/key.js'
import type { Scan } from '../engines/contract.js'
import type { TreeCursor } from '../engines/tree-cursor.js'
import type { NotedRange } from './read-set.js'
import type { StoredBatch, StoredValue } from './stored-value.js'
import type { WriteBuffer, Written } from './write-buffer.js'

/** Lays a transaction's writes over a scan of its snapshot, and notes in the read set how far the scan came. */
export function scanWithWrites(
  stored: Scan<StoredValue>,
  writes: WriteBuffer,
  range: KeyRange,
  noted: NotedRange,
  isReverse: boolean,
): Scan<StoredValue> {
  const written = writes.cursor(range, isReverse)
  return new NotedScan(written === undefined ? stored : new LayeredScan(stored, written, isReverse), noted)
}

class NotedScan implements Scan<StoredValue> {
  readonly #source: Scan<StoredValue>
  readonly #noted: NotedRange
  #isClosed = false

  constructor(source: Scan<StoredValue>, noted: NotedRange) {
    this.#source = source
    this.#noted = noted
  }

  next(): MaybePromise<StoredBatch | undefined> {
    return andThen(this.#source.next(), (batch) => {
      // A scan that was closed has not come to its end.
      if (batch !== undefined) this.#noted.reached(batch.keys[batch.keys.length - 1])
      else if (!this.#isClosed) this.#noted.reachedEnd()
      return batch
    })
  }

  close(): MaybePromise<void> {
    this.#isClosed = true
    return this.#source.close()
  }
}

/** Two sorted sources merged: where both have a key the write counts, and a deletion hides it. */
class LayeredScan implements Scan<StoredValue> {
  readonly #stored: Scan<StoredValue>
  /** Stands on the next write to merge in. */
  readonly #written: TreeCursor<Written>
  readonly #isBefore: (a: Key, b: Key) => boolean
  #hasEnded = false

  constructor(stored: Scan<StoredValue>, written: TreeCursor<Written>, isReverse: boolean) {
    this.#stored = stored
    this.#written = written
    this.#isBefore = isReverse ? (a, b) => a > b : (a, b) => a < b
    written.advance()
  }

  next(): MaybePromise<StoredBatch | undefined> {
    let merged: StoredBatch | undefined
    // A batch may vanish under deletions: the next one then decides.
    const step = (): MaybePromise<boolean> =>
      andThen(this.#hasEnded ? undefined : this.#stored.next(), (batch) => {
        if (this.#hasEnded) return false
        this.#hasEnded = batch === undefined
        const both = this.#merge(batch)
        if (both.keys.length > 0) merged = both
        return merged === undefined && !this.#hasEnded
      })
    return andThen(repeat(step), () => merged)
  }

  close(): MaybePromise<void> {
    this.#hasEnded = true
    return this.#stored.close()
  }

  /** The batch with all writes that come before its last key; after the last batch, all that are left. */
  #merge(batch: StoredBatch | undefined): StoredBatch {
    const merged = { keys: [] as Key[], values: [] as StoredValue[] }
    const written = this.#written
    batch?.keys.forEach((key, index) => {
      while (written.key !== undefined && this.#isBefore(written.key, key)) this.#takeWrite(merged)
      if (written.key === key) {
        this.#takeWrite(merged)
      } else {
        merged.keys.push(key)
        merged.values.push(batch.values[index])
      }
    })
    while (batch === undefined && written.key !== undefined) this.#takeWrite(merged)
    return merged
  }

  #takeWrite({ keys, values }: { readonly keys: Key[]; readonly values: StoredValue[] }): void {
    const { key, value } = this.#written
    // A deletion leaves nothing to give out.
    if (key !== undefined && value) {
      keys.push(key)
      values.push(value)
    }
    this.#written.advance()
  }
}

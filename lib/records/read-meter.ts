import type { StoredBatch } from './stored-value.js'

/** Counts what is read: keys that were asked for or scanned, and bytes of keys and values that came. */
export class ReadMeter {
  keys = 0
  bytes = 0
  readonly #whole: ReadMeter | undefined
  readonly #countsBytes: boolean

  /**
   * What is counted here is counted in `whole` too. Bytes are counted where somebody wants to know: to ask each key and
   * value of a batch for its length takes a fifth of the time of a page whose rows lie all over the memory.
   */
  constructor(whole?: ReadMeter, countsBytes = true) {
    this.#whole = whole
    this.#countsBytes = countsBytes
  }

  add(keys: number, bytes: number): void {
    this.keys += keys
    this.bytes += bytes
    this.#whole?.add(keys, bytes)
  }

  /** Keys and values that a scan gave. */
  addBatch({ keys, values }: StoredBatch): void {
    let bytes = 0
    if (this.#countsBytes) {
      for (const key of keys) bytes += key.length
      for (const value of values) bytes += value.length
    }
    this.add(keys.length, bytes)
  }
}

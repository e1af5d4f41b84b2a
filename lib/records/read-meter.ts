/** Counts what is read: keys that were asked for or scanned, and bytes of keys and values that came. */
export class ReadMeter {
  keys = 0
  bytes = 0
  readonly #whole: ReadMeter | undefined

  /** What is counted here is counted in `whole` too. */
  constructor(whole?: ReadMeter) {
    this.#whole = whole
  }

  add(keys: number, bytes: number): void {
    this.keys += keys
    this.bytes += bytes
    this.#whole?.add(keys, bytes)
  }
}

/** Reads the numbers of LevelDB's and Snappy's formats; throws a `RangeError` beyond the end. */
export class ByteReader {
  position: number
  readonly #bytes: Buffer
  readonly #end: number

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.position = start
    this.#end = end
  }

  get hasMore(): boolean {
    return this.position < this.#end
  }

  byte(): number {
    return this.bytes(1)[0] as number
  }

  /** A number of up to eight bytes, the smallest first. */
  littleEndian(count: number): number {
    return this.bytes(count).readUIntLE(0, count)
  }

  /** A number in groups of seven bits, the smallest first. */
  varint(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new RangeError('a number is too long')
  }

  bytes(count: number): Buffer {
    const end = this.position + count
    if (end > this.#end) throw new RangeError('the bytes end too early')
    const view = this.#bytes.subarray(this.position, end)
    this.position = end
    return view
  }
}

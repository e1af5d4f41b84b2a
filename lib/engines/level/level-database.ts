/** What the engine needs of a store made by an `abstract-level` factory; `ClassicLevel` and `Level` have it all. */
export interface LevelDatabase {
  readonly supports: {
    readonly explicitSnapshots?: boolean
    readonly getSync?: boolean
    readonly additionalMethods?: Readonly<Record<string, boolean>>
  }
  open(options: { readonly createIfMissing: boolean }): Promise<void>
  close(): Promise<void>
  get(key: Buffer, options: LevelReadOptions): Promise<Buffer | undefined>
  getSync(key: Buffer, options: LevelReadOptions): Buffer | undefined
  /** A batch to be filled: eight times cheaper to prepare than an array of operations. */
  batch(): LevelBatch
  iterator(options: LevelIteratorOptions): LevelIterator
  snapshot(): LevelDatabaseSnapshot
  /** Optional in abstract-level; the engine refuses a store without it. */
  compactRange?(start: Buffer, end: Buffer, options: LevelEncodings): Promise<void>
}

/** Bytes in, bytes out, whatever the database's own default is. */
export interface LevelEncodings {
  readonly keyEncoding: 'buffer'
  readonly valueEncoding: 'buffer'
}

export interface LevelReadOptions extends LevelEncodings {
  readonly snapshot?: LevelDatabaseSnapshot
}

export interface LevelBatch {
  put(key: Buffer, value: Buffer, options: LevelEncodings): unknown
  del(key: Buffer, options: LevelEncodings): unknown
  /** All or nothing. */
  write(options: { readonly sync: boolean }): Promise<void>
}

export interface LevelIteratorOptions extends LevelReadOptions {
  readonly gte: Buffer
  readonly lt?: Buffer
  readonly reverse?: boolean
  readonly highWaterMarkBytes?: number
  readonly fillCache?: boolean
}

export interface LevelIterator {
  nextv(size: number): Promise<[Buffer, Buffer][]>
  close(): Promise<void>
}

export interface LevelDatabaseSnapshot {
  ref(): void
  unref(): void
  close(): Promise<void>
}

export const bytesOnly: LevelEncodings = Object.freeze({ keyEncoding: 'buffer', valueEncoding: 'buffer' })

import { type Key, type KeyRange, keyToBytes } from '../codec/key.js'
import { ConflictError } from '../errors/rome-error.js'
import type { CommitRequest, Version, Write } from './contract.js'

/** How much the validator remembers. */
export interface ConflictLimits {
  readonly commitsMax: number
  readonly keysMax: number
}

interface RecentCommit {
  readonly version: Version
  /** In ascending order. */
  readonly keys: readonly Key[]
}

const defaultLimits: ConflictLimits = { commitsMax: 100_000, keysMax: 1_000_000 }

/**
 * Knows which keys recent commits wrote, and so whether what a transaction read is still true.
 *
 * Keys read are looked up in one map of the newest version by key; ranges read are searched in the sorted keys of each
 * commit after the reader's version. What no live reader needs is forgotten, and beyond its limits the oldest commits
 * are forgotten even so: readers that old are refused. The idea is that of FoundationDB's resolver.
 *
 * A commit enters the map when the first reader that is older asks: commits one after the other never do.
 */
export class ConflictValidator {
  readonly #limits: ConflictLimits
  /** Of the commits before {@link ConflictValidator.#unmapped}. */
  readonly #newest = new Map<Key, Version>()
  #commits: RecentCommit[] = []
  /** Commits before this index are forgotten. */
  #first = 0
  #unmapped = 0
  #keys = 0
  /** Every commit after this version is remembered. */
  #floor: Version

  constructor(floor: Version, limits: ConflictLimits = defaultLimits) {
    this.#floor = floor
    this.#limits = limits
  }

  /** @throws ConflictError `ROME_CONFLICT`, `ROME_SNAPSHOT_TOO_OLD` */
  validate(request: CommitRequest): void {
    const { readVersion, readKeys, readRanges } = request
    if (readKeys.length === 0 && readRanges.length === 0) return
    if (readVersion < this.#floor) {
      throw new ConflictError(
        'ROME_SNAPSHOT_TOO_OLD',
        'The transaction read from a snapshot older than the commits the engine remembers; run it again.',
        { context: { readVersion, oldest: this.#floor } },
      )
    }
    const last = this.#commits.at(-1)
    if (last === undefined || last.version <= readVersion) return
    this.#mapKeys()
    for (const key of readKeys) {
      const version = this.#newest.get(key)
      if (version !== undefined && version > readVersion) throw changedSince(key, readVersion, version)
    }
    if (readRanges.length > 0) this.#validateRanges(readRanges, readVersion)
  }

  /** Remembers an accepted commit. Versions only grow. */
  add(version: Version, writes: readonly Write[]): void {
    const keys = writes.map(keyOf)
    this.#commits.push({ version, keys })
    this.#keys += keys.length
    while (this.#keys > this.#limits.keysMax || this.#commits.length - this.#first > this.#limits.commitsMax) {
      this.#forgetOldest()
    }
  }

  /** Forgets what only readers older than `oldestReader` would need. */
  forgetBefore(oldestReader: Version): void {
    for (;;) {
      const oldest = this.#commits[this.#first]
      if (oldest === undefined || oldest.version > oldestReader) break
      this.#forgetOldest()
    }
    if (this.#floor < oldestReader) this.#floor = oldestReader
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#keys
  }

  #validateRanges(ranges: readonly KeyRange[], readVersion: Version): void {
    for (let index = this.#commits.length - 1; index >= this.#first; index--) {
      const commit = this.#commits[index]
      if (commit === undefined || commit.version <= readVersion) return
      for (const range of ranges) {
        const key = firstKeyIn(commit.keys, range)
        if (key !== undefined) throw changedSince(key, readVersion, commit.version, range)
      }
    }
  }

  #mapKeys(): void {
    for (; this.#unmapped < this.#commits.length; this.#unmapped++) {
      const { version, keys } = this.#commits[this.#unmapped] as RecentCommit
      for (const key of keys) this.#newest.set(key, version)
    }
  }

  #forgetOldest(): void {
    const oldest = this.#commits[this.#first]
    if (oldest === undefined) return
    if (this.#first < this.#unmapped) this.#unmap(oldest)
    else this.#unmapped++
    this.#keys -= oldest.keys.length
    this.#floor = oldest.version
    this.#first++
    // The forgotten front is given back once it is most of the array, so that forgetting stays cheap.
    if (this.#first > 64 && this.#first * 2 > this.#commits.length) {
      this.#commits = this.#commits.slice(this.#first)
      this.#unmapped -= this.#first
      this.#first = 0
    }
  }

  #unmap({ version, keys }: RecentCommit): void {
    for (const key of keys) {
      if (this.#newest.get(key) === version) this.#newest.delete(key)
    }
  }
}

const keyOf = (write: Write): Key => write.key

function firstKeyIn(keys: readonly Key[], range: KeyRange): Key | undefined {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as Key) < range.start) low = middle + 1
    else high = middle
  }
  const key = keys[low]
  return key !== undefined && key < range.end ? key : undefined
}

/** What is thrown when a commit, that of `version` or one before, wrote what was read at `readVersion`. */
export function changedSince(key: Key, readVersion: Version, version: Version, range?: KeyRange): ConflictError {
  return new ConflictError(
    'ROME_CONFLICT',
    'Another commit wrote what this transaction had read; run the transaction again.',
    {
      context: {
        key: toHex(key),
        ...(range && { range: { start: toHex(range.start), end: toHex(range.end) } }),
        readVersion,
        version,
      },
    },
  )
}

function toHex(key: Key): string {
  return keyToBytes(key).toString('hex')
}

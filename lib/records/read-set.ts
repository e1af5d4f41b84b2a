import { type Key, type KeyRange, prefixRange } from '../codec/key.js'
import { prefixBytes } from '../codec/space.js'

/**
 * Beyond this many single keys, or ranges, all keys of each table and index among them are noted as one range, so that
 * memory and the work of validation stay bounded.
 */
const notesMax = 20_000

/** So many keys are kept in a list: most transactions commit nothing, and never ask which of them are the same. */
const recentMax = 1000

/** What a transaction has read and relies on: keys and ranges, found or not. Validated at commit. */
export class ReadSet {
  readonly #recent: Key[] = []
  /** Those that were read before the recent ones. */
  readonly #keys = new Set<Key>()
  #ranges: NotedRange[] = []
  /** Whole tables and indexes, by what their keys begin with. What is noted of them besides adds nothing. */
  #whole: Set<Key> | undefined

  get isEmpty(): boolean {
    return this.#recent.length === 0 && this.#keys.size === 0 && this.#ranges.length === 0 && this.#whole === undefined
  }

  get keys(): readonly Key[] {
    this.#gather()
    return [...this.#keys]
  }

  /** As far as their scans have come. */
  get ranges(): readonly KeyRange[] {
    this.#gather()
    const scanned = this.#ranges.map(({ start, end }) => ({ start, end })).filter(({ start, end }) => start < end)
    return this.#whole === undefined ? scanned : [...scanned, ...Array.from(this.#whole, prefixRange)]
  }

  noteKey(key: Key): void {
    if (this.#recent.push(key) > recentMax) this.#gather()
  }

  #gather(): void {
    for (const key of this.#recent) if (!this.#whole?.has(prefixOf(key))) this.#keys.add(key)
    this.#recent.length = 0
    if (this.#keys.size > notesMax) this.#widen()
  }

  /** A range whose bounds grow as its scan goes on. */
  noteScan(range: KeyRange, isReverse: boolean): NotedRange {
    const noted = new NotedRange(range, isReverse)
    if (this.#isCovered(range)) return noted
    this.#ranges.push(noted)
    if (this.#ranges.length > notesMax) this.#widen()
    return noted
  }

  /** Noting less than was read would be wrong; noting more only risks a needless conflict. */
  #widen(): void {
    const whole = this.#whole ?? new Set<Key>()
    this.#whole = whole
    for (const key of this.#recent.splice(0)) whole.add(prefixOf(key))
    for (const key of this.#keys) whole.add(prefixOf(key))
    for (const { range } of this.#ranges) whole.add(prefixOf(range.start))
    this.#keys.clear()
    this.#ranges = this.#ranges.filter(({ range }) => !this.#isCovered(range))
  }

  #isCovered(range: KeyRange): boolean {
    if (this.#whole === undefined) return false
    const prefix = prefixOf(range.start)
    return this.#whole.has(prefix) && range.end <= prefixRange(prefix).end
  }
}

/** That of a transaction which never writes, so that nothing has to be proved of what it read. */
export class UnkeptReads extends ReadSet {
  override noteKey(_key: Key): void {}

  override noteScan(range: KeyRange, isReverse: boolean): NotedRange {
    return new NotedRange(range, isReverse)
  }
}

/** The part of a range that a scan has come through so far. */
export class NotedRange implements KeyRange {
  readonly range: KeyRange
  readonly #isReverse: boolean
  start: Key
  end: Key

  constructor(range: KeyRange, isReverse: boolean) {
    this.range = range
    this.#isReverse = isReverse
    this.start = isReverse ? range.end : range.start
    this.end = this.start
  }

  /** The scan gave out everything up to and with `key`. */
  reached(key: Key): void {
    if (this.#isReverse) this.start = key
    else this.end = `${key}\0`
  }

  /** The scan came to the end of its range. */
  reachedEnd(): void {
    this.start = this.range.start
    this.end = this.range.end
  }
}

function prefixOf(key: Key): Key {
  return key.slice(0, prefixBytes)
}

import type { Key, KeyRange } from '../../codec/key.js'
import type { Version } from '../../engines/contract.js'
import { EntryCell, type GrowingBatch, RowSlot } from '../stored-value.js'
import {
  countRange,
  type Leaf,
  type LeafAt,
  leafAt,
  leafBefore,
  leavesAt,
  type Root,
  valueAt,
} from './resident-nodes.js'
import type { Load, ResidentSet } from './resident-set.js'

/** The resident set as it was at the version of one snapshot. */
export class ResidentView {
  readonly version: Version
  readonly #set: ResidentSet
  #root: Root<RowSlot | EntryCell>
  readonly #loads = new Set<Load>()
  #isReleased = false

  /** Of the newest version. */
  constructor(set: ResidentSet) {
    this.#set = set
    this.version = set.version
    this.#root = set.share()
  }

  /** Whether nothing was committed since: what is read now may be held for others. */
  get isNewest(): boolean {
    return this.#set.version === this.version
  }

  /** The set itself, while {@link isNewest}. */
  get set(): ResidentSet {
    return this.#set
  }

  /** Where a row is in memory; `null` when it is known not to be stored, `undefined` when nothing is known. */
  row(key: Key): RowSlot | null | undefined {
    const newest = this.#set.row(key)
    if (newest?.at(this.version) !== undefined) {
      newest.isUsed = true
      this.#set.hits++
      return newest
    }
    // Every row of a leaf is found by its key too, unless it has changed since.
    if (valueAt(this.#refreshed(), key) === null) {
      this.#set.hits++
      return null
    }
    this.#set.missed(key)
    return undefined
  }

  /** Whether there is a row or an entry; `undefined` when nothing is known. */
  has(key: Key): boolean | undefined {
    const held = valueAt(this.#refreshed(), key)
    if (held === undefined && this.#set.row(key)?.at(this.version) === undefined) {
      this.#set.missed(key)
      return undefined
    }
    this.#set.hits++
    return held !== null
  }

  /** Says that a range is read from the snapshot; `undefined` when what is read may not be held. */
  beginLoad(range: KeyRange): Load | undefined {
    if (!this.isNewest || this.#isReleased) return undefined
    const load = this.#set.beginLoad(range)
    this.#loads.add(load)
    return load
  }

  endLoad(load: Load): void {
    this.#loads.delete(load)
    this.#set.endLoad(load)
  }

  /** Nothing is read any more. */
  release(): void {
    this.#isReleased = true
    for (const load of this.#loads) this.#set.endLoad(load)
  }

  /**
   * Puts all that there is in ranges, one after the other, behind what a batch has: until it has `most`, or not all of
   * a range is known, or that would be more than `most`. Cost: the height of a tree for each, and what is read.
   * @returns how many of the ranges were read.
   */
  readInto(batch: GrowingBatch, ranges: readonly KeyRange[], most: number): number {
    const leaves = leavesAt(
      this.#refreshed(),
      ranges.map(({ start }) => start),
    )
    const firsts = firstsIn(leaves, ranges)
    for (let at = 0; at < ranges.length; at++) {
      const leaf = leaves[at] as Leaf<RowSlot | EntryCell>
      const range = ranges[at] as KeyRange
      const first = firsts[at] as number
      let last = first
      while (last < leaf.keys.length && (leaf.keys[last] as Key) < range.end) last++
      // With an entry behind it, the range lies in one leaf.
      const isInLeaf = last < leaf.keys.length && batch.keys.length + last - first <= most
      if (!(isInLeaf ? this.take(batch, leaf, first, last) : this.#readLeaves(batch, range, most))) return at
      this.#set.hits++
    }
    return ranges.length
  }

  /** Puts all that there is in a range behind what a batch has, or nothing. */
  #readLeaves(batch: GrowingBatch, { start, end }: KeyRange, most: number): boolean {
    const root = this.#refreshed()
    const before = batch.keys.length
    let from: Key | undefined = start
    while (from !== undefined && from < end) {
      const { leaf, end: next }: LeafAt<RowSlot | EntryCell> = leafAt(root, from)
      const first = leaf.lowerBound(from)
      const last = next === undefined || end < next ? leaf.lowerBound(end) : leaf.keys.length
      if (!this.take(batch, leaf, first, last) || batch.keys.length > most) {
        batch.keys.length = before
        batch.values.length = before
        return false
      }
      from = next
    }
    return true
  }

  /** Puts a part of a leaf behind what a batch has; nothing, and `false`, when a row in it has changed or gone. */
  take(batch: GrowingBatch, leaf: Leaf<RowSlot | EntryCell>, from: number, to: number, isReverse = false): boolean {
    if (leaf.isHole) return false
    leaf.isUsed = true
    const { keys, values } = batch
    const before = keys.length
    for (let count = 0; count < to - from; count++) {
      const at = isReverse ? to - 1 - count : from + count
      const held = leaf.values[at] as RowSlot | EntryCell
      const value = held instanceof RowSlot ? held.at(this.version) : held
      if (value === undefined) {
        keys.length = before
        values.length = before
        return false
      }
      keys.push(leaf.keys[at] as Key)
      values.push(value)
    }
    return true
  }

  /** How many entries a range has; `undefined` when that is not known. Cost: the height of a tree. */
  count(range: KeyRange): number | undefined {
    return countRange(this.#refreshed(), range)
  }

  /** The leaf with the next keys to read. */
  leaf(position: Key, isReverse: boolean): LeafAt<RowSlot | EntryCell> {
    const root = this.#refreshed()
    return isReverse ? leafBefore(root, position) : leafAt(root, position)
  }

  /** With what was read since by others at the same version. */
  #refreshed(): Root<RowSlot | EntryCell> {
    if (this.isNewest && this.#set.root !== this.#root) this.#root = this.#set.share()
    return this.#root
  }
}

/** Kept, so that what is looked at beforehand is not left out as useless. */
const looked = { seen: 0 }

/**
 * Where ranges begin in the leaves of their starts. As the leaves were, keys and entries are looked at before they are
 * compared and taken, which waits for the memory of all of them at once.
 */
function firstsIn(leaves: readonly Leaf<RowSlot | EntryCell>[], ranges: readonly KeyRange[]): number[] {
  const near = leaves.map((leaf, at) => leaf.near((ranges[at] as KeyRange).start))
  let seen = 0
  for (let at = 0; at < leaves.length; at++) {
    const { keys } = leaves[at] as Leaf<RowSlot | EntryCell>
    const key = keys[near[at] as number]
    if (key !== undefined) seen ^= key.charCodeAt(0)
  }
  const held = leaves.map(({ values }, at) => values[near[at] as number])
  for (const entry of held) if (entry instanceof EntryCell) seen ^= entry.length
  for (const entry of held) if (entry instanceof EntryCell) seen ^= entry.content.length
  looked.seen = seen
  return leaves.map((leaf, at) => leaf.lowerBound((ranges[at] as KeyRange).start, near[at]))
}

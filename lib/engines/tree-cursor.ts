import type { Key, KeyRange } from '../codec/key.js'
import type { KeyTree } from './key-tree.js'

/**
 * Walks a range of a tree that is no longer changed. It stands before the first entry until {@link TreeCursor.advance}
 * is called; `key` is `undefined` after the last one.
 */
export class TreeCursor<V> {
  key: Key | undefined = undefined
  value: V | undefined = undefined
  readonly #entries: Iterator<[Key, V]>
  readonly #range: KeyRange
  readonly #reverse: boolean

  constructor(tree: KeyTree<V>, range: KeyRange, reverse: boolean) {
    this.#range = range
    this.#reverse = reverse
    const reused: (Key | V)[] = []
    this.#entries = reverse ? tree.entriesReversed(range.end, reused, true) : tree.entries(range.start, reused)
  }

  /** Steps to the next entry; answers whether there is one. */
  advance(): boolean {
    const entry = this.#entries.next()
    if (entry.done === true) return this.#end()
    const [key, value] = entry.value
    if (this.#reverse ? key < this.#range.start : key >= this.#range.end) return this.#end()
    this.key = key
    this.value = value
    return true
  }

  #end(): boolean {
    this.key = undefined
    this.value = undefined
    return false
  }
}

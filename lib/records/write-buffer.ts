import type { Key, KeyRange } from '../codec/key.js'
import type { Write } from '../engines/contract.js'
import { createKeyTree, type KeyTree } from '../engines/key-tree.js'
import { TreeCursor } from '../engines/tree-cursor.js'

/** A value to put, or `null` to delete the key. */
export type Written = Uint8Array | null

/** The writes of one transaction, in order of key. Seen by the transaction alone until it commits. */
export class WriteBuffer {
  #tree: KeyTree<Written>

  constructor(tree: KeyTree<Written> = createKeyTree<Written>()) {
    this.#tree = tree
  }

  get size(): number {
    return this.#tree.size
  }

  /** `undefined` when the key was not written. */
  get(key: Key): Written | undefined {
    return this.#tree.size === 0 ? undefined : this.#tree.get(key)
  }

  set(key: Key, value: Written): void {
    this.#tree.set(key, value)
  }

  /** A copy that later writes to either do not touch. Cost: constant; nodes are copied when written. */
  copy(): WriteBuffer {
    return new WriteBuffer(this.#tree.clone())
  }

  /** Becomes what it was when it was copied. Cost: constant. */
  restore(copy: WriteBuffer): void {
    this.#tree = copy.#tree.clone()
  }

  /** Stands before the first write in a range; `undefined` when there is none. Later writes do not show. */
  cursor(range: KeyRange, isReverse: boolean): TreeCursor<Written> | undefined {
    if (this.#tree.size === 0) return undefined
    const first = this.#tree.getPairOrNextHigher(range.start)
    if (first === undefined || first[0] >= range.end) return undefined
    return new TreeCursor(this.#tree.clone(), range, isReverse)
  }

  /** All writes in ascending order of key, with the marks that they are to have. */
  toWrites(markOf: (key: Key) => number = unmarked): Write[] {
    const writes: Write[] = []
    this.#tree.forEachPair((key, value) => {
      writes.push({ key, value: value ?? undefined, mark: markOf(key) })
    })
    return writes
  }
}

function unmarked(): number {
  return 0
}

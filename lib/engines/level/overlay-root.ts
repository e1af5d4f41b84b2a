import type { Write } from '../contract.js'
import { createKeyTree, type KeyTree } from '../key-tree.js'

/** The value that stands for a deleted key, which hides what the base has under it. */
export const deleted = null

/** What the overlay has under a key: a value, or that it was deleted. */
export type OverlayValue = Uint8Array | typeof deleted

/**
 * The overlay's writes up to one commit. They are sorted into a tree when somebody reads them: where rows and entries
 * are resident nobody does, and by the next base they are forgotten.
 */
export class OverlayRoot {
  /** Absent when {@link OverlayRoot.#tree} is there. */
  #before: OverlayRoot | undefined
  #writes: readonly Write[]
  #tree: KeyTree<OverlayValue> | undefined

  /** Of nothing, or of what another one has with a commit laid over it. */
  constructor(before?: OverlayRoot, writes: readonly Write[] = []) {
    this.#before = before
    this.#writes = writes
    if (before === undefined) this.#tree = createKeyTree()
  }

  /** Must not be changed. Cost: once, the writes since the last root that was read. */
  get tree(): KeyTree<OverlayValue> {
    this.#tree ??= this.#sorted()
    return this.#tree
  }

  #sorted(): KeyTree<OverlayValue> {
    const unsorted: (readonly Write[])[] = []
    let root: OverlayRoot = this
    while (root.#tree === undefined) {
      unsorted.push(root.#writes)
      root = root.#before as OverlayRoot
    }
    const tree = root.#tree.clone()
    for (const writes of unsorted.reverse()) {
      for (const { key, value } of writes) tree.set(key, value ?? deleted)
    }
    this.#before = undefined
    this.#writes = []
    return tree
  }
}

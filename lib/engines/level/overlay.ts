import type { Version, Write } from '../contract.js'
import { createKeyTree, type KeyTree } from '../key-tree.js'
import type { Base } from './base.js'

/** The value that stands for a deleted key, which hides what the base has under it. */
export const deleted = null

/** What the overlay has under a key: a value, or that it was deleted. */
export type OverlayValue = Uint8Array | typeof deleted

/** The store at one version: what is in `tree` counts, and the base for all else. */
export interface View {
  readonly version: Version
  readonly tree: KeyTree<OverlayValue>
  readonly base: Base
}

/** What a write adds to the estimate beside key and value: a share of a tree's node and two objects. */
const writeBytes = 150

/**
 * Every write since the newest base, in memory: what the partitions have not, or not all of them, taken in yet.
 */
export class Overlay {
  #version: Version
  #tree = createKeyTree<OverlayValue>()
  /** Whether a view holds the tree's root, which then must not be changed. */
  #isShared = false
  #base: Base
  #bytes = 0

  constructor(base: Base) {
    this.#base = base
    this.#version = base.version
  }

  get version(): Version {
    return this.#version
  }

  /** A generous estimate of the memory it takes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The newest version, to be looked at for as long as one likes. The caller releases its base. */
  view(): View {
    this.#isShared = true
    return { version: this.#version, tree: this.#tree, base: this.#base.retain() }
  }

  /** Adds a commit: it becomes the newest version. */
  publish(version: Version, writes: readonly Write[]): void {
    if (this.#isShared) {
      this.#tree = this.#tree.clone()
      this.#isShared = false
    }
    this.#insert(writes)
    this.#version = version
  }

  /** Goes on over a newer base, and with the writes only that are not in it. */
  rebase(base: Base, later: Iterable<{ readonly writes: readonly Write[] }>): void {
    this.#base.release()
    this.#base = base
    this.#tree = createKeyTree()
    this.#isShared = false
    this.#bytes = 0
    for (const { writes } of later) this.#insert(writes)
  }

  close(): void {
    this.#base.release()
  }

  #insert(writes: readonly Write[]): void {
    for (const { key, value } of writes) {
      this.#tree.set(key, value ?? deleted)
      this.#bytes += writeBytes + key.length + (value?.length ?? 0)
    }
  }
}

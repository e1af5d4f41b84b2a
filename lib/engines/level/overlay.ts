import type { Version } from '../contract.js'
import type { Base } from './base.js'
import { OverlayRoot } from './overlay-root.js'
import type { PendingCommit } from './pending-commit.js'

/** The store at one version: what is in `root` counts, and the base for all else. */
export interface View {
  readonly version: Version
  readonly root: OverlayRoot
  readonly base: Base
}

/**
 * Every write since the newest base, in memory: what the partitions have not, or not all of them, taken in yet.
 */
export class Overlay {
  #version: Version
  #root = new OverlayRoot()
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
    return { version: this.#version, root: this.#root, base: this.#base.retain() }
  }

  /** Adds a commit: it becomes the newest version. */
  publish(commit: PendingCommit): void {
    this.#add(commit)
    this.#version = commit.version
  }

  /** Goes on over a newer base, and with the writes only that are not in it. */
  rebase(base: Base, later: Iterable<PendingCommit>): void {
    this.#base.release()
    this.#base = base
    this.#root = new OverlayRoot()
    this.#bytes = 0
    for (const commit of later) this.#add(commit)
  }

  close(): void {
    this.#base.release()
  }

  #add({ writes, bytes }: PendingCommit): void {
    this.#root = new OverlayRoot(this.#root, writes)
    this.#bytes += bytes
  }
}

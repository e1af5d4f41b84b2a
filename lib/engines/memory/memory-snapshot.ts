import { firstBatchSize, nextBatchSize, sizeWithin } from '../batch-size.js'
import type { Batch, EngineSnapshot, Key, KeyRange, Scan, ScanOptions, Version } from '../contract.js'
import type { KeyTree } from '../key-tree.js'
import { releasedError } from '../lifecycle.js'
import type { EngineStatistics } from '../statistics.js'
import { TreeCursor } from '../tree-cursor.js'

/** What a snapshot tells its engine. */
export interface MemorySnapshotOwner {
  readonly statistics: EngineStatistics
  released(snapshot: MemorySnapshot): void
}

/** A tree that nobody changes any more. Everything is there at once. */
export class MemorySnapshot implements EngineSnapshot {
  readonly version: Version
  readonly #owner: MemorySnapshotOwner
  readonly #scans = new Set<MemoryScan>()
  #tree: KeyTree<Uint8Array> | undefined

  constructor(version: Version, tree: KeyTree<Uint8Array>, owner: MemorySnapshotOwner) {
    this.version = version
    this.#tree = tree
    this.#owner = owner
    owner.statistics.liveSnapshots++
  }

  get(key: Key): Uint8Array | undefined {
    const { statistics } = this.#owner
    const value = this.#requireTree().get(key)
    statistics.gets++
    if (value !== undefined) statistics.bytesRead += value.length
    return value
  }

  getMany(keys: readonly Key[]): readonly (Uint8Array | undefined)[] {
    return keys.map((key) => this.get(key))
  }

  scan(range: KeyRange, options: ScanOptions = {}): Scan {
    const scan = new MemoryScan(this.#requireTree(), range, options, this.#owner.statistics, (closed) =>
      this.#scans.delete(closed),
    )
    this.#scans.add(scan)
    return scan
  }

  release(): void {
    if (this.#tree === undefined) return
    this.#tree = undefined
    for (const scan of this.#scans) scan.release()
    this.#owner.statistics.liveSnapshots--
    this.#owner.released(this)
  }

  #requireTree(): KeyTree<Uint8Array> {
    if (this.#tree === undefined) throw releasedError()
    return this.#tree
  }
}

class MemoryScan implements Scan {
  readonly #cursor: TreeCursor<Uint8Array>
  readonly #statistics: EngineStatistics
  readonly #onClose: (scan: MemoryScan) => void
  readonly #most: ScanOptions['most']
  #size: number
  #closed = false
  #released = false

  constructor(
    tree: KeyTree<Uint8Array>,
    range: KeyRange,
    options: ScanOptions,
    statistics: EngineStatistics,
    onClose: (scan: MemoryScan) => void,
  ) {
    this.#cursor = new TreeCursor(tree, range, options.reverse === true)
    this.#most = options.most
    this.#size = firstBatchSize(options.expected)
    this.#statistics = statistics
    this.#onClose = onClose
    statistics.scans++
    statistics.liveScans++
  }

  next(): Batch | undefined {
    if (this.#released) throw releasedError()
    if (this.#closed) return undefined
    const keys: Key[] = []
    const values: Uint8Array[] = []
    const cursor = this.#cursor
    let bytes = 0
    const size = sizeWithin(this.#size, this.#most)
    while (keys.length < size && cursor.advance()) {
      const value = cursor.value as Uint8Array
      keys.push(cursor.key as Key)
      values.push(value)
      bytes += value.length
    }
    this.#size = nextBatchSize(this.#size)
    this.#statistics.keysScanned += keys.length
    this.#statistics.bytesRead += bytes
    if (keys.length > 0) return { keys, values }
    this.close()
    return undefined
  }

  release(): void {
    this.#released = true
    this.close()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#statistics.liveScans--
    this.#onClose(this)
  }
}

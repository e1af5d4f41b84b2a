import { isPromise, type MaybePromise } from '../../async/maybe-promise.js'
import { keyToBytes } from '../../codec/key.js'
import type { EngineSnapshot, Key, KeyRange, Scan, ScanOptions, Version } from '../contract.js'
import { releasedError } from '../lifecycle.js'
import { firstKey, partitionOfKey } from '../placement.js'
import type { EngineStatistics } from '../statistics.js'
import type { BasePartition } from './base.js'
import { engineError } from './level-errors.js'
import { LevelScan } from './level-scan.js'
import type { View } from './overlay.js'
import { deleted } from './overlay-root.js'

type Value = Uint8Array | undefined

/** What a snapshot tells its engine. */
export interface LevelSnapshotOwner {
  readonly statistics: EngineStatistics
  released(snapshot: LevelSnapshot): void
}

/** The overlay's root over a base. A point read is synchronous where the database can do that. */
export class LevelSnapshot implements EngineSnapshot {
  readonly version: Version
  readonly #owner: LevelSnapshotOwner
  /** Those under way; most snapshots have none. */
  #scans: Set<LevelScan> | undefined
  #view: View | undefined

  /** Takes over the view's hold of its base. */
  constructor(view: View, owner: LevelSnapshotOwner) {
    this.version = view.version
    this.#view = view
    this.#owner = owner
    owner.statistics.liveSnapshots++
  }

  get(key: Key): MaybePromise<Value> {
    const { statistics } = this.#owner
    statistics.gets++
    const value = readKey(this.#requireView(), key)
    if (isPromise(value)) return value.then((read) => this.#count(read))
    return this.#count(value)
  }

  getMany(keys: readonly Key[]): MaybePromise<readonly Value[]> {
    const { statistics } = this.#owner
    const view = this.#requireView()
    statistics.gets += keys.length
    const values = keys.map((key) => readKey(view, key))
    if (values.some(isPromise)) {
      return Promise.all(values).then((read) => {
        for (const value of read) this.#count(value)
        return read
      })
    }
    const read = values as Value[]
    for (const value of read) this.#count(value)
    return read
  }

  scan(range: KeyRange, options: ScanOptions = {}): Scan {
    const scans = this.#scans ?? new Set<LevelScan>()
    this.#scans = scans
    const onClose = (closed: LevelScan): void => void scans.delete(closed)
    const scan = new LevelScan(this.#requireView(), range, options, this.#owner.statistics, onClose)
    scans.add(scan)
    return scan
  }

  release(): void {
    const view = this.#view
    if (view === undefined) return
    this.#view = undefined
    // The base's snapshots are closed after the iterators that read them: the database counts references.
    for (const scan of this.#scans ?? []) void scan.release()
    view.base.release()
    this.#owner.statistics.liveSnapshots--
    this.#owner.released(this)
  }

  #requireView(): View {
    if (this.#view === undefined) throw releasedError()
    return this.#view
  }

  #count(value: Value): Value {
    if (value !== undefined) this.#owner.statistics.bytesRead += value.length
    return value
  }
}

function readKey(view: View, key: Key): MaybePromise<Value> {
  const value = view.root.tree.get(key)
  if (value !== undefined) return value === deleted ? undefined : value
  const { partitions, isEmpty } = view.base
  if (isEmpty || key < firstKey) return undefined
  const { partition, readOptions } = partitions[partitionOfKey(key, partitions.length)] as BasePartition
  const { database } = partition
  const bytes = keyToBytes(key)
  try {
    if (database.supports.getSync === true) return database.getSync(bytes, readOptions)
  } catch (error) {
    throw readError(error, partition.location)
  }
  return database.get(bytes, readOptions).catch((error: unknown) => {
    throw readError(error, partition.location)
  })
}

const readError = (error: unknown, location: string) => engineError(error, 'reading a partition', { location })

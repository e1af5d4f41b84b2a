import type { Key, KeyRange } from '../../codec/key.js'
import { Space } from '../../codec/space.js'
import type { Version, Write } from '../../engines/contract.js'
import { EntryCell, RowCell, RowSlot, type StoredValue } from '../stored-value.js'
import { leafAt, type Root } from './resident-nodes.js'
import { ResidentTree } from './resident-tree.js'

/** What is held in memory, and what came of it. */
export interface ResidentStatistics {
  /** The budget. */
  readonly bytesMax: number
  /** What is held, by an estimate that counts every row and entry. */
  readonly bytes: number
  /** Rows in memory. */
  readonly rows: number
  /** Entries of indexes in memory. */
  readonly entries: number
  /** Rows and ranges that were found in memory. */
  readonly hits: number
  /** Those that had to be read from the engine. */
  readonly misses: number
  /** Rows and parts of indexes that had to leave. */
  readonly evictions: number
}

/** A place in a tree's leaf or in a map, the string of the key, and the objects around a value. */
const rowOverheadBytes = 284
const entryOverheadBytes = 168
/** How much larger a decoded row is than its bytes, or what an entry says besides its key. */
const decodedShare = 2.5

/** Long scans would drive out all else: they fill free memory only. */
export const longScanEntries = 4096

/** A range that is being read from the engine, to be held afterwards unless a commit writes into it. */
export interface Load {
  readonly range: KeyRange
  isStale: boolean
}

/**
 * Rows and index entries in memory, within a budget: a copy of what the engine stores, always as new as its newest
 * commit. Transactions look at the content as of their snapshot. Nothing relies on anything being in it.
 *
 * A sorted tree knows whole ranges, of rows by primary key and of entries, and where it knows nothing. Beside it a map
 * finds every row in memory by its key, those of unknown ranges too.
 */
export class ResidentSet {
  readonly bytesMax: number
  hits = 0
  /** Told of every key that was looked for in vain. */
  onMiss: ((key: Key) => void) | undefined
  #misses = 0
  #evictions = 0
  #version: Version
  readonly #tree = new ResidentTree<RowSlot | EntryCell>()
  readonly #rows = new Map<Key, RowSlot>()
  readonly #loads = new Set<Load>()
  #bytes = 0
  /** The part of it that is rows outside of complete leaves. */
  #looseBytes = 0
  #rowsInLeaves = 0
  /** Where the search for leaves that may go continues. */
  #hand: Key = ''
  #looseRows: Iterator<[Key, RowSlot]> | undefined

  constructor(bytesMax: number, version: Version) {
    this.bytesMax = bytesMax
    this.#version = version
  }

  /** The newest version: what is in memory is right for it. */
  get version(): Version {
    return this.#version
  }

  /** The content at the newest version. Cost: constant. */
  share(): Root<RowSlot | EntryCell> {
    return this.#tree.share()
  }

  get root(): Root<RowSlot | EntryCell> {
    return this.#tree.root
  }

  /** What is held, by estimate. */
  get bytes(): number {
    return this.#bytes
  }

  get isFull(): boolean {
    return this.#bytes >= this.bytesMax
  }

  /** A row as it is now, wherever it is held. */
  row(key: Key): RowSlot | undefined {
    return this.#rows.get(key)
  }

  /** Rows in memory whose neighbours are not. */
  *looseRows(): Iterable<[Key, RowSlot]> {
    for (const held of this.#rows) if (!held[1].isInLeaf) yield held
  }

  statistics(): ResidentStatistics {
    const { bytesMax, hits } = this
    const rows = this.#rows.size
    const entries = this.#tree.size - this.#rowsInLeaves
    return { bytesMax, bytes: this.#bytes, rows, entries, hits, misses: this.#misses, evictions: this.#evictions }
  }

  /** How often anybody has looked for something. */
  get asked(): number {
    return this.hits + this.#misses
  }

  /** Something is read from the engine. */
  missed(key: Key): void {
    this.#misses++
    this.onMiss?.(key)
  }

  /** Takes in a commit, before any snapshot shows it. */
  publish(version: Version, writes: readonly Write[]): void {
    this.#version = version
    const isLoading = this.#loads.size > 0
    for (const { key, value } of writes) {
      if (isLoading) this.#spoilLoads(key)
      if (key.startsWith(Space.row)) this.#publishRow(key, value)
      else if (!key.startsWith(Space.system)) this.#publishEntry(key, value)
    }
    this.#makeRoom()
  }

  #spoilLoads(key: Key): void {
    for (const load of this.#loads) if (load.range.start <= key && key < load.range.end) load.isStale = true
  }

  /** Forgets everything: the store holds other data from here on. */
  reset(version: Version): void {
    this.#version = version
    for (const load of this.#loads) load.isStale = true
    for (const slot of this.#rows.values()) slot.cell = undefined
    this.#rows.clear()
    this.#tree.clear()
    this.#bytes = 0
    this.#looseBytes = 0
    this.#rowsInLeaves = 0
  }

  /** Holds a row that was read at the newest version; it is given back as it is held. */
  addRow(key: Key, bytes: Uint8Array): RowCell {
    const known = this.#rows.get(key)?.cell
    if (known !== undefined) return known
    const cell = new RowCell(bytes)
    this.#addLooseRow(key, cell)
    this.#makeRoom()
    return cell
  }

  /** Announces that a range is read from a snapshot of the newest version. */
  beginLoad(range: KeyRange): Load {
    const load = { range, isStale: false }
    this.#loads.add(load)
    return load
  }

  endLoad(load: Load): void {
    this.#loads.delete(load)
  }

  /**
   * Holds all there is in a range: keys in ascending order, none left out.
   * @returns what is held in the place of the values.
   */
  fill(range: KeyRange, keys: readonly Key[], values: readonly Uint8Array[]): readonly StoredValue[] {
    const isRows = range.start.startsWith(Space.row)
    const held = values.map((bytes, at) => (isRows ? this.#slotOf(keys[at] as Key, bytes) : new EntryCell(bytes)))
    const given = held.map((each) => (each instanceof EntryCell ? each : (each.cell as RowCell)))
    this.#tree.fill(range, keys, held, (key, each) => {
      if (each instanceof EntryCell) this.#bytes += entryBytes(key, each)
      else this.#holdInLeaf(key, each, this.#rows.has(key))
    })
    this.#makeRoom()
    return given
  }

  /** That of the row if it is in memory already. */
  #slotOf(key: Key, bytes: Uint8Array): RowSlot {
    return this.#rows.get(key) ?? new RowSlot(new RowCell(bytes), this.#version)
  }

  #addLooseRow(key: Key, cell: RowCell): void {
    this.#rows.set(key, new RowSlot(cell, this.#version))
    const bytes = rowBytes(key, cell)
    this.#bytes += bytes
    this.#looseBytes += bytes
  }

  #holdInLeaf(key: Key, slot: RowSlot, wasLoose: boolean): void {
    const bytes = rowBytes(key, slot.cell as RowCell)
    if (wasLoose) this.#looseBytes -= bytes
    else this.#bytes += bytes
    slot.isInLeaf = true
    this.#rowsInLeaves++
    this.#rows.set(key, slot)
  }

  #publishRow(key: Key, value: Uint8Array | undefined): void {
    // Where the leaf is complete and has no such row, nobody has.
    const before = this.#tree.valueAt(key) === null ? undefined : this.#rows.get(key)
    if (before !== undefined) this.#dropRow(key, before)
    if (value === undefined) {
      this.#tree.delete(key)
      return
    }
    const cell = new RowCell(value)
    const slot = new RowSlot(cell, this.#version)
    if (this.#tree.set(key, slot)) this.#holdInLeaf(key, slot, false)
    else if (before !== undefined || !this.isFull) this.#addLooseRow(key, cell)
  }

  #publishEntry(key: Key, value: Uint8Array | undefined): void {
    const before = this.#tree.valueAt(key)
    if (before === undefined) return
    if (before instanceof EntryCell) this.#bytes -= entryBytes(key, before)
    if (value === undefined) {
      this.#tree.delete(key)
      return
    }
    const cell = new EntryCell(value)
    this.#tree.set(key, cell)
    this.#bytes += entryBytes(key, cell)
  }

  /** Lets go of what was not used since the last look, loose rows or leaves, whichever take more than their half. */
  #makeRoom(): void {
    while (this.#bytes > this.bytesMax) {
      if (this.#looseBytes * 2 > this.#bytes || this.#tree.size === 0) this.#evictLooseRow()
      else this.#evictLeaf()
    }
  }

  #evictLooseRow(): void {
    for (;;) {
      this.#looseRows ??= this.#rows.entries()
      const next = this.#looseRows.next()
      if (next.done === true) {
        this.#looseRows = undefined
        continue
      }
      const [key, slot] = next.value
      if (slot.isInLeaf) continue
      if (slot.isUsed) {
        slot.isUsed = false
        continue
      }
      this.#dropRow(key, slot)
      this.#evictions++
      return
    }
  }

  #evictLeaf(): void {
    for (;;) {
      const { leaf, start, end } = leafAt(this.#tree.root, this.#hand)
      this.#hand = end ?? ''
      if (leaf.isHole || (leaf.keys.length === 0 && this.#tree.size > 0)) continue
      if (this.#clearUse(leaf.values) || leaf.isUsed) {
        leaf.isUsed = false
        continue
      }
      leaf.keys.forEach((key, at) => {
        const held = leaf.values[at] as RowSlot | EntryCell
        if (held instanceof EntryCell) this.#bytes -= entryBytes(key, held)
        else this.#dropRow(key, held)
      })
      this.#evictions++
      this.#tree.forget(start)
      return
    }
  }

  /** Entries that stand for the row find out that it is gone. */
  #dropRow(key: Key, slot: RowSlot): void {
    const bytes = rowBytes(key, slot.cell as RowCell)
    this.#rows.delete(key)
    this.#bytes -= bytes
    if (slot.isInLeaf) this.#rowsInLeaves--
    else this.#looseBytes -= bytes
    slot.cell = undefined
  }

  #clearUse(held: readonly (RowSlot | EntryCell)[]): boolean {
    let wasUsed = false
    for (const each of held) {
      if (!(each instanceof RowSlot)) return false
      if (each.isUsed) wasUsed = true
      each.isUsed = false
    }
    return wasUsed
  }
}

/** What a row takes, by estimate. */
export function rowBytes(key: Key, cell: RowCell): number {
  return rowOverheadBytes + key.length + Math.ceil(cell.length * decodedShare)
}

/** What an index entry takes, by estimate. */
export function entryBytes(key: Key, cell: EntryCell): number {
  return entryOverheadBytes + 2 * key.length + Math.ceil(cell.length * decodedShare)
}

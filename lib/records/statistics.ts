import { decodeDocument, encodeDocument } from '../codec/document.js'
import { type Key, type KeyRange, keyFromBytes, keyToBytes, lowerBound } from '../codec/key.js'
import { idOf, Space, systemKey } from '../codec/space.js'
import type { Write } from '../engines/contract.js'

/** Where a store keeps its statistics. */
export const statisticsKey: Key = systemKey('statistics')

/** What an analysis found in an index. */
export interface IndexStatistics {
  readonly entries: number
  /** How many different prefixes there are of one column, of two, and so on. */
  readonly distinct: readonly number[]
  /** Keys at even distances over the index, in ascending order. */
  readonly sample: readonly Key[]
}

/** What a store knows of the amounts of its data: estimates, that only the choice of plans depends on. */
export class Statistics {
  readonly #rows: Map<number, number>
  readonly #indexes: Map<number, IndexStatistics>
  #hasChanged = false
  #analyses = 0

  constructor(rows = new Map<number, number>(), indexes = new Map<number, IndexStatistics>()) {
    this.#rows = rows
    this.#indexes = indexes
  }

  /** Whether there is something that the store has not kept yet. */
  get hasChanged(): boolean {
    return this.#hasChanged
  }

  /** How many analyses of indexes were noted: a plan that was made before another one may not be the best any more. */
  get analyses(): number {
    return this.#analyses
  }

  /** Rows of a table, soft-deleted ones included. Exact but for what a killed process did not write down. */
  rowsOf(tableId: number): number {
    return this.#rows.get(tableId) ?? 0
  }

  /** A commit added so many rows, or took them away. */
  addRows(tableId: number, change: number): void {
    this.setRows(tableId, Math.max(0, this.rowsOf(tableId) + change))
  }

  setRows(tableId: number, rows: number): void {
    this.#rows.set(tableId, rows)
    this.#hasChanged = true
  }

  /** How an index was when it was analyzed last; `undefined` when it never was. */
  indexOf(indexId: number): IndexStatistics | undefined {
    return this.#indexes.get(indexId)
  }

  setIndex(indexId: number, statistics: IndexStatistics): void {
    this.#indexes.set(indexId, statistics)
    this.#analyses++
    this.#hasChanged = true
  }

  /**
   * A commit wrote these: analyzed indexes follow, their samples by chance. Prefixes are counted by an analysis only.
   */
  noteWrites(writes: readonly Write[]): void {
    if (this.#indexes.size === 0) return
    for (const { key, value } of writes) {
      if (key[0] !== Space.entry) continue
      const id = idOf(key)
      const index = this.#indexes.get(id)
      if (index !== undefined) this.#indexes.set(id, value === undefined ? withoutKey(index, key) : withKey(index, key))
    }
  }

  /** The bytes to keep; what changes afterwards is new. */
  encode(): Uint8Array {
    this.#hasChanged = false
    return encodeDocument(statisticsKey, {
      rows: [...this.#rows],
      indexes: [...this.#indexes].map(([id, { entries, distinct, sample }]) => [
        id,
        { entries, distinct, sample: sample.map((key) => keyToBytes(key).toString('base64')) },
      ]),
    })
  }

  /** @throws CorruptionError. */
  static decode(bytes: Uint8Array): Statistics {
    // The checksum proves that this is what `encode` wrote.
    const document = decodeDocument(statisticsKey, bytes) as {
      readonly rows: [number, number][]
      readonly indexes: [number, { entries: number; distinct: number[]; sample: string[] }][]
    }
    const indexes = document.indexes.map(([id, { entries, distinct, sample }]): [number, IndexStatistics] => [
      id,
      { entries, distinct, sample: sample.map((text) => keyFromBytes(Buffer.from(text, 'base64'))) },
    ])
    return new Statistics(new Map(document.rows), new Map(indexes))
  }
}

/** More sampled keys than this are thinned out. */
const sampleKeysMax = 2048

/** Each key of an index is sampled by the same chance, so that the sample stays as it would be drawn anew. */
function withKey(index: IndexStatistics, key: Key): IndexStatistics {
  const { sample } = index
  const entries = index.entries + 1
  if (Math.random() * entries >= Math.max(1, sample.length)) return { ...index, entries }
  const position = lowerBound(sample, key)
  const grown = [...sample.slice(0, position), key, ...sample.slice(position)]
  return { ...index, entries, sample: grown.length > sampleKeysMax ? grown.filter((_, at) => at % 2 === 0) : grown }
}

function withoutKey(index: IndexStatistics, key: Key): IndexStatistics {
  const { sample } = index
  const entries = Math.max(0, index.entries - 1)
  const position = lowerBound(sample, key)
  if (sample[position] !== key) return { ...index, entries }
  return { ...index, entries, sample: sample.filter((_, at) => at !== position) }
}

/** What share of an analyzed index's entries lies in ranges, each of which fixes `pointColumns` columns. */
export function shareOf(statistics: IndexStatistics, ranges: readonly KeyRange[], pointColumns: number): number {
  const { entries, distinct, sample } = statistics
  if (entries === 0 || sample.length === 0) return 0
  let inRanges = 0
  for (const range of ranges) inRanges += lowerBound(sample, range.end) - lowerBound(sample, range.start)
  // A few sampled keys tell little of a narrow range; the mean size of its prefix tells more.
  const sampled = inRanges / sample.length
  if (inRanges > 2 * ranges.length || pointColumns === 0) return sampled
  const mean = ranges.length / distinct[Math.min(pointColumns, distinct.length) - 1]
  // Where there were more, the sample would hardly have so few (the rule of three).
  return Math.min(1, mean, (inRanges + 3) / sample.length)
}

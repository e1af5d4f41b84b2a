import type { Row } from '../../records/row.js'
import { MergeOperator } from './merge.js'
import type { Operator } from './operator.js'
import type { SortMemory, SpillCount } from './sort-memory.js'
import { RunReader, RunWriter, type SortedRun } from './sorted-run.js'
import { SpillFile } from './spill-file.js'

/** So many runs are merged at once; of more, some are merged to fewer first. */
const runsMergedMax = 64

/** Frames of all runs being merged take a part of the memory only, but smaller ones would only cost time. */
const frameBytesMax = 256 * 1024
const frameBytesMin = 8 * 1024

const rowsPerCheck = 1024

/** The rows of a sort that do not fit into memory: sorted runs in a temporary file, which is made for the first. */
export class SpilledRows {
  readonly #compare: (a: Row, b: Row) => number
  readonly #memory: SortMemory
  readonly #check: () => void
  readonly #count: SpillCount
  /** A promise, so that closing while it is made does not miss it. */
  #file: Promise<SpillFile> | undefined
  #runs: SortedRun[] = []

  /** @param check Called before every piece of work; throws when there shall be no more. */
  constructor(compare: (a: Row, b: Row) => number, memory: SortMemory, check: () => void, count: SpillCount) {
    this.#compare = compare
    this.#memory = memory
    this.#check = check
    this.#count = count
  }

  /** Writes a run. Rows of later runs come after equal ones of this. */
  async add(sorted: readonly Row[]): Promise<void> {
    const writer = await this.#newWriter()
    for (let start = 0; start < sorted.length; start += rowsPerCheck) {
      this.#check()
      await writer.add(sorted.slice(start, start + rowsPerCheck))
    }
    this.#runs.push(await this.#endOf(writer))
  }

  /** All rows in order, those of `last` behind equal ones. No more are added then. */
  async merged(last: Operator): Promise<Operator> {
    while (this.#runs.length > runsMergedMax) this.#runs = await this.#fewerRuns()
    return new MergeOperator([...this.#runs.map((run) => new RunReader(run)), last], this.#compare)
  }

  /** The file is gone then, and what is under way fails. May be called at any time, more than once. */
  async close(): Promise<void> {
    let file: SpillFile | undefined
    try {
      file = await this.#file
    } catch {
      // Whoever made it was told why there is none.
    }
    await file?.close()
  }

  /** Merges as many neighbouring runs as there are too many, or all that there are, once. */
  async #fewerRuns(): Promise<SortedRun[]> {
    const runs = [...this.#runs]
    const merged: SortedRun[] = []
    for (let tooMany = runs.length - runsMergedMax; tooMany > 0 && runs.length > 0; ) {
      const neighbours = runs.splice(0, Math.min(runsMergedMax, tooMany + 1))
      merged.push(await this.#mergeRuns(neighbours))
      tooMany -= neighbours.length - 1
    }
    return [...merged, ...runs]
  }

  async #mergeRuns(runs: readonly SortedRun[]): Promise<SortedRun> {
    const merge = new MergeOperator(
      runs.map((run) => new RunReader(run)),
      this.#compare,
    )
    const writer = await this.#newWriter()
    for (let rows = await merge.next(); rows !== undefined; rows = await merge.next()) {
      this.#check()
      await writer.add(rows)
    }
    return this.#endOf(writer)
  }

  async #newWriter(): Promise<RunWriter> {
    this.#file ??= SpillFile.create(this.#memory.directory)
    const share = this.#memory.bytes / (2 * runsMergedMax)
    return new RunWriter(await this.#file, Math.max(frameBytesMin, Math.min(frameBytesMax, share)))
  }

  async #endOf(writer: RunWriter): Promise<SortedRun> {
    const run = await writer.end()
    this.#count.runs++
    this.#count.bytes += run.end - run.start
    return run
  }
}

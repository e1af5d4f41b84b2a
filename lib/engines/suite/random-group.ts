import assert from 'node:assert/strict'
import type { CommitRequest, Engine, EngineSnapshot, Key, KeyRange, Scan, Version } from '../contract.js'
import { bytes, entryKey, everything, request, rowKey, type SuiteGroup, text } from './suite-context.js'

/** A snapshot of the engine beside a copy of what it must show. */
interface TwinSnapshot {
  readonly real: EngineSnapshot
  readonly model: ReadonlyMap<Key, string>
}

interface TwinScan {
  readonly real: Scan
  readonly owner: TwinSnapshot
  /** What it must still give. */
  rest: readonly (readonly [Key, string])[]
}

const stepsMax = 600

/** A random run against the simplest model there can be: a map that is copied, and a list of all commits. */
export const randomGroup: SuiteGroup = ({ test, options }) => {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31)
  test(`a random run agrees with the model (seed ${seed})`, async (engine) => {
    const run = new RandomRun(engine, seed)
    try {
      for (let step = 0; step < stepsMax; step++) await run.step()
      await run.finish()
    } catch (error) {
      throw new Error(`the random run failed with seed ${seed}`, { cause: error })
    } finally {
      run.release()
    }
  })
}

class RandomRun {
  readonly #engine: Engine
  readonly #random: () => number
  readonly #keys: readonly Key[]
  readonly #commits: { version: Version; keys: readonly Key[] }[] = []
  #state: ReadonlyMap<Key, string> = new Map()
  #snapshots: TwinSnapshot[] = []
  #scans: TwinScan[] = []

  constructor(engine: Engine, seed: number) {
    this.#engine = engine
    this.#random = randomNumbers(seed)
    const keys = [...Array(60).keys()].flatMap((id) => [rowKey(id), entryKey(`t${id % 5}`, id), `\x05${rowKey(id)}`])
    this.#keys = [...new Set(keys)].sort()
  }

  async step(): Promise<void> {
    const choice = this.#random()
    if (choice < 0.35) await this.#commit()
    else if (choice < 0.45) await this.#snapshot()
    else if (choice < 0.5) this.#releaseOne()
    else if (choice < 0.65) await this.#get()
    else if (choice < 0.75) await this.#getMany()
    else if (choice < 0.85) this.#openScan()
    else await this.#continueScan()
  }

  async finish(): Promise<void> {
    while (this.#scans.length > 0) await this.#continueScan()
    const real = await this.#engine.snapshot()
    const owner = { real, model: this.#state }
    this.#snapshots.push(owner)
    for (const reverse of [false, true]) {
      const rest = modelRange(owner.model, everything, reverse)
      this.#scans.push({ owner, rest, real: real.scan(everything, { reverse }) })
    }
    while (this.#scans.length > 0) await this.#continueScan()
  }

  release(): void {
    for (const { real } of this.#snapshots) real.release()
  }

  async #commit(): Promise<void> {
    const snapshot = this.#pick(this.#snapshots)
    const writes = new Map<Key, string | undefined>()
    const count = this.#integer(8)
    for (let index = 0; index < count; index++) {
      writes.set(
        this.#pick(this.#keys) as Key,
        this.#random() < 0.3 ? undefined : 'v'.repeat(this.#integer(40)) + this.#integer(1000),
      )
    }
    const given = request({
      readVersion: snapshot?.real.version ?? 0,
      readKeys:
        snapshot === undefined ? [] : Array.from({ length: this.#integer(3) }, () => this.#pick(this.#keys) as Key),
      readRanges: snapshot === undefined || this.#random() < 0.7 ? [] : [this.#range()],
      writes: [...writes.keys()].sort().map((key) => {
        const value = writes.get(key)
        return { key, value: value === undefined ? undefined : bytes(value) }
      }),
    })
    const mustConflict = this.#isStale(given)
    const result = await this.#engine.commit(given).catch((error: { code?: string }) => {
      if (error.code !== 'ROME_CONFLICT') throw error
      return undefined
    })
    assert.equal(
      result === undefined,
      mustConflict,
      'a commit conflicts when, and only when, a later one wrote what it read',
    )
    if (result === undefined) return
    const state = new Map(this.#state)
    for (const [key, value] of writes) {
      if (value === undefined) state.delete(key)
      else state.set(key, value)
    }
    this.#state = state
    this.#commits.push({ version: result, keys: [...writes.keys()] })
  }

  #isStale({ readVersion, readKeys, readRanges }: CommitRequest): boolean {
    return this.#commits.some(
      ({ version, keys }) =>
        version > readVersion &&
        keys.some((key) => readKeys.includes(key) || readRanges.some(({ start, end }) => key >= start && key < end)),
    )
  }

  async #snapshot(): Promise<void> {
    if (this.#snapshots.length >= 6) return
    this.#snapshots.push({ real: await this.#engine.snapshot(), model: this.#state })
  }

  #releaseOne(): void {
    const snapshot = this.#pick(this.#snapshots)
    if (snapshot === undefined) return
    this.#snapshots = this.#snapshots.filter((each) => each !== snapshot)
    this.#scans = this.#scans.filter((scan) => scan.owner !== snapshot)
    snapshot.real.release()
  }

  async #get(): Promise<void> {
    const snapshot = this.#pick(this.#snapshots)
    const key = this.#pick(this.#keys) as Key
    if (snapshot !== undefined) assert.equal(text(await snapshot.real.get(key)), snapshot.model.get(key))
  }

  async #getMany(): Promise<void> {
    const snapshot = this.#pick(this.#snapshots)
    const keys = Array.from({ length: this.#integer(10) }, () => this.#pick(this.#keys) as Key)
    if (snapshot === undefined) return
    const found = await snapshot.real.getMany(keys)
    assert.deepEqual(
      found.map(text),
      keys.map((key) => snapshot.model.get(key)),
    )
  }

  #openScan(): void {
    const owner = this.#pick(this.#snapshots)
    if (owner === undefined || this.#scans.length >= 6) return
    const range = this.#range()
    const reverse = this.#random() < 0.5
    const real = owner.real.scan(range, { reverse, expected: 1 + this.#integer(20) })
    this.#scans.push({ real, owner, rest: modelRange(owner.model, range, reverse) })
  }

  async #continueScan(): Promise<void> {
    const scan = this.#pick(this.#scans)
    if (scan === undefined) return
    const batch = await scan.real.next()
    if (batch === undefined) {
      assert.deepEqual(scan.rest, [], 'a scan ends when nothing is left')
      this.#scans = this.#scans.filter((each) => each !== scan)
      await scan.real.close()
      return
    }
    const found = batch.keys.map((key, index) => [key, text(batch.values[index])])
    assert.ok(found.length > 0, 'a batch is not empty')
    assert.deepEqual(found, scan.rest.slice(0, found.length))
    scan.rest = scan.rest.slice(found.length)
  }

  #range(): KeyRange {
    if (this.#random() < 0.2) return everything
    const start = this.#pick(this.#keys) as Key
    const end = this.#pick(this.#keys) as Key
    return start <= end || this.#random() < 0.1 ? { start, end } : { start: end, end: start }
  }

  #integer(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[this.#integer(items.length)]
  }
}

function modelRange(model: ReadonlyMap<Key, string>, range: KeyRange, reverse: boolean): (readonly [Key, string])[] {
  const entries = [...model].filter(([key]) => key >= range.start && key < range.end)
  entries.sort(([left], [right]) => (left < right ? -1 : 1))
  return reverse ? entries.reverse() : entries
}

/** Repeatable numbers from 0 to 1: Marsaglia's xorshift with 32 bits. */
function randomNumbers(seed: number): () => number {
  let state = seed === 0 ? 1 : seed | 0
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

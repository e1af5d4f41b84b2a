import type { CommitOutcome, Version } from './contract.js'

const uuidVersion7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** How many commits and how many answers `aborted` are remembered. */
const rememberedMax = 2000
const fencesMax = 10_000

/**
 * What became of recent commits, by their id.
 *
 * An id carries the time it was made at. Every commit that was forgotten has a time up to {@link Outcomes.horizon}, so
 * an unknown id with a later time was never committed, whatever the clocks did.
 */
export class Outcomes {
  readonly #versions = new Map<string, Version>()
  readonly #fences = new Set<string>()
  #horizon: number
  #fenceHorizon = 0

  constructor(horizon = 0) {
    this.#horizon = horizon
  }

  /** The newest time of an id that was committed and then forgotten, in milliseconds since 1970. */
  get horizon(): number {
    return this.#horizon
  }

  /** Ids and versions in order of commit. */
  entries(): IterableIterator<[string, Version]> {
    return this.#versions.entries()
  }

  /** Remembers a commit, and forgets the oldest beyond the limit. */
  add(id: string, version: Version): void {
    this.#versions.set(id, version)
    if (this.#versions.size <= rememberedMax) return
    const [oldest] = this.#versions.keys()
    if (oldest === undefined) return
    this.#versions.delete(oldest)
    // An id without a time says nothing about when it was made: from now on no unknown id can be called aborted.
    this.#horizon = Math.max(this.#horizon, timeOf(oldest) ?? Number.MAX_SAFE_INTEGER)
  }

  /** The version under which `id` was committed, if it is remembered. */
  versionOf(id: string): Version | undefined {
    return this.#versions.get(id)
  }

  /** Whether `aborted` was answered for `id`. */
  isFenced(id: string): boolean {
    if (this.#fences.has(id)) return true
    return this.#fenceHorizon > 0 && (timeOf(id) ?? 0) <= this.#fenceHorizon
  }

  /** Answers for a commit that is not under way, and makes sure that `aborted` stays true. */
  settle(id: string): CommitOutcome {
    const version = this.#versions.get(id)
    if (version !== undefined) return { state: 'committed', version }
    if (this.#fences.has(id)) return { state: 'aborted' }
    if (this.#horizon > 0 && (timeOf(id) ?? 0) <= this.#horizon) return { state: 'forgotten' }
    this.#fences.add(id)
    if (this.#fences.size > fencesMax) {
      const [oldest] = this.#fences
      if (oldest !== undefined) {
        this.#fences.delete(oldest)
        this.#fenceHorizon = Math.max(this.#fenceHorizon, timeOf(oldest) ?? 0)
      }
    }
    return { state: 'aborted' }
  }
}

/** The time in a UUIDv7, in milliseconds since 1970; `undefined` for any other id. */
function timeOf(id: string): number | undefined {
  if (!uuidVersion7.test(id)) return undefined
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

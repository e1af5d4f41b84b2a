import { type CommitReader, changesGone } from '../change-feed.js'
import type { CommittedChanges, Version, Write } from '../contract.js'

interface RecentCommit extends CommittedChanges {
  readonly bytes: number
}

/** The newest commits, as many as fit. Their versions follow each other without a gap. */
export class RecentCommits {
  readonly #bytesMax: number
  #commits: RecentCommit[] = []
  /** Commits before this index are forgotten. */
  #first = 0
  #bytes = 0
  /** All commits after this version are here. */
  #before: Version = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  add(version: Version, writes: readonly Write[], bytes: number): void {
    this.#commits.push({ version, writes, bytes })
    this.#bytes += bytes
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#commits[this.#first++]
      if (oldest === undefined) break
      this.#bytes -= oldest.bytes
      this.#before = oldest.version
    }
    // The forgotten front is given back once it is most of the array, so that forgetting stays cheap.
    if (this.#first * 2 > this.#commits.length) {
      this.#commits = this.#commits.slice(this.#first)
      this.#first = 0
    }
  }

  /** The content was replaced: nothing leads from what was before to what is now. */
  forget(version: Version): void {
    this.#commits = []
    this.#first = 0
    this.#bytes = 0
    this.#before = version
  }

  /** Reads from a version on. */
  reader(after: Version): CommitReader {
    let last = after
    return {
      read: () => {
        if (last < this.#before) throw changesGone(last, this.#before)
        const commits = this.#commits.slice(this.#first + last - this.#before)
        last = commits.at(-1)?.version ?? last
        return commits
      },
      close: () => undefined,
    }
  }
}

import { type CommitReader, changesGone } from '../change-feed.js'
import type { CommittedChanges, Version, Write } from '../contract.js'

interface RecentCommit extends CommittedChanges {
  readonly bytes: number
}

/** The newest commits, as many as fit. Their versions follow each other without a gap. */
export class RecentCommits {
  readonly #bytesMax: number
  #commits: RecentCommit[] = []
  #bytes = 0
  /** All commits after this version are here. */
  #before: Version = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  add(version: Version, writes: readonly Write[], bytes: number): void {
    this.#commits.push({ version, writes, bytes })
    this.#bytes += bytes
    let count = 0
    for (let commit = this.#commits[0]; commit !== undefined && this.#bytes > this.#bytesMax; ) {
      this.#bytes -= commit.bytes
      this.#before = commit.version
      commit = this.#commits[++count]
    }
    if (count > 0) this.#commits = this.#commits.slice(count)
  }

  /** The content was replaced: nothing leads from what was before to what is now. */
  forget(version: Version): void {
    this.#commits = []
    this.#bytes = 0
    this.#before = version
  }

  /** Reads from a version on, or from the oldest commit there is. */
  reader(after: Version | 'oldest'): CommitReader {
    let last = after === 'oldest' ? this.#before : after
    return {
      read: () => {
        if (last < this.#before) throw changesGone(last, this.#before)
        const commits = this.#commits.slice(last - this.#before)
        last = commits.at(-1)?.version ?? last
        return commits
      },
      close: () => undefined,
    }
  }
}

/** How much of its rows a sort holds in memory, and where it puts the others. */
export interface SortMemory {
  /** By the estimate of `row-size.ts`, which is rather too high. */
  readonly bytes: number
  /** An existing directory, in which a sort makes one of its own. */
  readonly directory: string
}

/** What a sort put on disk. */
export interface SpillCount {
  runs: number
  bytes: number
}

/** What a sort holds unless `Rome.open()` says otherwise. */
export const sortMemoryBytesDefault = 64 * 1024 * 1024

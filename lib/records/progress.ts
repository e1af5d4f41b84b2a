/** How far something that takes long has come. */
export interface Progress {
  /** What is done, in words: `build index`. */
  readonly task: string
  /** Of which thing. */
  readonly name: string
  /** Rows, entries or keys so far. */
  readonly done: number
  /** How many there will be, when that is known. */
  readonly total?: number
}

/** Called after every thousand or so steps of each thing that is done; there may be none. */
export type OnProgress = (progress: Progress) => void

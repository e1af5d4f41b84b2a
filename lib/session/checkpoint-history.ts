import { MemoryCheckpoint } from './memory-checkpoint.js'

/** The checkpoints of a session's memory, one within the other. There is always the end of the last transaction. */
export class CheckpointHistory {
  /** Grows with every checkpoint. */
  #moment = 0
  #checkpoints: [MemoryCheckpoint, ...MemoryCheckpoint[]] = [new MemoryCheckpoint(0)]

  /** What comes into the session now came then. */
  get moment(): number {
    return this.#moment
  }

  /** The end of the last transaction, when every entity was as its row. */
  get first(): MemoryCheckpoint {
    return this.#checkpoints[0]
  }

  /** The one that changes are saved in. */
  get newest(): MemoryCheckpoint {
    return this.#checkpoints.at(-1) as MemoryCheckpoint
  }

  /** Adds a checkpoint, which is told its moment. */
  push(make: (moment: number) => MemoryCheckpoint): MemoryCheckpoint {
    const checkpoint = make(++this.#moment)
    this.#checkpoints.push(checkpoint)
    return checkpoint
  }

  /** Forgets a checkpoint and those after it; what they saved goes to the one before. */
  release(checkpoint: MemoryCheckpoint): void {
    this.#mergeInto(this.#checkpoints.indexOf(checkpoint) - 1)
  }

  /** Forgets the checkpoints after one; what they saved goes to it. */
  collect(checkpoint: MemoryCheckpoint): void {
    this.#mergeInto(this.#checkpoints.indexOf(checkpoint))
  }

  /** The newest was gone back to. */
  drop(): void {
    if (this.#checkpoints.length > 1) this.#checkpoints.pop()
    else this.beginAnew()
  }

  /** There is nothing to go back to: a transaction has ended. */
  beginAnew(): void {
    this.#checkpoints = [new MemoryCheckpoint(++this.#moment)]
  }

  #mergeInto(index: number): void {
    while (this.#checkpoints.length > index + 1) {
      const later = this.#checkpoints.pop() as MemoryCheckpoint
      this.newest.absorb(later)
    }
  }
}

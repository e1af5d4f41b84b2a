import type { Rome } from 'rome-orm'
import { Serial } from '../models/serial.js'

/** Enough for the commits of some hundred creations, little enough not to be missed after a restart. */
const blockSize = 256

/** Reserving is a small commit of its own, which many may want at once. */
const retrying = { retries: 64, backoff: { firstMs: 1, maxMs: 50 } } as const

/**
 * The numbers of rows that are numbered in sequence. They are reserved by blocks, in commits of their own, as SQL's
 * sequences are with a cache: a counter in the commit of every creation would make any two of them conflict. Numbers
 * that were reserved and not used are left out, after a failure or a restart.
 *
 * Where other processes write too, a block is one number, so that numbers grow with time over all of them.
 */
export class Serials {
  readonly #rome: Rome
  readonly #blockSize: number
  readonly #reserved = new Map<string, { next: number; end: number }>()
  readonly #reserving = new Map<string, Promise<void>>()

  constructor(rome: Rome, options: { readonly isExclusive: boolean }) {
    this.#rome = rome
    this.#blockSize = options.isExclusive ? blockSize : 1
  }

  /** The next number of a table. */
  async next(table: string): Promise<number> {
    for (;;) {
      const block = this.#reserved.get(table)
      if (block !== undefined && block.next < block.end) return block.next++
      let reserving = this.#reserving.get(table)
      if (reserving === undefined) {
        reserving = this.#reserve(table).finally(() => this.#reserving.delete(table))
        this.#reserving.set(table, reserving)
      }
      await reserving
    }
  }

  /** The next numbers of a table, as many as asked for, in order. */
  async take(table: string, count: number): Promise<number[]> {
    const numbers: number[] = []
    while (numbers.length < count) numbers.push(await this.next(table))
    return numbers
  }

  /** Forgets what was reserved, for a store that was emptied. */
  reset(): void {
    this.#reserved.clear()
  }

  async #reserve(table: string): Promise<void> {
    const next = await this.#rome.transact(async (session) => {
      const serial = await session.get(Serial, table)
      if (serial === undefined) {
        session.add(Object.assign(new Serial(), { name: table, next: 1 + this.#blockSize }))
        return 1
      }
      serial.next += this.#blockSize
      return serial.next - this.#blockSize
    }, retrying)
    this.#reserved.set(table, { next, end: next + this.#blockSize })
  }
}

import type { Key } from '../codec/key.js'
import { Space } from '../codec/space.js'
import type { RowWrite } from './prepared-write.js'

/** What was under a row's key before the transaction that wrote it: the mark of its write, for the change feed. */
export const RowOrigin = Object.freeze({ absent: 1, live: 2, deleted: 3 } as const)

/**
 * Remembers what rows were before a transaction wrote them, as far as it is not the usual. Going back to a savepoint
 * takes nothing of it back: it is about what is stored.
 */
export class RowOrigins {
  readonly #origins = new Map<Key, number>()

  /** To be called before the row is written. `isWritten` tells whether the transaction wrote it before. */
  note({ table, previous, next }: RowWrite, key: Key, isWritten: (key: Key) => boolean): void {
    const isDeleted = previous !== undefined && table.isDeleted(previous)
    if ((previous !== undefined && next !== undefined && !isDeleted) || this.#origins.has(key)) return
    if (previous === undefined) this.#origins.set(key, RowOrigin.absent)
    else this.#origins.set(key, isDeleted && !isWritten(key) ? RowOrigin.deleted : RowOrigin.live)
  }

  /** The mark of the write of a key; none for what is no row. */
  readonly markOf = (key: Key): number => (key.startsWith(Space.row) ? (this.#origins.get(key) ?? RowOrigin.live) : 0)
}

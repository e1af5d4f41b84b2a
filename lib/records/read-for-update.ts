import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import type { RecordTransaction } from './record-transaction.js'
import type { ClaimOptions } from './row-claims.js'

/** What a read found, and the keys of the rows to claim. */
export interface Claimable<T> {
  readonly found: T
  readonly keys: readonly Key[]
}

/** So often a read begins anew because other rows match meanwhile; after that a row that was changed is a conflict. */
const movesMax = 10

/**
 * Reads rows and claims them, so that nobody else writes them until the transaction ends.
 *
 * In a transaction that has read nothing else, what was committed while it waited is read too: its snapshot moves on.
 * Otherwise a row that was changed since the snapshot is a conflict, here rather than at the commit.
 *
 * @param known rows that are claimed before the first read, whether they are there or not.
 * @throws ConflictError `ROME_CONFLICT`, `ROME_ROW_CLAIMED`, `ROME_DEADLOCK`; AbortError; then the claims are as
 * before.
 */
export async function readForUpdate<T>(
  transaction: RecordTransaction,
  read: () => MaybePromise<Claimable<T>>,
  options: ClaimOptions,
  known: readonly Key[] = [],
): Promise<T> {
  const { claims } = transaction
  const mayMove = claims.areKept && transaction.isUntouched
  const taken = new Set<Key>()
  try {
    let result = known.length > 0 ? undefined : await read()
    for (let moves = 0; ; moves++) {
      const keys = result?.keys ?? known
      for (const key of await claims.take(keys, options)) taken.add(key)
      const hasMoved = mayMove && moves < movesMax && (await transaction.moveOn())
      if (!hasMoved && claims.areKept) await requireUnchanged(transaction, keys)
      if (hasMoved || result === undefined) result = await read()
      if (!hasMoved || result.keys.every((key) => claims.has(key))) {
        for (const key of [...result.keys, ...known]) taken.delete(key)
        transaction.relyOn(result.keys)
        return result.found
      }
    }
  } finally {
    // What was claimed on the way, and is none of the rows that are given out, others may have.
    claims.giveUp(taken)
  }
}

/** Claims rows all together, unless somebody else has claimed one of them, or has written it since the snapshot. */
export async function claimIfFree(transaction: RecordTransaction, keys: readonly Key[]): Promise<boolean> {
  const { claims } = transaction
  const missing = keys.filter((key) => !claims.has(key))
  const taken = missing.filter((key) => claims.tryTake(key))
  const isFree = taken.length === missing.length && (await transaction.conflicts(keys)).size === 0
  if (!isFree) claims.giveUp(taken)
  return isFree
}

async function requireUnchanged(transaction: RecordTransaction, keys: readonly Key[]): Promise<void> {
  const [conflict] = (await transaction.conflicts(keys)).values()
  if (conflict !== undefined) throw conflict
}

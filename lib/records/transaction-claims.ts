import type { Key } from '../codec/key.js'
import { Space } from '../codec/space.js'
import type { Write } from '../engines/contract.js'
import { UsageError } from '../errors/rome-error.js'
import type { Claimant, ClaimOptions, RowClaims } from './row-claims.js'

/**
 * The rows that one transaction has claimed. Where others than this process write nothing can be claimed: there rows
 * count as claimed, and the commit finds out.
 */
export class TransactionClaims implements Claimant {
  readonly #claims: RowClaims | undefined
  inner: Claimant | undefined

  constructor(claims: RowClaims | undefined) {
    this.#claims = claims
  }

  /** Whether a claim keeps others out, or is only what the commit validates. */
  get areKept(): boolean {
    return this.#claims !== undefined
  }

  /** @throws UsageError `ROME_OPTION_NOT_SUPPORTED` unless claims keep others out. */
  requireKept(): void {
    if (this.#claims !== undefined) return
    throw new UsageError(
      'ROME_OPTION_NOT_SUPPORTED',
      'this engine has other writers, so nobody knows which rows are claimed: take wait and skipLocked away',
    )
  }

  /**
   * Claims rows.
   * @returns those that were not claimed by this transaction before.
   * @throws ConflictError `ROME_ROW_CLAIMED`, `ROME_DEADLOCK`; AbortError; then the claims are as before. UsageError
   * `ROME_OPTION_NOT_SUPPORTED` not to wait where nothing can be claimed.
   */
  async take(keys: readonly Key[], options: ClaimOptions): Promise<readonly Key[]> {
    if (options.wait === false) this.requireKept()
    if (this.#claims === undefined) return []
    this.#claims.use()
    return this.#claims.claimAll(this, keys, options)
  }

  /** Claims a row, unless another transaction has. */
  tryTake(key: Key): boolean {
    this.#claims?.use()
    return this.#claims?.tryClaim(this, key) ?? true
  }

  /** Claims the rows of a commit for as long as it takes, if anybody claims rows at all. */
  async takeToWrite(writes: readonly Write[], signal: AbortSignal | undefined): Promise<void> {
    if (!this.#claims?.isUsed) return
    const keys = writes.flatMap(({ key }) => (key.startsWith(Space.row) ? [key] : []))
    await this.#claims.claimAll(this, keys, { signal })
  }

  has(key: Key): boolean {
    return this.#claims?.holds(this, key) ?? true
  }

  giveUp(keys: Iterable<Key>): void {
    this.#claims?.giveUp(this, keys)
  }

  /** The transaction has ended. */
  release(): void {
    this.#claims?.release(this)
  }
}

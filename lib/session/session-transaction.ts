import type { SessionGuard } from './session-guard.js'
import type { Frame, TransactionStack } from './transaction-stack.js'

/**
 * A transaction that `session.begin()` gave out, or a savepoint when it was begun within another.
 *
 * Left by `await using` without a commit it is rolled back.
 *
 * @example
 * ```ts
 * import { create, entity, primaryKey, t, type Rome } from 'rome-orm'
 *
 * @entity('notes')
 * class Note {
 *   @primaryKey(t.string()) title!: string
 * }
 *
 * async function write(rome: Rome): Promise<void> {
 *   await using session = rome.session()
 *   await using tx = await session.begin()
 *   session.add(create(Note, { title: 'first' }))
 *   await tx.commit()
 * }
 * ```
 */
export class SessionTransaction implements AsyncDisposable {
  readonly #guard: SessionGuard
  readonly #stack: TransactionStack
  readonly #frame: Frame

  /** @internal */
  constructor(guard: SessionGuard, stack: TransactionStack, frame: Frame) {
    this.#guard = guard
    this.#stack = stack
    this.#frame = frame
  }

  /** Whether it was neither committed nor rolled back yet. */
  get isActive(): boolean {
    return this.#frame.state === 'active'
  }

  /**
   * Writes what changed and commits; within another transaction it only becomes part of that one.
   *
   * When the flush fails, by a value or a constraint, the transaction goes on: repair the entity and commit again, or
   * roll back. When the commit fails it is rolled back.
   *
   * @throws ValidationError, ConstraintError, ConflictError, CommitUnknownError `ROME_COMMIT_UNKNOWN`, EngineError;
   * UsageError `ROME_TRANSACTION_STATE` when it has ended, or one within it has not.
   */
  commit(): Promise<void> {
    return this.#alone(() => this.#stack.commitFrame(this.#frame))
  }

  /**
   * Makes entities, identity map and pending list what they were at `begin`, and forgets what was written since.
   * @throws UsageError `ROME_TRANSACTION_STATE` when it has ended, or one within it has not.
   */
  rollback(): Promise<void> {
    return this.#rollback()
  }

  /** Rolls back what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guard.whenIdle()
    if (this.isActive) await this.rollback()
  }

  /**
   * Runs a function as the whole of this transaction: commits when it returns, rolls back when it throws.
   * @internal
   */
  async run<T>(work: (transaction: this) => Promise<T> | T): Promise<T> {
    try {
      const result = await work(this)
      // What the function ended itself is ended; what somebody else did must not pass for committed.
      if (this.isActive || this.#frame.state === 'broken') await this.commit()
      return result
    } catch (error) {
      await this.#abandon(error)
      throw error
    }
  }

  /** Rolls back beside an error that matters more than one of the rollback would. */
  async #abandon(cause: unknown): Promise<void> {
    await this.#guard.whenIdle()
    if (!this.isActive || this.#guard.isClosed) return
    try {
      await this.#rollback(cause)
    } catch {
      // Only the order of ends can be wrong here, and then everything was rolled back.
    }
  }

  #rollback(cause?: unknown): Promise<void> {
    return this.#alone(() => this.#stack.rollbackFrame(this.#frame, cause))
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    this.#guard.enterAlone()
    try {
      await work()
    } finally {
      this.#guard.leave()
    }
  }
}

/**
 * A point within a transaction to go back to; given out by `session.savepoint()`.
 *
 * It ends with the transaction around it, whatever becomes of that.
 */
export class SessionSavepoint implements AsyncDisposable {
  readonly #transaction: SessionTransaction

  /** @internal */
  constructor(transaction: SessionTransaction) {
    this.#transaction = transaction
  }

  /** Whether it can still be gone back to. */
  get isActive(): boolean {
    return this.#transaction.isActive
  }

  /**
   * Makes entities, identity map, pending list and what the transaction wrote what they were at the savepoint, which
   * ends by it. What was read since stays part of what the commit validates.
   * @throws UsageError `ROME_TRANSACTION_STATE` when it has ended, or a `begin` within it has not.
   */
  rollback(): Promise<void> {
    return this.#transaction.rollback()
  }

  /**
   * Forgets the savepoint and keeps what was done since.
   * @throws UsageError `ROME_TRANSACTION_STATE` when it has ended, or a `begin` within it has not.
   */
  release(): Promise<void> {
    return this.#transaction.commit()
  }

  /** Goes back to it unless it was released. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#transaction[Symbol.asyncDispose]()
  }
}

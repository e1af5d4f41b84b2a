import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import { CommitUnknownError, ConflictError, EngineError, UsageError } from '../errors/rome-error.js'
import type { ModelsRead } from '../query/models-read.js'
import type { QuerySession } from '../query/query-session.js'
import type { RecordCommitOptions, RecordTransaction, Savepoint } from '../records/record-transaction.js'
import { throwIfAborted } from './abort-signal.js'
import { flush } from './flush.js'
import { flushWithHooks } from './flush-with-hooks.js'
import type { MemoryCheckpoint } from './memory-checkpoint.js'
import { readOnlyError } from './read-only.js'
import type { SessionHooks } from './session-hooks.js'
import type { SessionHost } from './session-host.js'
import type { BeginOptions, Propagation, SessionOptions, TransactionOptions } from './transaction-options.js'
import type { Changes, UnitOfWork } from './unit-of-work.js'

/**
 * `transaction` commits at its end; `nested` goes back by itself, and its end becomes part of the frame around it;
 * `savepoint` may also be forgotten; `joined` is part of the `begin` around it and cannot go back without it.
 */
export type FrameKind = 'transaction' | 'nested' | 'savepoint' | 'joined'

/** One `begin` or `savepoint` that has not ended. */
export interface Frame {
  readonly kind: FrameKind
  readonly options: TransactionOptions
  /** Nothing may be written in it, or within it. */
  readonly isReadOnly: boolean
  readonly checkpoint: MemoryCheckpoint
  /** Where the write buffer was; absent as long as no snapshot was taken. */
  savepoint: Savepoint | undefined
  /** The transaction was under way before: it goes on when the frame is rolled back. */
  readonly hadTransaction: boolean
  /** There were writes before, which a failing commit loses. */
  readonly hadWrites: boolean
  /** `broken` when the frame around it ended first, or the session was closed. */
  state: 'active' | 'committed' | 'rolled back' | 'broken'
  /** Why a part that had joined it was rolled back: it cannot be committed without that part. */
  failure?: unknown
}

/**
 * The transaction of a session and the frames within it, each a point in the write buffer and in memory to go back to.
 * One that nobody began begins by itself; its snapshot is taken at the first read or flush.
 */
export class TransactionStack {
  readonly #host: SessionHost
  readonly #unit: UnitOfWork
  readonly #session: QuerySession
  readonly #defaults: SessionOptions
  readonly #hooks: SessionHooks
  readonly #frames: Frame[] = []
  #transaction: RecordTransaction | undefined
  /** That of the session within whose transaction this one's run, and which waits for them. */
  outer: TransactionStack | undefined

  constructor(
    host: SessionHost,
    unit: UnitOfWork,
    session: QuerySession,
    defaults: SessionOptions,
    hooks: SessionHooks,
  ) {
    this.#host = host
    this.#unit = unit
    this.#session = session
    this.#defaults = defaults
    this.#hooks = hooks
  }

  /** The record transaction, begun if need be. */
  current(): MaybePromise<RecordTransaction> {
    return (
      this.#transaction ??
      andThen(this.#host.store.begin(this.#isReadOnly || this.#frames[0]?.isReadOnly), (transaction) =>
        this.#begun(transaction),
      )
    )
  }

  get #isReadOnly(): boolean {
    return this.#defaults.readOnly === true
  }

  /** Whether nothing may be written now. */
  get refusesWrites(): boolean {
    return this.#isReadOnly || this.#frames.some(({ isReadOnly }) => isReadOnly)
  }

  /**
   * Writes what changed into the transaction's buffer: everything, if any of it is of what `reads` tells, or if that is
   * absent. When it fails nothing has changed. @throws UsageError `ROME_READ_ONLY` for what was changed where nothing
   * may be written.
   */
  flush(reads?: () => ModelsRead): MaybePromise<void> {
    if (this.#isReadOnly || this.#hooks.isCalling) return undefined
    // What a hook does for one model may be of another.
    const changes = this.#unit.changes(this.#hooks.hasFlushHooks ? undefined : reads)
    if (changes === undefined) return undefined
    if (this.refusesWrites) throw readOnlyError('flush')
    const { observer } = this.#host
    const flush = () => this.#flush(changes)
    return observer === undefined ? flush() : observer.observe({ operation: 'flush' }, flush)
  }

  #flush({ modified }: Changes): MaybePromise<void> {
    const unit = this.#unit
    if (this.#hooks.hasFlushHooks) {
      return this.#whole((transaction) => flushWithHooks(unit, transaction, this.#session, this.#hooks))
    }
    return andThen(
      this.current(),
      async (transaction) => void (await flush(unit, transaction, this.#session, modified)),
    )
  }

  /** Opens a frame. @throws UsageError `ROME_TRANSACTION_STATE` for options of a nested one, and one that is never. */
  open(
    kind: 'begin' | 'savepoint',
    { propagation, readOnly: isReadOnly = false, ...options }: BeginOptions = {},
  ): MaybePromise<Frame> {
    const isNested = this.#frames.length > 0
    if (isNested && Object.values(options).some((value) => value !== undefined)) {
      throw new UsageError(
        'ROME_TRANSACTION_STATE',
        'give isolation, durability and signal to the outermost begin(): a nested one is a savepoint of it',
      )
    }
    const isWithinBegin = this.#isWithinBegin()
    if (propagation === 'never' && isWithinBegin) {
      throw new UsageError('ROME_TRANSACTION_STATE', 'this transaction is never part of another: begin it outside')
    }
    // What is changed from here on was changed within it.
    const flushed = isReadOnly && !this.refusesWrites ? this.flush() : undefined
    return andThen(flushed, () => this.#push(kind, propagation, options, isReadOnly))
  }

  #push(
    kind: 'begin' | 'savepoint',
    propagation: Propagation | undefined,
    options: TransactionOptions,
    isReadOnly: boolean,
  ): Frame {
    const isNested = this.#frames.length > 0
    const around = this.#frames.findLast((frame) => frame.kind !== 'savepoint')
    const isJoined = propagation === 'required' && around !== undefined
    const frame: Frame = {
      kind: kind === 'savepoint' ? 'savepoint' : isJoined ? 'joined' : isNested ? 'nested' : 'transaction',
      options,
      isReadOnly,
      checkpoint: isJoined ? around.checkpoint : this.#unit.checkpoint(),
      savepoint: this.#transaction?.savepoint(),
      hadTransaction: this.#transaction !== undefined,
      hadWrites: this.#transaction?.hasWrites ?? false,
      state: 'active',
    }
    this.#frames.push(frame)
    return frame
  }

  /** Ends a frame and keeps what was done in it; commits when it is the outermost `begin`. */
  async commitFrame(frame: Frame): Promise<void> {
    const inner = await this.#framesWithin(frame)
    if ('failure' in frame) {
      await this.rollbackFrame(frame)
      throw new UsageError(
        'ROME_TRANSACTION_STATE',
        'a part that had joined this transaction failed, so all of it was rolled back: let the error of the part ' +
          'through, or begin the part as nested',
        { cause: frame.failure },
      )
    }
    if (frame.kind === 'transaction') {
      await this.#flushToCommit(frame)
      return this.#commit(frame.options, frame)
    }
    if (frame.isReadOnly) await this.flush()
    for (const ended of inner) ended.state = 'committed'
    this.#frames.splice(this.#frames.indexOf(frame))
    if (frame.kind !== 'joined') this.#unit.release(frame.checkpoint)
  }

  /** Ends a frame and takes back what was done in it; what had joined another takes that with it when it ends. */
  async rollbackFrame(frame: Frame, cause?: unknown): Promise<void> {
    const inner = await this.#framesWithin(frame)
    if (frame.kind === 'joined') return this.#fail(frame, inner, cause)
    await this.#rollingBack(frame.kind !== 'transaction', () => {
      for (const ended of inner) ended.state = 'rolled back'
      this.#frames.splice(this.#frames.indexOf(frame))
      this.#unit.restore(frame.checkpoint)
      if (frame.kind === 'transaction' && !frame.hadTransaction) this.#end()
      else if (frame.savepoint !== undefined) this.#transaction?.rollbackTo(frame.savepoint)
    })
  }

  /** Commits the transaction that began by itself. @throws UsageError `ROME_TRANSACTION_STATE` within `begin`. */
  async commit(options: TransactionOptions = {}): Promise<void> {
    this.#refuseWithinBegin()
    await this.#flushToCommit(undefined)
    await this.#commit(options, undefined)
  }

  /** Rolls the transaction that began by itself back. @throws UsageError `ROME_TRANSACTION_STATE` within `begin`. */
  async rollback(): Promise<void> {
    this.#refuseWithinBegin()
    await this.#rollbackAll('rolled back')
  }

  /** An operation met a conflict: outside of `begin`, which rolls back by itself, everything is. */
  async conflicted(): Promise<void> {
    // A commit that failed by it was rolled back already.
    if (this.#transaction !== undefined && !this.#isWithinBegin()) await this.#rollbackAll('rolled back')
  }

  /** Ends the transaction for good and lets all entities go. */
  close(): MaybePromise<void> {
    const closing = () => {
      this.#endFrames('broken')
      this.#unit.close()
      this.#end()
    }
    return this.#transaction === undefined ? closing() : this.#rollingBack(false, closing)
  }

  /** Whatever else fails can be repaired and committed again. */
  async #flushToCommit(frame: Frame | undefined): Promise<void> {
    try {
      if (!this.#hooks.has('beforeCommit')) await this.flush()
      else {
        await this.#whole(async () => {
          await this.#hooks.call('beforeCommit')
          await this.flush()
        })
      }
      if (this.#host.looksForUntouched && !this.#isReadOnly) this.#unit.requireTouched()
    } catch (error) {
      if (error instanceof ConflictError) await this.#commitFailed(frame, error)
      throw error
    }
  }

  async #commit({ isolation, durability, signal }: TransactionOptions, frame: Frame | undefined): Promise<void> {
    if (this.#transaction !== undefined) {
      try {
        throwIfAborted(signal)
        await this.#write(this.#transaction, {
          isolation: isolation ?? this.#defaults.isolation ?? this.#host.isolation,
          durability: durability ?? this.#defaults.durability,
          signal,
        })
      } catch (error) {
        await this.#commitFailed(frame, error)
        throw error
      }
      if (this.#transaction.hasWrites) this.#host.counts.commits++
    }
    this.#endFrames('committed')
    this.#unit.committed()
    this.#end()
    await this.#hooks.tell('afterCommit')
  }

  /** What a joined frame did is taken back with the one around it. */
  #fail(frame: Frame, inner: readonly Frame[], cause: unknown): void {
    for (const ended of inner) ended.state = 'rolled back'
    this.#frames.splice(this.#frames.indexOf(frame))
    const around = this.#frames.findLast(({ kind }) => kind !== 'savepoint')
    if (around !== undefined) around.failure = frame.failure ?? cause
  }

  async #write(transaction: RecordTransaction, options: RecordCommitOptions): Promise<void> {
    const { observer } = this.#host
    if (observer === undefined || !transaction.hasWrites) await transaction.commit(options)
    else {
      await observer.observe({ operation: 'commit', isRequest: true }, async (note) => {
        note({ 'rome.version': await transaction.commit(options) })
      })
    }
  }

  /** Runs what hooks take part in: when it fails everything is as it was before. */
  async #whole(work: (transaction: RecordTransaction) => Promise<void>): Promise<void> {
    const transaction = await this.current()
    const savepoint = transaction.savepoint()
    const checkpoint = this.#unit.checkpoint()
    try {
      await work(transaction)
      this.#unit.release(checkpoint)
    } catch (error) {
      transaction.rollbackTo(savepoint)
      this.#unit.restore(checkpoint)
      throw error
    }
  }

  /** Takes back what was done, between the hooks that are told of it. */
  #rollingBack(isSavepoint: boolean, undo: () => void): MaybePromise<void> {
    if (!isSavepoint) this.#host.counts.rollbacks++
    return andThen(this.#hooks.tell('beforeRollback', { isSavepoint }), () => {
      undo()
      return this.#hooks.tell('afterRollback', { isSavepoint })
    })
  }

  /** The write buffer is lost. Memory goes back to `begin`, or to the last commit if rows were written before it. */
  async #commitFailed(frame: Frame | undefined, error: unknown): Promise<void> {
    if (error instanceof ConflictError) this.#host.counts.conflicts++
    if (error instanceof CommitUnknownError || error instanceof EngineError) {
      const { logger } = this.#host
      logger.error?.('the store did not do what it was asked for: look after it', {
        ...error.context,
        code: error.code,
      })
    }
    await this.#rollbackAll('rolled back', frame?.hadWrites ? undefined : frame?.checkpoint)
  }

  /** Ends everything; memory goes back to a checkpoint, or to the last commit. */
  #rollbackAll(state: 'rolled back' | 'broken', checkpoint?: MemoryCheckpoint): MaybePromise<void> {
    return this.#rollingBack(false, () => {
      this.#endFrames(state)
      this.#unit.restore(checkpoint)
      this.#end()
    })
  }

  #begun(transaction: RecordTransaction): RecordTransaction {
    this.#transaction = transaction
    this.#tellOuter(transaction)
    if (this.#frames.length > 0) {
      const savepoint = transaction.savepoint()
      for (const frame of this.#frames) frame.savepoint = savepoint
    }
    return transaction
  }

  /** Ends the record transaction: the next read takes a new snapshot. */
  #end(): void {
    this.#transaction?.release()
    this.#transaction = undefined
    this.#tellOuter(undefined)
    this.#unit.endTransaction()
  }

  /** So that it is found when the two wait for each other. */
  #tellOuter(transaction: RecordTransaction | undefined): void {
    if (this.outer !== undefined) this.outer.#waitFor(transaction)
  }

  #waitFor(inner: RecordTransaction | undefined): void {
    if (this.#transaction !== undefined) this.#transaction.claims.inner = inner?.claims
  }

  #endFrames(state: Frame['state']): void {
    for (const frame of this.#frames) frame.state = state
    this.#frames.length = 0
  }

  /**
   * A frame and those within it. Savepoints end with what is around them; a `begin` within another has to end first,
   * since its function may still be at work.
   * @throws UsageError `ROME_TRANSACTION_STATE`.
   */
  async #framesWithin(frame: Frame): Promise<Frame[]> {
    if (frame.state !== 'active') {
      throw new UsageError(
        'ROME_TRANSACTION_STATE',
        frame.state === 'broken'
          ? 'this transaction was rolled back because one around it ended first: end the inner one before the outer'
          : 'this transaction has ended: begin another',
        { context: { state: frame.state } },
      )
    }
    const frames = this.#frames.slice(this.#frames.indexOf(frame))
    if (frames.slice(1).some(({ kind }) => kind !== 'savepoint')) {
      await this.#rollbackAll('broken')
      throw new UsageError(
        'ROME_TRANSACTION_STATE',
        'transactions of one session end last-in first-out, so all of it was rolled back: await the inner begin() ' +
          'before the outer one ends, and use a session of its own for what runs at the same time',
      )
    }
    return frames
  }

  #isWithinBegin(): boolean {
    return this.#frames.some(({ kind }) => kind !== 'savepoint')
  }

  #refuseWithinBegin(): void {
    if (!this.#isWithinBegin()) return
    throw new UsageError(
      'ROME_TRANSACTION_STATE',
      'within begin() end the transaction by what begin() gave: tx.commit() or tx.rollback(), or return or throw',
    )
  }
}

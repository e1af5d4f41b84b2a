import { setImmediate } from 'node:timers/promises'
import { CommitUnknownError, EngineError, type RomeError, UsageError } from '../../errors/rome-error.js'
import { abortedError, checkMayCommit } from '../commit-check.js'
import type { ConflictValidator } from '../conflicts.js'
import type { CommitListener, CommitRequest, Version } from '../contract.js'
import type { Outcomes } from '../outcomes.js'
import type { EngineStatistics } from '../statistics.js'
import type { Applier } from './applier.js'
import type { CommitLog, HeaderContent } from './commit-log.js'
import { encodeCommit } from './commit-record.js'
import { engineError } from './level-errors.js'
import type { Overlay } from './overlay.js'
import { pendingCommit } from './pending-commit.js'

/** A commit that waits for its turn, or is under way. */
interface Candidate {
  readonly request: CommitRequest
  readonly bytes: number
  readonly resolve: (version: Version) => void
  readonly reject: (error: unknown) => void
  readonly onAbort: (() => void) | undefined
}

/** A candidate that was found valid. */
interface Accepted {
  readonly candidate: Candidate
  readonly version: Version
  readonly record: Buffer
}

/** The most that is written at once. */
const groupCommitsMax = 512
const groupBytesMax = 8 * 1024 * 1024

/**
 * A commit that need not be synced takes no turn of the event loop. After so many, all else that the process does, the
 * partitions' writing not least, gets its turn.
 */
const groupsInTurnMax = 16

export interface CommitterOptions {
  readonly log: CommitLog
  readonly overlay: Overlay
  readonly applier: Applier
  readonly conflicts: ConflictValidator
  readonly outcomes: Outcomes
  readonly statistics: EngineStatistics
  readonly defaultDurability: 'commit' | 'os'
  readonly segmentBytes: number
  readonly headerOf: () => HeaderContent
  /** The version of the oldest live snapshot. */
  readonly oldestReader: () => Version | undefined
  readonly onPublish: CommitListener
}

/**
 * The one writer. It takes the commits that wait in order of arrival, and as a group: validates each, appends their
 * records in one write, syncs if one of them wants that, publishes them, and tells their callers.
 */
export class Committer {
  readonly #options: CommitterOptions
  readonly #underWay = new Map<string, Promise<unknown>>()
  #queue: Candidate[] = []
  #running: Promise<void> | undefined
  #halted: RomeError | undefined
  #unknown = new Set<string>()
  #groupsInTurn = 0

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** Why nothing can be committed any more. */
  get halted(): RomeError | undefined {
    return this.#halted
  }

  /** Settles with the commit's fate. The request was checked against the manifest. */
  submit(request: CommitRequest, bytes: number): Promise<Version> {
    if (this.#halted !== undefined) return Promise.reject(this.haltedError())
    if (this.#underWay.has(request.id)) {
      return Promise.reject(
        new UsageError('ROME_ARGUMENT', 'A commit with this id is under way; give each commit its own id.', {
          context: { id: request.id },
        }),
      )
    }
    const { signal } = request
    if (signal?.aborted === true) return Promise.reject(abortedError(signal))
    const settled = new Promise<Version>((resolve, reject) => {
      const onAbort = signal === undefined ? undefined : () => this.#abandon(candidate, signal)
      const candidate: Candidate = { request, bytes, resolve, reject, onAbort }
      if (onAbort !== undefined) signal?.addEventListener('abort', onAbort, { once: true })
      this.#queue.push(candidate)
    })
    this.#underWay.set(request.id, settled)
    this.#running ??= this.#start()
    return settled
  }

  /** Waits until the commit with this id is no longer under way. */
  async settled(id: string): Promise<void> {
    await this.#underWay.get(id)?.catch(() => undefined)
  }

  /** Whether the commit with this id may be found in the log at the next open. */
  isUnknown(id: string): boolean {
    return this.#unknown.has(id)
  }

  /** Waits until no commit is under way. */
  async finish(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Makes all that was published durable. A failure ends the store, as that of a commit does. */
  async sync(): Promise<void> {
    try {
      await this.#options.log.sync()
    } catch (error) {
      const failure = engineError(error, 'syncing the commit log')
      this.halt(failure)
      throw failure
    }
  }

  /** Refuses all further commits; those that wait are not applied. */
  halt(error: RomeError): void {
    this.#halted ??= error
    this.#options.applier.halt()
    const queue = this.#queue
    this.#queue = []
    for (const candidate of queue) this.#refuse(candidate, this.haltedError())
  }

  async #start(): Promise<void> {
    // All commits that were asked for in this turn become one group.
    await undefined
    try {
      while (this.#queue.length > 0) {
        if (++this.#groupsInTurn > groupsInTurnMax) await this.#nextTurn()
        await this.#commitGroup()
      }
    } catch (error) {
      this.halt(engineError(error, 'committing'))
    } finally {
      this.#running = undefined
    }
  }

  async #commitGroup(): Promise<void> {
    const { applier, log, segmentBytes, headerOf, statistics } = this.#options
    if (applier.isFull) await applier.room()
    if (log.segmentSize > segmentBytes) await log.rotate(headerOf())
    const group = this.#acceptGroup()
    if (group.length === 0) return
    const last = group[group.length - 1] as Accepted
    const records = group.length === 1 ? last.record : Buffer.concat(group.map(({ record }) => record))
    try {
      await log.append(records, { version: last.version, chain: last.record.readUInt32BE(4) })
      if (group.some((accepted) => this.#wantsSync(accepted))) await log.sync()
    } catch (error) {
      this.#fail(group, engineError(error, 'committing'))
      return
    }
    statistics.groups++
    this.#publish(group)
  }

  async #nextTurn(): Promise<void> {
    await setImmediate()
    this.#groupsInTurn = 0
  }

  /** Takes candidates off the queue and validates them; the valid ones have their versions and records. */
  #acceptGroup(): Accepted[] {
    const { conflicts, outcomes, overlay, log } = this.#options
    const group: Accepted[] = []
    let { version, chain } = log
    let bytes = 0
    let taken = 0
    for (const candidate of this.#queue) {
      if (group.length >= groupCommitsMax || (taken > 0 && bytes + candidate.bytes > groupBytesMax)) break
      taken++
      const { request } = candidate
      try {
        checkMayCommit(request, outcomes, overlay.version)
        conflicts.validate(request)
      } catch (error) {
        this.#refuse(candidate, error)
        continue
      }
      version++
      const { bytes: record, crc } = encodeCommit({ id: request.id, version, writes: request.writes }, chain)
      chain = crc
      bytes += candidate.bytes
      conflicts.add(version, request.writes)
      group.push({ candidate, version, record })
    }
    this.#queue = this.#queue.slice(taken)
    return group
  }

  #publish(group: readonly Accepted[]): void {
    const { overlay, applier, outcomes, conflicts, statistics, oldestReader, onPublish } = this.#options
    for (const { candidate, version } of group) {
      const { id, writes } = candidate.request
      const commit = pendingCommit(version, writes, candidate.bytes)
      overlay.publish(commit)
      onPublish(version, writes)
      outcomes.add(id, version)
      applier.add(commit)
      statistics.commits++
    }
    conflicts.forgetBefore(oldestReader() ?? overlay.version)
    for (const { candidate, version } of group) {
      this.#leave(candidate)
      candidate.resolve(version)
    }
  }

  /** The group could not be written, or nobody knows whether it was. */
  #fail(group: readonly Accepted[], error: RomeError): void {
    for (const { candidate } of group) {
      const { id } = candidate.request
      if (error instanceof CommitUnknownError) {
        this.#unknown.add(id)
        this.#refuse(
          candidate,
          new CommitUnknownError(error.code, unknownMessage, { context: { commitId: id }, cause: error.cause }),
        )
      } else {
        this.#refuse(candidate, error)
      }
    }
    this.halt(error)
  }

  #abandon(candidate: Candidate, signal: AbortSignal): void {
    const index = this.#queue.indexOf(candidate)
    if (index < 0) return
    this.#queue.splice(index, 1)
    this.#refuse(candidate, abortedError(signal))
  }

  #refuse(candidate: Candidate, error: unknown): void {
    this.#leave(candidate)
    candidate.reject(error)
  }

  #leave({ request, onAbort }: Candidate): void {
    this.#underWay.delete(request.id)
    if (onAbort !== undefined) request.signal?.removeEventListener('abort', onAbort)
  }

  #wantsSync({ candidate }: Accepted): boolean {
    return (candidate.request.durability ?? this.#options.defaultDurability) === 'commit'
  }

  /** What is answered to commits after {@link Committer.halt}. */
  haltedError(): EngineError {
    return new EngineError('ROME_HALTED', 'The store stopped after an error; close it and open it again.', {
      cause: this.#halted,
    })
  }
}

const unknownMessage =
  'The commit was written but could not be made durable; open the store again and ask for its outcome.'

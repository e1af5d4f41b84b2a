import { rename, rm } from 'node:fs/promises'
import { CommitUnknownError, type RomeError } from '../../errors/rome-error.js'
import type { Version } from '../contract.js'
import { syncDirectory } from './durable-files.js'
import { engineError } from './level-errors.js'
import type { LevelInternals } from './level-options.js'
import type { LogFiles } from './log-files.js'
import { segmentPath } from './segment-files.js'
import { encodeSegmentHeader, type SegmentHeader } from './segment-header.js'

/** A segment that is no longer written. */
export interface ClosedSegment {
  readonly segment: number
  readonly lastVersion: Version
  readonly bytes: number
}

/** Where a log stands. */
export interface LogPosition {
  readonly version: Version
  /** The CRC of the last record. */
  readonly chain: number
}

/** What {@link CommitLog.resume} goes on with. */
export interface OpenLog extends LogPosition {
  /** The last segment. */
  readonly segment: number
  /** The version before the last segment's first record. */
  readonly segmentVersion: Version
  /** The size of the last segment. */
  readonly size: number
  /** Older segments, in ascending order. */
  readonly closed: readonly ClosedSegment[]
}

/** What of the engine's settings the log needs. */
export type LogSettings = Pick<LevelInternals, 'logFiles' | 'keepLogBytes'>

/** What a new segment's header says beside its place in the log. */
export type HeaderContent = Omit<SegmentHeader, 'segment'>

/**
 * The commit log, for writing. Records are appended to the last segment; a full one is synced and closed before a new
 * one is begun, so only the last can end in the middle of a record.
 *
 * After an error nothing more may be written: the store halts.
 */
export class CommitLog {
  readonly #directory: string
  readonly #files: LogFiles
  readonly #keepBytes: number
  readonly #closed: ClosedSegment[]
  readonly #syncs = new Set<Promise<void>>()
  #segment: number
  /** The version before the last segment's first record. */
  #segmentVersion: Version
  #file: number
  #size: number
  #version: Version
  #chain: number
  #syncedVersion: Version
  #syncCount = 0

  private constructor(directory: string, { logFiles, keepLogBytes }: LogSettings, file: number, position: OpenLog) {
    this.#directory = directory
    this.#files = logFiles
    this.#keepBytes = keepLogBytes
    this.#file = file
    this.#segment = position.segment
    this.#segmentVersion = position.segmentVersion
    this.#size = position.size
    this.#version = position.version
    this.#chain = position.chain
    this.#syncedVersion = position.version
    this.#closed = [...position.closed]
  }

  /** Begins a log in an empty directory. */
  static async create(directory: string, settings: LogSettings, header: HeaderContent): Promise<CommitLog> {
    const position = { segment: 1, version: 0, chain: 0 }
    const { file, size, chain } = await createSegment(directory, settings.logFiles, header, position)
    return new CommitLog(directory, settings, file, {
      segment: 1,
      segmentVersion: 0,
      size,
      version: 0,
      chain,
      closed: [],
    })
  }

  /** Goes on with a log that was read to its end. What lies behind the end is cut off, what is left is synced. */
  static async resume(directory: string, settings: LogSettings, position: OpenLog): Promise<CommitLog> {
    const files = settings.logFiles
    const file = files.open(segmentPath(directory, position.segment), 'existing')
    files.truncate(file, position.size)
    await files.sync(file)
    return new CommitLog(directory, settings, file, position)
  }

  /** The version of the last record. */
  get version(): Version {
    return this.#version
  }

  get chain(): number {
    return this.#chain
  }

  /** Every record up to this version is on stable storage. */
  get syncedVersion(): Version {
    return this.#syncedVersion
  }

  /** Whether the last segment has records and need not be kept for feeds. */
  get isWorthEmptying(): boolean {
    return this.#version > this.#segmentVersion && this.#size >= this.#keepBytes
  }

  /** The file of the segment that holds a version, or would; of the oldest for a version that is no longer there. */
  segmentOf(version: Version): string {
    const closed = this.#closed.find(({ lastVersion }) => lastVersion >= version)
    return segmentPath(this.#directory, closed?.segment ?? this.#segment)
  }

  /** The bytes of the last segment. */
  get segmentSize(): number {
    return this.#size
  }

  get syncCount(): number {
    return this.#syncCount
  }

  /**
   * Hands records to the operating system, all or none.
   * @throws EngineError `ROME_DISK_FULL`, `ROME_ENGINE`: none is in the log, nor will be.
   * @throws CommitUnknownError `ROME_COMMIT_UNKNOWN`: some may be found at the next open.
   */
  async append(records: Uint8Array, position: LogPosition): Promise<void> {
    try {
      let written = 0
      while (written < records.length) {
        const part = written === 0 ? records : records.subarray(written)
        const count = this.#files.write(this.#file, part, this.#size + written)
        if (count <= 0) throw new Error('the file took no bytes')
        written += count
      }
    } catch (error) {
      throw await this.#takeBack(error)
    }
    this.#size += records.length
    this.#version = position.version
    this.#chain = position.chain
  }

  /**
   * Waits until every record appended so far is on stable storage.
   * @throws CommitUnknownError `ROME_COMMIT_UNKNOWN`
   */
  async sync(): Promise<void> {
    const version = this.#version
    const sync = this.#files.sync(this.#file)
    this.#syncs.add(sync)
    try {
      await sync
    } catch (error) {
      throw unknownOutcome(error)
    } finally {
      this.#syncs.delete(sync)
    }
    this.#syncCount++
    if (this.#syncedVersion < version) this.#syncedVersion = version
  }

  /** Closes the last segment and begins a new one. Nothing may be appended meanwhile. */
  async rotate(header: HeaderContent): Promise<void> {
    await this.sync()
    const position = { segment: this.#segment + 1, version: this.#version, chain: this.#chain }
    const next = await createSegment(this.#directory, this.#files, header, position)
    await Promise.allSettled(this.#syncs)
    this.#files.close(this.#file)
    this.#closed.push({ segment: this.#segment, lastVersion: this.#version, bytes: this.#size })
    this.#segment = position.segment
    this.#segmentVersion = position.version
    this.#file = next.file
    this.#size = next.size
    this.#chain = next.chain
  }

  /**
   * Deletes closed segments without a record after `version`, as far as the rest is as much as feeds are to find; the
   * oldest first, so that no gap can appear.
   */
  async deleteThrough(version: Version): Promise<void> {
    for (;;) {
      const [oldest, ...rest] = this.#closed
      if (oldest === undefined || oldest.lastVersion > version) return
      if (rest.reduce((bytes, closed) => bytes + closed.bytes, this.#size) < this.#keepBytes) return
      // Nobody is sent to a file that is being deleted. What could not be deleted goes before all others the next time.
      this.#closed.shift()
      try {
        await rm(segmentPath(this.#directory, oldest.segment), { force: true })
      } catch (error) {
        this.#closed.unshift(oldest)
        throw error
      }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#syncs)
    this.#files.close(this.#file)
  }

  /** After a failed write: whole records may have reached the file, and must not be found there later. */
  async #takeBack(error: unknown): Promise<RomeError> {
    try {
      this.#files.truncate(this.#file, this.#size)
      await this.#files.sync(this.#file)
    } catch {
      return unknownOutcome(error)
    }
    return engineError(error, 'writing the commit log')
  }
}

async function createSegment(
  directory: string,
  files: LogFiles,
  content: HeaderContent,
  position: LogPosition & { readonly segment: number },
): Promise<{ file: number; size: number; chain: number }> {
  const path = segmentPath(directory, position.segment)
  const temporary = `${path}.tmp`
  const { bytes, crc } = encodeSegmentHeader(
    { ...content, segment: position.segment },
    position.version,
    position.chain,
  )
  await rm(temporary, { force: true })
  const file = files.open(temporary, 'new')
  try {
    let written = 0
    while (written < bytes.length) written += files.write(file, bytes.subarray(written), written)
    await files.sync(file)
    await rename(temporary, path)
    await syncDirectory(directory)
  } catch (error) {
    files.close(file)
    throw engineError(error, 'beginning a segment of the commit log')
  }
  return { file, size: bytes.length, chain: crc }
}

function unknownOutcome(cause: unknown): CommitUnknownError {
  return new CommitUnknownError(
    'ROME_COMMIT_UNKNOWN',
    'The commit was written but could not be made durable; open the store again and ask for its outcome.',
    { cause },
  )
}

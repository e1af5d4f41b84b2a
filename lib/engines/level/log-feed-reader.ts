import { type FileHandle, open } from 'node:fs/promises'
import { CorruptionError } from '../../errors/rome-error.js'
import { type CommitReader, changesGone } from '../change-feed.js'
import type { CommittedChanges, Version } from '../contract.js'
import type { CommitLog } from './commit-log.js'
import { decodeCommit } from './commit-record.js'
import { isMissingFile } from './durable-files.js'
import { type LogRecord, readRecord } from './log-record.js'

/**
 * Up to where a feed may give out commits: what is published, and cannot be taken back by a power cut. A follower would
 * be ahead of the store otherwise.
 */
export interface NewestForFeeds {
  published(): Version
  /** Makes what is published safe, for a feed that waits for it. */
  sync(): Promise<void>
}

/** What is read from a segment at a time, and about what is given out at a time. */
const chunkBytes = 256 * 1024

/** A segment that is read. Deleted meanwhile, it can still be read to its end. */
interface OpenSegment {
  readonly path: string
  readonly file: FileHandle
  /** How far the file was read. */
  offset: number
  /** What was read of it and not taken yet. */
  bytes: Buffer
}

/** Reads commits from the segments of the log, however far behind: it holds one chunk, and keeps no segment. */
export class LogFeedReader implements CommitReader {
  readonly #log: CommitLog
  readonly #newest: NewestForFeeds
  /** The last that was given out. */
  #version: Version
  #segment: OpenSegment | undefined
  #isReadAgain = false

  constructor(log: CommitLog, after: Version, newest: NewestForFeeds) {
    this.#log = log
    this.#newest = newest
    this.#version = after
  }

  async read(): Promise<readonly CommittedChanges[]> {
    let newest = Math.min(this.#newest.published(), this.#log.syncedVersion)
    if (this.#version >= newest && newest < this.#newest.published()) {
      await this.#newest.sync()
      newest = Math.min(this.#newest.published(), this.#log.syncedVersion)
    }
    const commits: CommittedChanges[] = []
    let bytes = 0
    while (this.#version < newest && bytes < chunkBytes) {
      const segment = this.#segment ?? (await this.#openSegment())
      const record = await takeRecord(segment)
      if (record === undefined) await this.#leaveSegment(segment)
      else if (record.version > this.#version) {
        const { version, writes } = decodeCommit(record)
        commits.push({ version, writes })
        bytes += record.payload.length
        this.#version = version
        this.#isReadAgain = false
      }
    }
    return commits
  }

  async close(): Promise<void> {
    const file = this.#segment?.file
    this.#segment = undefined
    await file?.close()
  }

  /** Opens the segment of the next commit. Its first record tells the version before its commits. */
  async #openSegment(): Promise<OpenSegment> {
    const path = this.#log.segmentOf(this.#version + 1)
    let file: FileHandle
    try {
      file = await open(path)
    } catch (error) {
      // It was deleted between the two, so another is the oldest now.
      if (isMissingFile(error) && this.#log.segmentOf(this.#version + 1) !== path) return this.#openSegment()
      throw error
    }
    const segment: OpenSegment = { path, file, offset: 0, bytes: Buffer.alloc(0) }
    this.#segment = segment
    const head = await takeRecord(segment)
    if (head === undefined) throw damaged(path)
    if (head.version > this.#version) throw changesGone(this.#version, head.version)
    return segment
  }

  /** The segment has been read to its end, though there are more commits. */
  async #leaveSegment(segment: OpenSegment): Promise<void> {
    const { path, file } = segment
    if (this.#log.segmentOf(this.#version + 1) !== path) {
      this.#segment = undefined
      await file.close()
      return
    }
    // A record may have been read while it was written.
    if (this.#isReadAgain) throw damaged(path)
    this.#isReadAgain = true
    segment.offset -= segment.bytes.length
    segment.bytes = Buffer.alloc(0)
  }
}

/** The next whole record of a segment; `undefined` at its end. */
async function takeRecord(segment: OpenSegment): Promise<LogRecord | undefined> {
  for (;;) {
    const record = readRecord(segment.bytes, 0)
    if (record !== undefined) {
      segment.bytes = segment.bytes.subarray(record.end)
      return record
    }
    const { bytes, file } = segment
    // Twice as much each time, so that a long record is not copied over and over.
    const chunk = Buffer.allocUnsafe(Math.max(chunkBytes, bytes.length))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, segment.offset)
    if (bytesRead === 0) return undefined
    segment.offset += bytesRead
    segment.bytes = Buffer.concat([bytes, chunk.subarray(0, bytesRead)])
  }
}

function damaged(path: string): CorruptionError {
  return new CorruptionError('ROME_CORRUPT', 'The commit log is damaged; restore the store from a backup.', {
    context: { problem: 'a record cannot be read', path },
  })
}

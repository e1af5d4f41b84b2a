import { readFile, rm } from 'node:fs/promises'
import { CorruptionError, EngineError, type ErrorContext } from '../../errors/rome-error.js'
import type { Version } from '../contract.js'
import { Outcomes } from '../outcomes.js'
import type { ClosedSegment, OpenLog } from './commit-log.js'
import { commitIdOf, decodeCommit, type LoggedCommit } from './commit-record.js'
import { storeFormat } from './identity.js'
import { hasRecordAfter, type LogRecord, readRecord } from './log-record.js'
import { listSegments, segmentPath } from './segment-files.js'
import { decodeSegmentHeader, type SegmentHeader } from './segment-header.js'

/** A log that was read and found whole. */
export interface CheckedLog extends OpenLog {
  /** The version before the first record. */
  readonly before: Version
  /** The commits in the log, and those before it that its first header tells of. */
  readonly outcomes: Outcomes
}

/**
 * Reads all of a log and checks that nothing is missing in it. A record that is incomplete at the very end was never
 * acknowledged, and is left out.
 * @throws CorruptionError `ROME_CORRUPT`; EngineError `ROME_STORE_NEWER`
 */
export async function checkLog(directory: string, store: string): Promise<CheckedLog> {
  const segments = await listSegments(directory)
  const last = segments.at(-1)
  if (last === undefined) throw damaged('the log has no segments', {})
  await rm(`${segmentPath(directory, last + 1)}.tmp`, { force: true })
  let outcomes: Outcomes | undefined
  const closed: ClosedSegment[] = []
  let before: Version | undefined
  let previous: { segment: number; version: Version; chain: number } | undefined
  for (const segment of segments) {
    if (previous !== undefined && segment !== previous.segment + 1) {
      throw damaged('a segment is missing', { segment: previous.segment + 1 })
    }
    const bytes = await readFile(segmentPath(directory, segment))
    const head = readRecord(bytes, 0)
    const header = head === undefined ? undefined : decodeSegmentHeader(head)
    if (head === undefined || header === undefined) throw damaged('the head of a segment is damaged', { segment })
    if (header.format > storeFormat) {
      throw new EngineError('ROME_STORE_NEWER', 'The store was written by a newer version of Rome; update Rome.', {
        context: { segment, format: header.format, known: storeFormat },
      })
    }
    if (header.store !== store || header.segment !== segment) throw damaged('a segment is of elsewhere', { segment })
    if (previous !== undefined && (head.version !== previous.version || head.chain !== previous.chain)) {
      throw damaged('a segment does not continue the one before', { segment })
    }
    before ??= head.version
    outcomes ??= outcomesOf(header)
    const end = checkRecords(bytes, head, segment, segment === last, outcomes)
    if (segment === last) {
      return { ...end, segment, segmentVersion: head.version, closed, before, outcomes }
    }
    closed.push({ segment, lastVersion: end.version, bytes: bytes.length })
    previous = { segment, version: end.version, chain: end.chain }
  }
  throw damaged('the log has no last segment', {})
}

/** The commits of a checked log after `version`, in order. */
export async function* commitsAfter(directory: string, log: OpenLog, version: Version): AsyncGenerator<LoggedCommit> {
  const segments = [...log.closed.map((closed) => closed.segment), log.segment]
  for (const [index, segment] of segments.entries()) {
    const closed = log.closed[index]
    if (closed !== undefined && closed.lastVersion <= version) continue
    const file = await readFile(segmentPath(directory, segment))
    const bytes = segment === log.segment ? file.subarray(0, log.size) : file
    let record = readRecord(bytes, 0)
    while (record !== undefined && record.end < bytes.length) {
      record = readRecord(bytes, record.end)
      if (record === undefined) throw damaged('a record changed while it was read', { segment })
      if (record.version > version) yield decodeCommit(record)
    }
  }
}

function outcomesOf(header: SegmentHeader): Outcomes {
  const outcomes = new Outcomes(header.horizon)
  for (const [id, version] of header.outcomes) outcomes.add(id, version)
  return outcomes
}

/** Checks the records behind a segment's head. Answers where the last one is and ends. */
function checkRecords(
  bytes: Buffer,
  head: LogRecord,
  segment: number,
  isLast: boolean,
  outcomes: Outcomes,
): { version: Version; chain: number; size: number } {
  let last = head
  while (last.end < bytes.length) {
    const record = readRecord(bytes, last.end)
    if (record === undefined) {
      if (isLast && !hasRecordAfter(bytes, last.end, last.version)) break
      throw damaged('a record is damaged', { segment, offset: last.end, after: last.version })
    }
    if (record.version !== last.version + 1 || record.chain !== last.crc) {
      throw damaged('a record does not continue the one before', { segment, offset: last.end, version: record.version })
    }
    // What it writes is read when it is applied again.
    outcomes.add(commitIdOf(record), record.version)
    last = record
  }
  return { version: last.version, chain: last.crc, size: last.end }
}

function damaged(problem: string, context: ErrorContext): CorruptionError {
  return new CorruptionError('ROME_CORRUPT', 'The commit log is damaged; restore the store from a backup.', {
    context: { problem, ...context },
  })
}

import type { Version } from '../contract.js'
import type { EncodedRecord } from './commit-record.js'
import { allocateRecord, type LogRecord, recordHeaderBytes, sealRecord } from './log-record.js'

/** The first record of a segment. Its version and chain are those of the last record before it. */
export interface SegmentHeader {
  readonly format: number
  readonly store: string
  readonly segment: number
  /** Commits in older segments, which may be deleted by now: ids and versions, for settling unknown outcomes. */
  readonly outcomes: readonly (readonly [string, Version])[]
  /** No commit with an id made later than this is missing in `outcomes`. */
  readonly horizon: number
}

/** `[00][JSON]` as a record. */
export function encodeSegmentHeader(header: SegmentHeader, version: Version, chain: number): EncodedRecord {
  const json = JSON.stringify(header)
  const bytes = allocateRecord(1 + Buffer.byteLength(json))
  bytes[recordHeaderBytes] = headerTag
  bytes.write(json, recordHeaderBytes + 1)
  return { bytes, crc: sealRecord(bytes, version, chain) }
}

/** The header in a record; `undefined` when the record is none. */
export function decodeSegmentHeader(record: LogRecord): SegmentHeader | undefined {
  if (record.payload[0] !== headerTag) return undefined
  try {
    const header = JSON.parse(record.payload.toString('utf8', 1)) as Partial<SegmentHeader>
    const { format, store, segment, outcomes, horizon } = header
    if (typeof format !== 'number' || typeof store !== 'string' || typeof segment !== 'number') return undefined
    if (!Array.isArray(outcomes) || typeof horizon !== 'number') return undefined
    return { format, store, segment, outcomes: outcomes as SegmentHeader['outcomes'], horizon }
  } catch {
    return undefined
  }
}

const headerTag = 0

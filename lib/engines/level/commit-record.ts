import { CorruptionError } from '../../errors/rome-error.js'
import type { Version, Write } from '../contract.js'
import { allocateRecord, type LogRecord, recordHeaderBytes, sealRecord } from './log-record.js'

/** A commit as the log has it. */
export interface LoggedCommit {
  readonly version: Version
  readonly id: string
  readonly writes: readonly Write[]
}

/** A sealed record, and the chain for the next one. */
export interface EncodedRecord {
  readonly bytes: Buffer
  readonly crc: number
}

/**
 * Encodes a commit:
 * `[02][length of id: 1][id][number of writes: 4]`, then for each write
 * `[length of key: 4][length of value + 1, or 0 for a delete: 4][mark: 1][key][value]`. A record that begins with `01`
 * has no marks.
 */
export function encodeCommit(commit: LoggedCommit, chain: number): EncodedRecord {
  const { id, version, writes } = commit
  const idBytes = Buffer.byteLength(id)
  let size = 6 + idBytes + 9 * writes.length
  for (const { key, value } of writes) size += key.length + (value === undefined ? 0 : value.length)
  const bytes = allocateRecord(size)
  let position = recordHeaderBytes
  bytes[position++] = commitTag
  bytes[position++] = idBytes
  position += bytes.write(id, position)
  position = bytes.writeUInt32BE(writes.length, position)
  for (const { key, value, mark = 0 } of writes) {
    position = bytes.writeUInt32BE(key.length, position)
    position = bytes.writeUInt32BE(value === undefined ? 0 : value.length + 1, position)
    bytes[position++] = mark
    position += bytes.write(key, position, 'latin1')
    if (value !== undefined) {
      bytes.set(value, position)
      position += value.length
    }
  }
  return { bytes, crc: sealRecord(bytes, version, chain) }
}

/**
 * Decodes what {@link encodeCommit} encoded. Values are views into the record.
 * @throws CorruptionError `ROME_CORRUPT` when the record, though its checksum is right, is no commit.
 */
export function decodeCommit(record: LogRecord): LoggedCommit {
  const { payload, version } = record
  const id = commitIdOf(record)
  try {
    const tag = payload[0]
    const headBytes = tag === commitTag ? 9 : 8
    let position = 2 + payload.readUInt8(1)
    const count = payload.readUInt32BE(position)
    position += 4
    const writes: Write[] = []
    for (let index = 0; index < count; index++) {
      const keyEnd = position + headBytes + payload.readUInt32BE(position)
      const valueBytes = payload.readUInt32BE(position + 4) - 1
      const end = keyEnd + Math.max(valueBytes, 0)
      if (end > payload.length) throw new RangeError('a write is longer than its record')
      const key = payload.toString('latin1', position + headBytes, keyEnd)
      const value = valueBytes < 0 ? undefined : payload.subarray(keyEnd, end)
      const mark = tag === commitTag ? payload.readUInt8(position + 8) : 0
      writes.push(mark === 0 ? { key, value } : { key, value, mark })
      position = end
    }
    if (position !== payload.length) throw new RangeError('bytes are left over')
    return { version, id, writes }
  } catch (error) {
    throw malformed(version, error)
  }
}

/** The id of a commit whose writes nobody needs. @throws CorruptionError `ROME_CORRUPT` */
export function commitIdOf({ payload, version }: LogRecord): string {
  try {
    const tag = payload[0]
    if (tag !== commitTag && tag !== unmarkedTag) throw new RangeError('not a commit')
    const end = 2 + payload.readUInt8(1)
    if (end > payload.length) throw new RangeError('the id is longer than its record')
    return payload.toString('utf8', 2, end)
  } catch (error) {
    throw malformed(version, error)
  }
}

function malformed(version: Version, cause: unknown): CorruptionError {
  return new CorruptionError('ROME_CORRUPT', 'A record of the commit log is malformed; restore the store.', {
    context: { version },
    cause,
  })
}

const commitTag = 2
const unmarkedTag = 1

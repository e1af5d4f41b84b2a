import { crc32 } from 'node:zlib'

/**
 * One record of the log: `[length: 4][CRC-32: 4][version: 8][chain: 4][payload]`. The length is the payload's, the CRC
 * is over all else of the record, and the chain is the CRC of the record before.
 */
export interface LogRecord {
  readonly version: number
  readonly crc: number
  readonly chain: number
  /** A view into the bytes it was read from. */
  readonly payload: Buffer
  /** Where the next record begins. */
  readonly end: number
}

/** What comes before a record's payload. */
export const recordHeaderBytes = 20

/** A record with room for its payload, which the caller writes from {@link recordHeaderBytes} on. */
export function allocateRecord(payloadBytes: number): Buffer {
  return Buffer.allocUnsafe(recordHeaderBytes + payloadBytes)
}

/** Completes a record whose payload is written. Answers its CRC, the next record's chain. */
export function sealRecord(record: Buffer, version: number, chain: number): number {
  record.writeUInt32BE(record.length - recordHeaderBytes, 0)
  record.writeUInt32BE(Math.floor(version / 2 ** 32), 8)
  record.writeUInt32BE(version % 2 ** 32, 12)
  record.writeUInt32BE(chain, 16)
  const crc = checksum(record, 0, record.length)
  record.writeUInt32BE(crc, 4)
  return crc
}

/** The whole and undamaged record at `offset`; `undefined` when there is none. */
export function readRecord(bytes: Buffer, offset: number): LogRecord | undefined {
  if (offset + recordHeaderBytes > bytes.length) return undefined
  const end = offset + recordHeaderBytes + bytes.readUInt32BE(offset)
  if (end > bytes.length) return undefined
  const crc = bytes.readUInt32BE(offset + 4)
  if (checksum(bytes, offset, end) !== crc) return undefined
  return {
    version: bytes.readUInt32BE(offset + 8) * 2 ** 32 + bytes.readUInt32BE(offset + 12),
    crc,
    chain: bytes.readUInt32BE(offset + 16),
    payload: bytes.subarray(offset + recordHeaderBytes, end),
    end,
  }
}

/**
 * Whether any whole record of a version after `version` begins behind `offset`. Only versions that can follow are
 * considered, so that the CRC need not be computed at every byte.
 */
export function hasRecordAfter(bytes: Buffer, offset: number, version: number): boolean {
  const versionMax = version + bytes.length
  for (let start = offset + 1; start + recordHeaderBytes <= bytes.length; start++) {
    if (bytes.readUInt32BE(start) > bytes.length - start - recordHeaderBytes) continue
    const candidate = bytes.readUInt32BE(start + 8) * 2 ** 32 + bytes.readUInt32BE(start + 12)
    if (candidate > version && candidate <= versionMax && readRecord(bytes, start) !== undefined) return true
  }
  return false
}

function checksum(bytes: Buffer, start: number, end: number): number {
  return crc32(bytes.subarray(start + 8, end), crc32(bytes.subarray(start, start + 4)))
}

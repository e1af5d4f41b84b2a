import { crc32 } from 'node:zlib'
import { CorruptionError } from '../errors/rome-error.js'
import { type Key, keyToBytes } from './key.js'

/** The number of bytes that a checksum takes before its payload. */
export const checksumBytes = 4

/** `[CRC-32 of key bytes and payload: 4 bytes][payload]`, a new array. */
export function seal(key: Key, payload: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafe(checksumBytes + payload.length)
  sealed.set(payload, checksumBytes)
  return sealInPlace(key, sealed)
}

/** Writes the checksum of what follows into the first four bytes, and gives back `sealed`. */
export function sealInPlace(key: Key, sealed: Buffer): Buffer {
  // Most index entries have no payload. A view of nothing would cost as much as their checksum.
  const ofKey = checksumOfKey(key)
  const checksum = sealed.length === checksumBytes ? ofKey : crc32(sealed.subarray(checksumBytes), ofKey)
  sealed[0] = checksum >>> 24
  sealed[1] = checksum >>> 16
  sealed[2] = checksum >>> 8
  sealed[3] = checksum
  return sealed
}

/**
 * The payload that was sealed under `key`: a view, not a copy.
 * @throws CorruptionError `ROME_CORRUPT` when the bytes were changed, cut off, or written under another key.
 */
export function unseal(key: Key, sealed: Uint8Array): Uint8Array {
  if (sealed.length >= checksumBytes) {
    const payload = sealed.subarray(checksumBytes)
    if (checksumOf(key, payload) === readWord(sealed, 0)) return payload
  }
  throw new CorruptionError(
    'ROME_CORRUPT',
    'A stored value does not match its checksum; run `rome verify` and restore what it names from a backup.',
    { context: { key: keyToBytes(key).toString('hex'), bytes: sealed.length } },
  )
}

function checksumOf(key: Key, payload: Uint8Array): number {
  const ofKey = checksumOfKey(key)
  return payload.length === 0 ? ofKey : crc32(payload, ofKey)
}

/** The CRC-32 (the reflected polynomial EDB88320, as in zlib) of every byte. */
const byteChecksums = new Uint32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1
  byteChecksums[byte] = remainder
}

/** A key is so short that making bytes of it and calling zlib would take five times as long as this loop. */
function checksumOfKey(key: Key): number {
  let checksum = -1
  for (let index = 0; index < key.length; index++) {
    checksum = (byteChecksums[(checksum ^ key.charCodeAt(index)) & 0xff] as number) ^ (checksum >>> 8)
  }
  return ~checksum >>> 0
}

/** Four bytes, big-endian, without sign. The caller knows that they are there. */
export function readWord(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number)
  const low = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number)
  return high * 0x1_0000 + low
}

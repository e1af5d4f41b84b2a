import { CodecError, ValidationError } from '../errors/rome-error.js'
import { checksumBytes, readWord, sealInPlace, unseal } from './checksum.js'
import type { Key } from './key.js'
import { rowBytesMax, storedLimits } from './limits.js'
import { type PackedValue, packValues, unpackValues } from './serialiser.js'

/** What a stored row says of itself, before its values mean anything. */
export interface DecodedRow {
  /** The version of the model's stored schema that the values are laid out by. */
  readonly schemaVersion: number
  readonly values: unknown[]
}

const rowFormat = 1
const headerBytes = 5

/**
 * A sealed row: `[checksum][01][schema version: 4 bytes][msgpack array of disk values in order of column id]`.
 * @throws ValidationError `ROME_ROW_TOO_LARGE` above 64 MiB.
 */
export function encodeRow(key: Key, schemaVersion: number, values: readonly PackedValue[]): Uint8Array {
  const sealed = packValues(values, checksumBytes + headerBytes)
  if (sealed.length - checksumBytes > rowBytesMax) {
    throw new ValidationError(
      'ROME_ROW_TOO_LARGE',
      'A row takes more than 64 MiB; store large contents elsewhere and keep a reference.',
      {
        context: { bytes: sealed.length - checksumBytes, bytesMax: rowBytesMax },
      },
    )
  }
  sealed[checksumBytes] = rowFormat
  sealed.writeUInt32BE(schemaVersion, checksumBytes + 1)
  return sealInPlace(key, sealed)
}

/**
 * The inverse of {@link encodeRow}.
 * @throws CorruptionError `ROME_CORRUPT` when the bytes are not those sealed under `key`.
 * @throws CodecError `ROME_CODEC` when they are, but are no row of this format.
 */
export function decodeRow(key: Key, bytes: Uint8Array): DecodedRow {
  const payload = unseal(key, bytes)
  const format = payload[0]
  if (payload.length < headerBytes || format !== rowFormat) {
    throw new CodecError(
      'ROME_CODEC',
      'A stored row has a format that this version of Rome does not know; use a newer one.',
      {
        context: { format, bytes: payload.length },
      },
    )
  }
  const values = unpackValues(payload.subarray(headerBytes), storedLimits)
  return { schemaVersion: readWord(payload, 1), values }
}

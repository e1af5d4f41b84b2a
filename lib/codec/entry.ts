import { ValidationError } from '../errors/rome-error.js'
import { checksumBytes, seal, sealInPlace, unseal } from './checksum.js'
import type { Key } from './key.js'
import { entryBytesMax, storedLimits } from './limits.js'
import { type PackedValue, packValues, unpackValues } from './serialiser.js'

const nothing = new Uint8Array(0)

/**
 * A sealed index entry: the checksum, and the msgpack array of `values` unless there are none.
 * @throws ValidationError `ROME_ROW_TOO_LARGE` above 64 MiB.
 */
export function encodeEntry(key: Key, values: readonly PackedValue[]): Uint8Array {
  if (values.length === 0) return seal(key, nothing)
  const sealed = packValues(values, checksumBytes)
  if (sealed.length - checksumBytes > entryBytesMax) {
    throw new ValidationError(
      'ROME_ROW_TOO_LARGE',
      'An index entry takes more than 64 MiB; include fewer columns in the index.',
      {
        context: { bytes: sealed.length - checksumBytes, bytesMax: entryBytesMax },
      },
    )
  }
  return sealInPlace(key, sealed)
}

/**
 * The inverse of {@link encodeEntry}.
 * @throws CorruptionError `ROME_CORRUPT` when the bytes are not those sealed under `key`.
 * @throws CodecError `ROME_CODEC` when they are, but are no entry.
 */
export function decodeEntry(key: Key, bytes: Uint8Array): unknown[] {
  const payload = unseal(key, bytes)
  return payload.length === 0 ? [] : unpackValues(payload, storedLimits)
}

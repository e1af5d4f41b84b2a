import { isUtf8 } from 'node:buffer'
import { CodecError, InternalError } from '../errors/rome-error.js'
import { seal, unseal } from './checksum.js'
import type { Key } from './key.js'
import { documentBytesMax } from './limits.js'

/** A sealed document of the catalogue: JSON text in UTF-8. */
export function encodeDocument(key: Key, json: unknown): Uint8Array {
  const text = JSON.stringify(json)
  if (text === undefined) throw new InternalError('ROME_INTERNAL', 'A document of the catalogue has no JSON form.')
  const payload = Buffer.from(text, 'utf8')
  if (payload.length > documentBytesMax) {
    throw new InternalError('ROME_INTERNAL', 'A document of the catalogue is larger than 64 MiB.', {
      context: { bytes: payload.length },
    })
  }
  return seal(key, payload)
}

/**
 * The inverse of {@link encodeDocument}. What the document says is for the caller to check.
 * @throws CorruptionError `ROME_CORRUPT` when the bytes are not those sealed under `key`.
 * @throws CodecError `ROME_CODEC` when they are, but are no JSON text.
 */
export function decodeDocument(key: Key, bytes: Uint8Array): unknown {
  const payload = unseal(key, bytes)
  if (payload.length > documentBytesMax || !isUtf8(payload)) throw unreadable(payload)
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch (cause) {
    throw unreadable(payload, cause)
  }
}

function unreadable(payload: Uint8Array, cause?: unknown): CodecError {
  return new CodecError('ROME_CODEC', 'A document of the catalogue is not JSON text; run `rome verify`.', {
    cause,
    context: { bytes: payload.length },
  })
}

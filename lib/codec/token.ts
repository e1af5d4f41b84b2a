import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { QueryError } from '../errors/rome-error.js'
import { storedLimits, tokenCharactersMax } from './limits.js'
import { type PackedValue, packValues, unpackValues } from './serialiser.js'

const tokenVersion = 1
const macBytes = 16
const headerBytes = 1 + macBytes

/**
 * A continuation token: base64url of `[01][MAC: 16 bytes][msgpack array of values]`. It cannot be changed, nor be used
 * with a query of another fingerprint or a store of another secret. Its values are not hidden from who holds it.
 * @throws QueryError `ROME_PAGE_TOKEN` when the values make a token longer than 64 Ki characters.
 */
export function sealToken(secret: KeyObject, fingerprint: string, values: readonly PackedValue[]): string {
  const token = packValues(values, headerBytes)
  token[0] = tokenVersion
  macOf(secret, fingerprint, token.subarray(headerBytes)).copy(token, 1)
  const text = token.toString('base64url')
  if (text.length > tokenCharactersMax) {
    throw new QueryError(
      'ROME_PAGE_TOKEN',
      'The values this page is ordered by are too long for a token; order by shorter columns.',
      {
        context: { characters: text.length, charactersMax: tokenCharactersMax },
      },
    )
  }
  return text
}

/**
 * The values of a token made by {@link sealToken} with the same secret and fingerprint.
 * @throws QueryError `ROME_PAGE_TOKEN` for anything else.
 */
export function openToken(secret: KeyObject, fingerprint: string, token: string): unknown[] {
  if (typeof token !== 'string' || token.length > tokenCharactersMax) throw refused()
  const bytes = Buffer.from(token, 'base64url')
  // The decoder skips what is not base64url; only the text that was given out is accepted.
  if (bytes.length <= headerBytes || bytes[0] !== tokenVersion || bytes.toString('base64url') !== token) throw refused()
  const payload = bytes.subarray(headerBytes)
  if (!timingSafeEqual(bytes.subarray(1, headerBytes), macOf(secret, fingerprint, payload))) throw refused()
  try {
    return unpackValues(payload, storedLimits)
  } catch (cause) {
    throw refused(cause)
  }
}

/**
 * HMAC-SHA-256, cut to 16 bytes. The fingerprint's length goes first, so that no part can pass for another. The secret
 * is a key object, since Node 24 takes 10 µs to make one of bytes.
 */
function macOf(secret: KeyObject, fingerprint: string, payload: Uint8Array): Buffer {
  const fingerprintBytes = Buffer.from(fingerprint, 'utf8')
  const header = Buffer.alloc(5)
  header[0] = tokenVersion
  header.writeUInt32BE(fingerprintBytes.length, 1)
  const mac = createHmac('sha256', secret).update(header).update(fingerprintBytes).update(payload).digest()
  return mac.subarray(0, macBytes)
}

function refused(cause?: unknown): QueryError {
  return new QueryError(
    'ROME_PAGE_TOKEN',
    'The page token belongs to another query or store, or was changed; begin again without a token.',
    cause === undefined ? {} : { cause },
  )
}

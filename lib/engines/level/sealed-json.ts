import { crc32 } from 'node:zlib'

/** `[CRC-32: 4][JSON]`: for the few small things the engine keeps in a partition for itself. */
export function sealJson(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value))
  const sealed = Buffer.allocUnsafe(4 + json.length)
  sealed.writeUInt32BE(crc32(json), 0)
  json.copy(sealed, 4)
  return sealed
}

/** What was sealed; `undefined` when the bytes are damaged. */
export function openJson(sealed: Buffer): unknown {
  if (sealed.length < 4) return undefined
  const json = sealed.subarray(4)
  return crc32(json) === sealed.readUInt32BE(0) ? JSON.parse(json.toString()) : undefined
}

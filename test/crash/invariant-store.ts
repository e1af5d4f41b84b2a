import { isDeepStrictEqual } from 'node:util'
import { crc32 } from 'node:zlib'
import type { CommitRequest, Engine, Key, Write } from '../../lib/engines/contract.js'

/**
 * A store whose whole content follows from one number: commit `n` writes `n` under all keys of group `n % groups`, in
 * several partitions, puts its own history key and deletes the one `kept` commits before. So after any accident the
 * store must look exactly as after some number of commits.
 */
const groups = 12
const keysPerGroup = 8
const kept = 40

/** The commit with this number. */
export function numberedCommit(number: number, id: string): CommitRequest {
  const writes: Write[] = [...groupKeys(number % groups), historyKey(number)].map((key) => ({
    key,
    value: encodeNumber(key, number),
  }))
  if (number > kept) writes.push({ key: historyKey(number - kept), value: undefined })
  writes.sort((left, right) => (left.key < right.key ? -1 : 1))
  return { id, readVersion: 0, readKeys: [], readRanges: [], writes }
}

/** Thrown when a value is not what was written: as in a row, a checksum over key and value tells. */
export class DamagedValue extends Error {}

/**
 * Checks that the store looks as after `n` commits, and answers `n`.
 * @throws DamagedValue when a value itself is damaged.
 */
export async function checkNumbers(engine: Engine): Promise<number> {
  const found = new Map<Key, number>()
  const snapshot = await engine.snapshot()
  try {
    const scan = snapshot.scan({ start: '\x01', end: '\xff' })
    for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
      for (const [index, key] of batch.keys.entries()) {
        found.set(key, decodeNumber(key, batch.values[index]))
      }
    }
    for (const [key, number] of found) {
      if (decodeNumber(key, await snapshot.get(key)) !== number) throw new Error('get does not agree with scan')
    }
  } finally {
    snapshot.release()
  }
  const last = Math.max(0, ...found.values())
  if (!isDeepStrictEqual(sorted(found), sorted(contentAfter(last)))) {
    throw new Error(`the store does not look as after ${last} commits: ${JSON.stringify(sorted(found))}`)
  }
  return last
}

function contentAfter(last: number): Map<Key, number> {
  const content = new Map<Key, number>()
  for (let number = Math.max(1, last - groups + 1); number <= last; number++) {
    for (const key of groupKeys(number % groups)) content.set(key, number)
  }
  for (let number = Math.max(1, last - kept + 1); number <= last; number++) content.set(historyKey(number), number)
  return content
}

function sorted(content: ReadonlyMap<Key, number>): [string, number][] {
  return [...content]
    .map(([key, number]): [string, number] => [Buffer.from(key, 'latin1').toString('hex'), number])
    .sort(([left], [right]) => (left < right ? -1 : 1))
}

function groupKeys(group: number): Key[] {
  return Array.from({ length: keysPerGroup }, (_, index) => `\x02\0\x01\x16${String.fromCharCode(group, index)}`)
}

function historyKey(number: number): Key {
  const digits = String.fromCharCode((number >> 16) & 0xff, (number >> 8) & 0xff, number & 0xff)
  return `\x03\0\x02\x02${'abc'[number % 3]}\0\x17${digits}`
}

function encodeNumber(key: Key, number: number): Buffer {
  const body = Buffer.from(`${number}:${'filling '.repeat(number % 20)}`)
  const value = Buffer.allocUnsafe(4 + body.length)
  value.writeUInt32BE(crc32(body, crc32(Buffer.from(key, 'latin1'))))
  body.copy(value, 4)
  return value
}

function decodeNumber(key: Key, value: Uint8Array | undefined): number {
  const bytes = Buffer.from(value ?? [])
  const checksum = crc32(bytes.subarray(4), crc32(Buffer.from(key, 'latin1')))
  if (bytes.length < 4 || bytes.readUInt32BE() !== checksum) throw new DamagedValue('a value is damaged')
  return Number.parseInt(bytes.toString('utf8', 4), 10)
}

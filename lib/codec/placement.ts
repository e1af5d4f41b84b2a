import type { Key, KeyRange } from './key.js'
import { keyAfter, prefixEnd } from './key.js'
import { prefixBytes, Space } from './space.js'
import { elementEnd, findElementEnd } from './tuple-decode.js'

/**
 * The part of a key that decides its partition: all of a row's key, an entry's up to its first value, nothing of a
 * system key.
 * @throws CodecError `ROME_CODEC` when an entry's first value is malformed.
 */
export function placementPrefix(key: Key): Key {
  if (isSystemKey(key)) return ''
  return isEntryKey(key) ? key.slice(0, elementEnd(key, prefixBytes)) : key
}

/**
 * 32 bits without sign, evenly spread: FNV-1a (Fowler, Noll, Vo) with the finaliser of MurmurHash3 (Appleby).
 * Part of the stored format: another hash would look for rows in other partitions.
 */
export function placementHash(prefix: Key): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < prefix.length; index++) {
    hash = Math.imul(hash ^ prefix.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * The partition of a key, from 0 to `partitions` - 1; system keys are in partition 0.
 * @throws CodecError `ROME_CODEC` as {@link placementPrefix} does.
 */
export function partitionOf(key: Key, partitions: number): number {
  if (partitions === 1 || isSystemKey(key)) return 0
  return placementHash(placementPrefix(key)) % partitions
}

/** The partitions that can hold keys of a range, in ascending order: one when its keys are placed alike, else all. */
export function partitionsOfRange(range: KeyRange, partitions: number): readonly number[] {
  if (partitions === 1 || range.end <= systemEnd) return [0]
  const common = commonPlacement(range)
  if (common === undefined) return Array.from({ length: partitions }, (_, partition) => partition)
  return [placementHash(common) % partitions]
}

const systemEnd: Key = Space.row

/** The placement prefix that all keys of a range share; `undefined` when they have several. */
function commonPlacement({ start, end }: KeyRange): Key | undefined {
  if (isSystemKey(start)) return undefined
  if (!isEntryKey(start)) return end <= keyAfter(start) ? start : undefined
  const valueEnd = findElementEnd(start, prefixBytes)
  if (valueEnd < 0) return undefined
  const prefix = start.slice(0, valueEnd)
  const limit = prefixEnd(prefix)
  return limit !== undefined && end <= limit ? prefix : undefined
}

function isSystemKey(key: Key): boolean {
  return key.startsWith(Space.system)
}

function isEntryKey(key: Key): boolean {
  return key.startsWith(Space.entry) || key.startsWith(Space.deletedEntry)
}

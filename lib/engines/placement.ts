import type { Key, KeyRange } from '../codec/key.js'
import { partitionsOfRange as partitionsByPlacement, placementHash, placementPrefix } from '../codec/placement.js'
import { CodecError } from '../errors/rome-error.js'

/** Keys before this one are an engine's own: they are neither written nor seen by anybody else. */
export const firstKey: Key = '\x01'

/** The partition of any key, also of one that is no well-formed Rome key. */
export function partitionOfKey(key: Key, partitions: number): number {
  return partitions === 1 ? 0 : partitionOfPlacement(placementOf(key), partitions)
}

/**
 * The partitions that can hold keys of a range, in ascending order.
 *
 * A text's closing byte may be followed by the byte that makes it an escape, and then the key has another first value
 * although it begins with all bytes of this one; such keys lie elsewhere, so a range that reaches them has no single
 * partition.
 */
export function partitionsOfRange(range: KeyRange, partitions: number): readonly number[] {
  if (range.start >= range.end) return []
  const found = partitionsByPlacement(range, partitions)
  if (partitions === 1 || found.length > 1 || range.end <= `${range.start}\0`) return found
  const prefix = placementOf(range.start)
  if (prefix === '') return found
  const reachesEscape =
    (range.start < `${prefix}\x01` && range.end > `${prefix}\0` && placementOf(`${prefix}\0`) !== prefix) ||
    (range.end > `${prefix}\xff` && placementOf(`${prefix}\xff`) !== prefix)
  return reachesEscape ? Array.from({ length: partitions }, (_, partition) => partition) : found
}

/** System keys, and they alone, have nothing that decides: they are all in partition 0. */
function partitionOfPlacement(prefix: Key, partitions: number): number {
  return prefix === '' ? 0 : placementHash(prefix) % partitions
}

function placementOf(key: Key): Key {
  try {
    return placementPrefix(key)
  } catch (error) {
    if (error instanceof CodecError) return key
    throw error
  }
}

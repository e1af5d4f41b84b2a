import { isDeepStrictEqual } from 'node:util'
import { type Key, type KeyRange, prefixRange } from '../../codec/key.js'
import { Space } from '../../codec/space.js'
import type { EngineSnapshot } from '../../engines/contract.js'
import { type EntryCell, RowSlot, type StoredValue } from '../stored-value.js'
import { leafAt } from './resident-nodes.js'
import type { ResidentSet } from './resident-set.js'

/** How memory is compared. */
export interface ResidentCheck {
  readonly snapshot: EngineSnapshot
  /** What a stored value means, whatever it is held as. */
  readonly meaningOf: (key: Key, value: StoredValue) => unknown
  /** Called with each key of which memory says something else than the engine. */
  readonly onDifference: (key: Key) => void
}

const everything: KeyRange = { start: Space.row, end: prefixRange(Space.deletedEntry).end }

/**
 * Compares all that is in memory with what the engine stores, if the snapshot is of the newest version. Commits may go
 * on meanwhile: what they replace is left out. Cost: what memory holds is read from the engine.
 */
export async function verifyResident(set: ResidentSet, check: ResidentCheck): Promise<void> {
  const { snapshot, meaningOf, onDifference } = check
  if (set.version !== snapshot.version) return
  const root = set.share()
  const looseRows = [...set.looseRows()]
  const compare = (key: Key, held: RowSlot | EntryCell | undefined, stored: Uint8Array | undefined): void => {
    const value = held instanceof RowSlot ? held.at(snapshot.version) : held
    // It left memory in the meantime.
    if (held !== undefined && value === undefined) return
    const isSame =
      value !== undefined && stored !== undefined && isDeepStrictEqual(meaningOf(key, value), meaningOf(key, stored))
    if (!isSame) onDifference(key)
  }
  for (let start = everything.start; start < everything.end; ) {
    const { leaf, end: leafEnd } = leafAt(root, start)
    const end = leafEnd === undefined || leafEnd > everything.end ? everything.end : leafEnd
    if (!leaf.isHole) {
      const held = new Map(leaf.keys.map((key, at) => [key, leaf.values[at]]))
      for (const [key, stored] of await readAll(snapshot, { start, end })) {
        compare(key, held.get(key), stored)
        held.delete(key)
      }
      for (const [key, value] of held) if (key >= start) compare(key, value, undefined)
    }
    start = end
  }
  for (const [key, slot] of looseRows) compare(key, slot, await snapshot.get(key))
}

async function readAll(snapshot: EngineSnapshot, range: KeyRange): Promise<[Key, Uint8Array][]> {
  const all: [Key, Uint8Array][] = []
  const scan = snapshot.scan(range)
  try {
    for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
      for (const [at, key] of batch.keys.entries()) all.push([key, batch.values[at] as Uint8Array])
    }
  } finally {
    await scan.close()
  }
  return all
}

import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import { type Key, type KeyRange, prefixRange } from '../codec/key.js'
import { prefixBytes } from '../codec/space.js'
import type { EngineSnapshot, Scan, ScanOptions } from '../engines/contract.js'

/** Of fewer keys of a table or index each is read by itself: a scan costs as much as a hundred reads. */
const scannedKeysMin = 128
/** How many entries a scan comes by for each key that is looked for, at most: they cost half of a read each. */
const entriesPerKeyMax = 2
const firstEntries = 32

/**
 * Those of some keys under which something is stored. New keys of a table or index often lie together behind all that
 * is stored: one look at what follows the first of them tells of all.
 */
export function storedAmong(
  keys: readonly Key[],
  snapshot: EngineSnapshot,
  scan: (range: KeyRange, options: ScanOptions) => Scan<unknown>,
): MaybePromise<ReadonlySet<Key>> {
  if (keys.length < scannedKeysMin) return readSingly(keys, snapshot)
  return scanGroups(keys, snapshot, scan)
}

function readSingly(keys: readonly Key[], snapshot: EngineSnapshot): MaybePromise<Set<Key>> {
  if (keys.length === 0) return new Set()
  return andThen(snapshot.getMany(keys), (values) => new Set(keys.filter((_, at) => values[at] !== undefined)))
}

async function scanGroups(
  keys: readonly Key[],
  snapshot: EngineSnapshot,
  scan: (range: KeyRange, options: ScanOptions) => Scan<unknown>,
): Promise<ReadonlySet<Key>> {
  const scanned: Key[] = []
  let left: Key[] = []
  for (const group of groupsOf(keys)) {
    left = left.concat(group.length < scannedKeysMin ? group : await scanAmong(group, scanned, scan))
  }
  const stored = await readSingly(left, snapshot)
  for (const key of scanned) stored.add(key)
  return stored
}

/** The keys of each table and index, in ascending order. */
function groupsOf(keys: readonly Key[]): Iterable<Key[]> {
  const groups = new Map<Key, Key[]>()
  for (const key of keys) {
    const prefix = key.slice(0, prefixBytes)
    const group = groups.get(prefix)
    if (group === undefined) groups.set(prefix, [key])
    else group.push(key)
  }
  for (const group of groups.values()) group.sort()
  return groups.values()
}

/** Adds to `stored` as long as that pays. Gives the keys of which nothing is known then. */
async function scanAmong(
  keys: readonly Key[],
  stored: Key[],
  open: (range: KeyRange, options: ScanOptions) => Scan<unknown>,
): Promise<readonly Key[]> {
  const [first] = keys
  const { end } = prefixRange(first.slice(0, prefixBytes))
  const scan = open({ start: first, end }, { expected: firstEntries })
  try {
    let at = 0
    for (;;) {
      const batch = await scan.next()
      if (batch === undefined) return []
      const before = at
      for (const found of batch.keys) {
        while (at < keys.length && keys[at] < found) at++
        if (keys[at] === found) stored.push(found)
      }
      if (at === keys.length) return []
      if ((at - before) * entriesPerKeyMax < batch.keys.length) return keys.slice(at)
    }
  } finally {
    await scan.close()
  }
}

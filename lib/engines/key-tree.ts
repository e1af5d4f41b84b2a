import sortedBtree from 'sorted-btree'
import type { Key } from '../codec/key.js'

/**
 * A sorted map over keys. `clone()` is O(1): both trees then copy the nodes they change, so a root that was handed
 * out stays as it was for as long as its writer goes on with a clone of it.
 */
export type KeyTree<V> = InstanceType<typeof sortedBtree.default<Key, V>>

/** An empty tree. */
export function createKeyTree<V>(): KeyTree<V> {
  return new sortedBtree.default<Key, V>(undefined, compareKeys)
}

/** The order of key bytes. */
export function compareKeys(left: Key, right: Key): number {
  return left < right ? -1 : left > right ? 1 : 0
}

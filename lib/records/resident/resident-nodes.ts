import type { Key, KeyRange } from '../../codec/key.js'

/**
 * All entries of a range of keys, or a hole: a range of which nothing is known. What it holds is read only, apart from
 * a value that may take the place of another one of the same meaning.
 */
export interface Leaf<V> {
  readonly keys: readonly Key[]
  readonly values: V[]
  readonly isHole: boolean
  /** Set by whoever reads it, cleared by whoever looks for what may go. */
  isUsed: boolean
}

/** A leaf and the keys it answers for. `end` is `undefined` in the last leaf. */
export interface LeafAt<V> {
  readonly leaf: Leaf<V>
  readonly start: Key
  readonly end: Key | undefined
}

/** The content of a tree at one moment. */
export type Root<V> = Node<V>

/** Nodes made since the root was last handed out carry its newest mark, and may be changed in place. */
export type Mark = object

export class LeafNode<V> implements Leaf<V> {
  readonly isLeaf = true
  isUsed = true

  constructor(
    readonly mark: Mark,
    readonly keys: Key[],
    readonly values: V[],
    readonly isHole: boolean,
  ) {}
}

export class Branch<V> {
  readonly isLeaf = false

  constructor(
    readonly mark: Mark,
    /** The first key that each child but the first answers for. */
    readonly starts: Key[],
    readonly children: Node<V>[],
    /** The entries in all leaves below. */
    public count: number,
    public holes: number,
  ) {}
}

export type Node<V> = LeafNode<V> | Branch<V>

/** The leaf that answers for a key. */
export function leafAt<V>(root: Root<V>, key: Key): LeafAt<V> {
  return findLeaf(root, key, childAt)
}

/** The leaf that answers for the keys just before `key`, which is not the empty key. */
export function leafBefore<V>(root: Root<V>, key: Key): LeafAt<V> {
  return findLeaf(root, key, lowerBound)
}

function findLeaf<V>(root: Root<V>, key: Key, choose: (starts: readonly Key[], key: Key) => number): LeafAt<V> {
  let start = ''
  let end: Key | undefined
  let node = root
  while (!node.isLeaf) {
    const at = choose(node.starts, key)
    if (at > 0) start = node.starts[at - 1] as Key
    end = node.starts[at] ?? end
    node = node.children[at] as Node<V>
  }
  return { leaf: node, start, end }
}

/** What is known of a key: its value, that it is not there (`null`), or nothing (`undefined`). */
export function valueAt<V>(root: Root<V>, key: Key): V | null | undefined {
  let node = root
  while (!node.isLeaf) node = node.children[childAt(node.starts, key)] as Node<V>
  return valueIn(node, key)
}

/** What the leaf that answers for a key tells of it, as {@link valueAt}. */
export function valueIn<V>(leaf: Leaf<V>, key: Key): V | null | undefined {
  if (leaf.isHole) return undefined
  leaf.isUsed = true
  const at = lowerBound(leaf.keys, key)
  return leaf.keys[at] === key ? (leaf.values[at] as V) : null
}

/** How many entries a range has; `undefined` when there is a hole in it. Cost: the height of the tree. */
export function countRange<V>(root: Root<V>, range: KeyRange): number | undefined {
  return range.start < range.end ? countIn(root, range.start, range.end) : 0
}

/** `undefined` for a bound means that the node lies wholly on this side of it. */
function countIn<V>(node: Node<V>, start: Key | undefined, end: Key | undefined): number | undefined {
  if (start === undefined && end === undefined) {
    return holesOf(node) === 0 ? countOf(node) : undefined
  }
  if (node.isLeaf) {
    if (node.isHole) return undefined
    node.isUsed = true
    const from = start === undefined ? 0 : lowerBound(node.keys, start)
    return (end === undefined ? node.keys.length : lowerBound(node.keys, end)) - from
  }
  const first = start === undefined ? 0 : childAt(node.starts, start)
  const last = end === undefined ? node.children.length - 1 : lowerBound(node.starts, end)
  let count = 0
  for (let at = first; at <= last; at++) {
    const inner = countIn(node.children[at] as Node<V>, at === first ? start : undefined, at === last ? end : undefined)
    if (inner === undefined) return undefined
    count += inner
  }
  return count
}

/** The position of the first key that is not before `key`. */
export function lowerBound(keys: readonly Key[], key: Key): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as Key) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The child that answers for a key: as many starts are not after it. */
export function childAt(starts: readonly Key[], key: Key): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] as Key) <= key) low = middle + 1
    else high = middle
  }
  return low
}

export function countOf<V>(node: Node<V>): number {
  return node.isLeaf ? node.keys.length : node.count
}

export function holesOf<V>(node: Node<V>): number {
  return node.isLeaf ? Number(node.isHole) : node.holes
}

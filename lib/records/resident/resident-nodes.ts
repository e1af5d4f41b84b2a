import type { Key, KeyRange } from '../../codec/key.js'
import { SortedKeys } from './sorted-keys.js'

/**
 * All entries of a range of keys, or a hole: a range of which nothing is known. What it holds is read only, apart from
 * a value that may take the place of another one of the same meaning.
 */
export interface Leaf<V> extends Pick<SortedKeys, 'lowerBound' | 'near'> {
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

export class LeafNode<V> extends SortedKeys implements Leaf<V> {
  readonly isLeaf = true
  isUsed = true

  constructor(
    readonly mark: Mark,
    keys: Key[],
    readonly values: V[],
    shared: number,
    readonly isHole = false,
    digits?: number[],
  ) {
    super(keys, shared, digits)
  }

  static hole<V>(mark: Mark): LeafNode<V> {
    return new LeafNode<V>(mark, [], [], 0, true)
  }

  insert(at: number, key: Key, value: V): void {
    this.insertKey(at, key)
    this.values.splice(at, 0, value)
  }

  remove(at: number): void {
    this.removeKeys(at, 1)
    this.values.splice(at, 1)
  }

  copy(mark: Mark): LeafNode<V> {
    const { keys, values, shared, isHole, digits } = this
    const copy = new LeafNode(mark, keys.slice(), values.slice(), shared, isHole, digits.slice())
    copy.isUsed = this.isUsed
    return copy
  }
}

/** Its keys are the first ones that each child but the first answers for. */
export class Branch<V> extends SortedKeys {
  readonly isLeaf = false

  constructor(
    readonly mark: Mark,
    keys: Key[],
    readonly children: Node<V>[],
    /** The entries in all leaves below. */
    public count: number,
    public holes: number,
    shared: number,
    digits?: number[],
  ) {
    super(keys, shared, digits)
  }

  /** Puts pieces in the place of so many children side by side. */
  replace(at: number, count: number, pieces: readonly Piece<V>[]): void {
    this.children.splice(at, count, ...pieces.map(({ node }) => node))
    this.removeKeys(at, count - 1)
    for (let piece = 1; piece < pieces.length; piece++)
      this.insertKey(at + piece - 1, (pieces[piece] as Piece<V>).start)
  }

  copy(mark: Mark): Branch<V> {
    const { keys, children, count, holes, shared, digits } = this
    return new Branch(mark, keys.slice(), children.slice(), count, holes, shared, digits.slice())
  }
}

export type Node<V> = LeafNode<V> | Branch<V>

/** A node in the place of another; `start` is the first key it answers for. */
export interface Piece<V> {
  readonly start: Key
  readonly node: Node<V>
}

/** The leaf that answers for a key. */
export function leafAt<V>(root: Root<V>, key: Key): LeafAt<V> {
  return findLeaf(root, key, false)
}

/** The leaf that answers for the keys just before `key`, which is not the empty key. */
export function leafBefore<V>(root: Root<V>, key: Key): LeafAt<V> {
  return findLeaf(root, key, true)
}

function findLeaf<V>(root: Root<V>, key: Key, isBefore: boolean): LeafAt<V> {
  let start = ''
  let end: Key | undefined
  let node = root
  while (!node.isLeaf) {
    const at = isBefore ? node.lowerBound(key) : node.upperBound(key)
    if (at > 0) start = node.keys[at - 1] as Key
    end = node.keys[at] ?? end
    node = node.children[at] as Node<V>
  }
  return { leaf: node, start, end }
}

/** Kept, so that what is looked at beforehand is not left out as useless. */
const looked = { digits: 0 }

/**
 * The leaves that answer for keys. Level by level, and in each with a look at all nodes before they are searched: their
 * memory is waited for at once, which that of one search after the other is not.
 */
export function leavesAt<V>(root: Root<V>, keys: readonly Key[]): Leaf<V>[] {
  const nodes = new Array<Node<V>>(keys.length).fill(root)
  for (let areBranches = true; areBranches; ) {
    areBranches = false
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at] as Node<V>
      if (node.isLeaf) continue
      areBranches = true
      nodes[at] = node.children[node.upperBound(keys[at] as Key)] as Node<V>
    }
    for (const node of nodes) looked.digits ^= node.middle
  }
  return nodes as LeafNode<V>[]
}

/** What is known of a key: its value, that it is not there (`null`), or nothing (`undefined`). */
export function valueAt<V>(root: Root<V>, key: Key): V | null | undefined {
  let node = root
  while (!node.isLeaf) node = node.children[node.upperBound(key)] as Node<V>
  return valueIn(node, key)
}

/** What the leaf that answers for a key tells of it, as {@link valueAt}. */
export function valueIn<V>(leaf: Leaf<V>, key: Key): V | null | undefined {
  if (leaf.isHole) return undefined
  leaf.isUsed = true
  const at = leaf.lowerBound(key)
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
    const from = start === undefined ? 0 : node.lowerBound(start)
    return (end === undefined ? node.keys.length : node.lowerBound(end)) - from
  }
  const first = start === undefined ? 0 : node.upperBound(start)
  const last = end === undefined ? node.children.length - 1 : node.lowerBound(end)
  let count = 0
  for (let at = first; at <= last; at++) {
    const inner = countIn(node.children[at] as Node<V>, at === first ? start : undefined, at === last ? end : undefined)
    if (inner === undefined) return undefined
    count += inner
  }
  return count
}

export function countOf<V>(node: Node<V>): number {
  return node.isLeaf ? node.keys.length : node.count
}

export function holesOf<V>(node: Node<V>): number {
  return node.isLeaf ? Number(node.isHole) : node.holes
}

import type { Key, KeyRange } from '../../codec/key.js'
import {
  Branch,
  childAt,
  countOf,
  holesOf,
  type LeafAt,
  LeafNode,
  leafAt,
  lowerBound,
  type Mark,
  type Node,
  type Root,
  valueIn,
} from './resident-nodes.js'

/** A leaf of a tree with the branches above it. */
interface Place<V> extends LeafAt<V> {
  readonly leaf: LeafNode<V>
  readonly branches: readonly Branch<V>[]
}

/** A node in the place of another; `start` is the first key it answers for. */
interface Piece<V> {
  readonly start: Key
  readonly node: Node<V>
}

const leafEntriesMax = 64
/** A smaller leaf is joined with its neighbour if both together then leave room to grow. */
const leafEntriesMin = 16
const childrenMax = 64

/**
 * A sorted tree over all keys whose leaves are either complete or holes, so that it knows what it does not know.
 * Roots handed out stay as they are: later changes copy the nodes on their path (a B+ tree with path copying). It
 * keeps the number of entries below each branch, so that a range is counted without going through it.
 */
export class ResidentTree<V> {
  #mark: Mark = {}
  #root: Node<V> = new LeafNode<V>(this.#mark, [], [], true)
  /** Where the last key was. Writes come in ascending order, so that the next one is often in the same leaf. */
  #place: Place<V> | undefined

  /** The content as it is now. Cost: constant. */
  share(): Root<V> {
    this.#mark = {}
    return this.#root
  }

  /** The content, to look at before the next change. */
  get root(): Root<V> {
    return this.#root
  }

  /** Entries in memory. */
  get size(): number {
    return countOf(this.#root)
  }

  /** Forgets everything. */
  clear(): void {
    this.#place = undefined
    this.#root = new LeafNode<V>(this.#mark, [], [], true)
  }

  /** As {@link valueAt} of the root: cheaper for keys that come in order. */
  valueAt(key: Key): V | null | undefined {
    return valueIn(this.#placeOf(key).leaf, key)
  }

  /** Sets an entry, unless it falls into a hole; answers whether it is there now. */
  set(key: Key, value: V): boolean {
    const { leaf, branches } = this.#placeOf(key)
    if (leaf.isHole) return false
    if (leaf.mark === this.#mark && leaf.keys.length < leafEntriesMax) {
      const at = lowerBound(leaf.keys, key)
      if (leaf.keys[at] === key) leaf.values[at] = value
      else {
        leaf.keys.splice(at, 0, key)
        leaf.values.splice(at, 0, value)
        // A leaf of this mark has branches of this mark above it.
        for (const branch of branches) branch.count++
      }
      return true
    }
    let isSet = false
    this.#change(key, (leaf) => {
      if (leaf.isHole) return [{ start: key, node: leaf }]
      isSet = true
      const own = this.#writable(leaf)
      const at = lowerBound(own.keys, key)
      if (own.keys[at] === key) {
        own.values[at] = value
        return [{ start: key, node: own }]
      }
      own.keys.splice(at, 0, key)
      own.values.splice(at, 0, value)
      if (own.keys.length <= leafEntriesMax) return [{ start: key, node: own }]
      // Keys that only grow fill their leaves.
      const half = at === own.keys.length - 1 ? at : own.keys.length >>> 1
      const right = new LeafNode(this.#mark, own.keys.splice(half), own.values.splice(half), false)
      return [
        { start: key, node: own },
        { start: right.keys[0] as Key, node: right },
      ]
    })
    return isSet
  }

  /** Removes an entry if it is there. */
  delete(key: Key): void {
    const { leaf, branches } = this.#placeOf(key)
    const position = lowerBound(leaf.keys, key)
    if (leaf.keys[position] !== key) return
    if (leaf.mark === this.#mark && leaf.keys.length > leafEntriesMin) {
      leaf.keys.splice(position, 1)
      leaf.values.splice(position, 1)
      for (const branch of branches) branch.count--
      return
    }
    this.#change(key, (found) => {
      const own = this.#writable(found)
      const at = lowerBound(own.keys, key)
      own.keys.splice(at, 1)
      own.values.splice(at, 1)
      return [{ start: key, node: own }]
    })
  }

  /** Fills the holes of a range with all the entries there are in it, which come in ascending order. */
  fill(
    { start, end }: KeyRange,
    keys: readonly Key[],
    values: readonly V[],
    onEntry: (key: Key, value: V) => void,
  ): void {
    let from = start
    while (from < end) {
      const at = leafAt(this.#root, from)
      const to = at.end === undefined || at.end > end ? end : at.end
      if (at.leaf.isHole) this.#fillHole(at, { start: from, end: to }, keys, values, onEntry)
      from = to
    }
  }

  /** Makes a hole of the leaf that answers for a key. */
  forget(key: Key): void {
    this.#change(key, () => [{ start: key, node: new LeafNode<V>(this.#mark, [], [], true) }])
  }

  #fillHole(
    hole: LeafAt<V>,
    { start, end }: KeyRange,
    keys: readonly Key[],
    values: readonly V[],
    onEntry: (key: Key, value: V) => void,
  ): void {
    const first = lowerBound(keys, start)
    const last = lowerBound(keys, end)
    this.#change(start, () => {
      const pieces: Piece<V>[] = []
      if (hole.start < start) pieces.push({ start: hole.start, node: new LeafNode<V>(this.#mark, [], [], true) })
      // Leaves are left with room to grow.
      const leaves = Math.max(1, Math.ceil((last - first) / (leafEntriesMax * 0.75)))
      for (let leaf = 0; leaf < leaves; leaf++) {
        const from = first + Math.floor(((last - first) * leaf) / leaves)
        const to = first + Math.floor(((last - first) * (leaf + 1)) / leaves)
        pieces.push({
          start: leaf === 0 ? start : (keys[from] as Key),
          node: new LeafNode(this.#mark, keys.slice(from, to), values.slice(from, to), false),
        })
      }
      if (hole.end === undefined || hole.end > end) {
        pieces.push({ start: end, node: new LeafNode<V>(this.#mark, [], [], true) })
      }
      return pieces
    })
    for (let at = first; at < last; at++) onEntry(keys[at] as Key, values[at] as V)
  }

  /** Puts what `make` says in the place of the leaf that answers for `key`. */
  #change(key: Key, make: (leaf: LeafNode<V>) => Piece<V>[]): void {
    this.#place = undefined
    let pieces = this.#changeNode(this.#root, key, make)
    while (pieces.length > 1) pieces = this.#group(pieces)
    let root = (pieces[0] as Piece<V>).node
    while (!root.isLeaf && root.children.length === 1) root = root.children[0] as Node<V>
    this.#root = root
  }

  #placeOf(key: Key): Place<V> {
    const known = this.#place
    if (known !== undefined && known.start <= key && (known.end === undefined || key < known.end)) return known
    const branches: Branch<V>[] = []
    let start = ''
    let end: Key | undefined
    let node = this.#root
    while (!node.isLeaf) {
      branches.push(node)
      const at = childAt(node.starts, key)
      if (at > 0) start = node.starts[at - 1] as Key
      end = node.starts[at] ?? end
      node = node.children[at] as Node<V>
    }
    this.#place = { leaf: node, start, end, branches }
    return this.#place
  }

  #changeNode(node: Node<V>, key: Key, make: (leaf: LeafNode<V>) => Piece<V>[]): Piece<V>[] {
    if (node.isLeaf) return make(node)
    const at = childAt(node.starts, key)
    const child = node.children[at] as Node<V>
    // The child may be changed in place.
    const countBefore = countOf(child)
    const holesBefore = holesOf(child)
    const pieces = this.#changeNode(child, key, make)
    const only = pieces.length === 1 ? (pieces[0] as Piece<V>).node : undefined
    if (
      only === child &&
      countOf(child) === countBefore &&
      holesOf(child) === holesBefore &&
      node.mark !== this.#mark
    ) {
      return [{ start: key, node }]
    }
    const own = this.#writableBranch(node)
    let count = own.count - countBefore
    let holes = own.holes - holesBefore
    for (const piece of pieces) {
      count += countOf(piece.node)
      holes += holesOf(piece.node)
    }
    own.count = count
    own.holes = holes
    if (only !== undefined) own.children[at] = only
    else {
      own.children.splice(at, 1, ...pieces.map((piece) => piece.node))
      own.starts.splice(at, 0, ...pieces.slice(1).map((piece) => piece.start))
    }
    if (child.isLeaf) for (let each = at + pieces.length - 1; each >= at; each--) this.#join(own, each)
    if (own.children.length <= childrenMax) return [{ start: key, node: own }]
    return this.#group(
      own.children.map((each, index) => ({ start: index === 0 ? key : (own.starts[index - 1] as Key), node: each })),
    )
  }

  /** Joins a leaf with its right or left neighbour if both are holes, or both are small. */
  #join(parent: Branch<V>, at: number): void {
    for (const left of [at, at - 1]) {
      const first = parent.children[left]
      const second = parent.children[left + 1]
      if (left < 0 || first === undefined || second === undefined || !first.isLeaf || !second.isLeaf) continue
      if (first.isHole !== second.isHole) continue
      const entries = first.keys.length + second.keys.length
      const isSmall = first.keys.length < leafEntriesMin || second.keys.length < leafEntriesMin
      if (!first.isHole && !(isSmall && entries <= leafEntriesMax / 2)) continue
      const joined = new LeafNode(
        this.#mark,
        [...first.keys, ...second.keys],
        [...first.values, ...second.values],
        first.isHole,
      )
      joined.isUsed = first.isUsed || second.isUsed
      parent.children.splice(left, 2, joined)
      parent.starts.splice(left, 1)
      if (first.isHole) parent.holes--
    }
  }

  /** Branches over nodes side by side. */
  #group(pieces: readonly Piece<V>[]): Piece<V>[] {
    const branches = Math.ceil(pieces.length / childrenMax)
    const grouped: Piece<V>[] = []
    for (let branch = 0; branch < branches; branch++) {
      const own = pieces.slice(
        Math.floor((pieces.length * branch) / branches),
        Math.floor((pieces.length * (branch + 1)) / branches),
      )
      const children = own.map(({ node }) => node)
      const count = children.reduce((sum, child) => sum + countOf(child), 0)
      const holes = children.reduce((sum, child) => sum + holesOf(child), 0)
      const starts = own.slice(1).map(({ start }) => start)
      grouped.push({ start: (own[0] as Piece<V>).start, node: new Branch(this.#mark, starts, children, count, holes) })
    }
    return grouped
  }

  #writable(leaf: LeafNode<V>): LeafNode<V> {
    if (leaf.mark === this.#mark) return leaf
    const own = new LeafNode(this.#mark, leaf.keys.slice(), leaf.values.slice(), leaf.isHole)
    own.isUsed = leaf.isUsed
    return own
  }

  #writableBranch(branch: Branch<V>): Branch<V> {
    if (branch.mark === this.#mark) return branch
    return new Branch(this.#mark, branch.starts.slice(), branch.children.slice(), branch.count, branch.holes)
  }
}

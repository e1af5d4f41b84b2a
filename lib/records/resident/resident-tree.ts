import { type Key, type KeyRange, lowerBound } from '../../codec/key.js'
import {
  Branch,
  countOf,
  holesOf,
  type LeafAt,
  LeafNode,
  leafAt,
  type Mark,
  type Node,
  type Piece,
  type Root,
  valueIn,
} from './resident-nodes.js'
import { type SortedKeys, sharedLength } from './sorted-keys.js'

/** A leaf of a tree with the branches above it. */
interface Place<V> extends LeafAt<V> {
  readonly leaf: LeafNode<V>
  readonly branches: readonly Branch<V>[]
}

/** What takes the place of a leaf that answers for the keys from `start` to before `end`. */
type Make<V> = (leaf: LeafNode<V>, start: Key, end: Key | undefined) => Piece<V>[]

const leafEntriesMax = 64
/** A smaller leaf is joined with its neighbour if both together then leave room to grow. */
const leafEntriesMin = 16
const childrenMax = 64
/** As of a leaf's entries: what was many leaves and holes becomes few leaves when the holes are filled. */
const childrenMin = 16

/**
 * A sorted tree over all keys whose leaves are either complete or holes, so that it knows what it does not know.
 * Roots handed out stay as they are: later changes copy the nodes on their path (a B+ tree with path copying). It
 * keeps the number of entries below each branch, so that a range is counted without going through it.
 */
export class ResidentTree<V> {
  #mark: Mark = {}
  #root: Node<V> = LeafNode.hole<V>(this.#mark)
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
    this.#root = LeafNode.hole<V>(this.#mark)
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
      const at = leaf.lowerBound(key)
      if (leaf.keys[at] === key) leaf.values[at] = value
      else {
        leaf.insert(at, key, value)
        // A leaf of this mark has branches of this mark above it.
        for (const branch of branches) branch.count++
      }
      return true
    }
    this.#change(key, (found, start, end) => {
      const own = this.#writable(found)
      const at = own.lowerBound(key)
      if (own.keys[at] === key) own.values[at] = value
      else own.insert(at, key, value)
      if (own.keys.length <= leafEntriesMax) return [{ start, node: own }]
      // Keys that only grow fill their leaves.
      const half = at === own.keys.length - 1 ? at : own.keys.length >>> 1
      return this.#split(own, [0, half, own.keys.length], start, end)
    })
    return true
  }

  /** Removes an entry if it is there. */
  delete(key: Key): void {
    const { leaf, branches } = this.#placeOf(key)
    const at = leaf.lowerBound(key)
    if (leaf.keys[at] !== key) return
    if (leaf.mark === this.#mark && leaf.keys.length > leafEntriesMin) {
      leaf.remove(at)
      for (const branch of branches) branch.count--
      return
    }
    this.#change(key, (found, start) => {
      const own = this.#writable(found)
      own.remove(at)
      return [{ start, node: own }]
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
    this.#change(key, (_, start) => [{ start, node: LeafNode.hole<V>(this.#mark) }])
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
      if (hole.start < start) pieces.push({ start: hole.start, node: LeafNode.hole<V>(this.#mark) })
      // Leaves are left with room to grow.
      const leaves = Math.max(1, Math.ceil((last - first) / (leafEntriesMax * 0.75)))
      const borders = Array.from({ length: leaves + 1 }, (_, at) => first + Math.floor(((last - first) * at) / leaves))
      pieces.push(...this.#split({ keys, values }, borders, start, end))
      if (hole.end === undefined || hole.end > end) pieces.push({ start: end, node: LeafNode.hole<V>(this.#mark) })
      return pieces
    })
    for (let at = first; at < last; at++) onEntry(keys[at] as Key, values[at] as V)
  }

  /** Leaves over a range, each with the entries from one border to the next. */
  #split(
    { keys, values }: { readonly keys: readonly Key[]; readonly values: readonly V[] },
    borders: readonly number[],
    start: Key,
    end: Key | undefined,
  ): Piece<V>[] {
    const pieces: Piece<V>[] = []
    for (let each = 0; each < borders.length - 1; each++) {
      const [from, to] = [borders[each] as number, borders[each + 1] as number]
      const own = each === 0 ? start : (keys[from] as Key)
      const next = each === borders.length - 2 ? end : keys[to]
      const node = new LeafNode(this.#mark, keys.slice(from, to), values.slice(from, to), sharedLength(own, next))
      pieces.push({ start: own, node })
    }
    return pieces
  }

  /** Puts what `make` says in the place of the leaf that answers for `key`. */
  #change(key: Key, make: Make<V>): void {
    this.#place = undefined
    let pieces = this.#changeNode(this.#root, key, '', undefined, make)
    while (pieces.length > 1) pieces = this.#group(pieces, undefined)
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
      const at = node.upperBound(key)
      if (at > 0) start = node.keys[at - 1] as Key
      end = node.keys[at] ?? end
      node = node.children[at] as Node<V>
    }
    this.#place = { leaf: node, start, end, branches }
    return this.#place
  }

  /** What takes the place of a node that answers for the keys from `start` to before `end`. */
  #changeNode(node: Node<V>, key: Key, start: Key, end: Key | undefined, make: Make<V>): Piece<V>[] {
    if (node.isLeaf) return make(node, start, end)
    const at = node.upperBound(key)
    const child = node.children[at] as Node<V>
    // The child may be changed in place.
    const countBefore = countOf(child)
    const holesBefore = holesOf(child)
    const childStart = at === 0 ? start : (node.keys[at - 1] as Key)
    const pieces = this.#changeNode(child, key, childStart, node.keys[at] ?? end, make)
    const only = pieces.length === 1 ? (pieces[0] as Piece<V>).node : undefined
    if (
      only === child &&
      countOf(child) === countBefore &&
      holesOf(child) === holesBefore &&
      node.mark !== this.#mark
    ) {
      return [{ start, node }]
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
    else own.replace(at, 1, pieces)
    for (let each = at + pieces.length - 1; each >= at; each--) this.#join(own, each)
    if (own.children.length <= childrenMax) return [{ start, node: own }]
    return this.#group(
      own.children.map((each, index) => ({ start: index === 0 ? start : (own.keys[index - 1] as Key), node: each })),
      end,
    )
  }

  /** Joins a child with its right or left neighbour if both are holes, or both together have room for as much again. */
  #join(parent: Branch<V>, at: number): void {
    for (const left of [at, at - 1]) {
      const first = parent.children[left]
      const second = parent.children[left + 1]
      if (left < 0 || first === undefined || second === undefined) continue
      const joined =
        first.isLeaf || second.isLeaf
          ? this.#joinedLeaves(first as LeafNode<V>, second as LeafNode<V>)
          : this.#joinedBranches(first, parent.keys[left] as Key, second)
      if (joined === undefined) continue
      parent.replace(left, 2, [{ start: '', node: joined }])
      parent.holes += holesOf(joined) - holesOf(first) - holesOf(second)
    }
  }

  #joinedLeaves(first: LeafNode<V>, second: LeafNode<V>): LeafNode<V> | undefined {
    if (first.isHole !== second.isHole) return undefined
    if (first.isHole) return LeafNode.hole<V>(this.#mark)
    if (!areSmall(first.keys.length, second.keys.length, leafEntriesMin, leafEntriesMax)) return undefined
    const joined = new LeafNode(
      this.#mark,
      [...first.keys, ...second.keys],
      [...first.values, ...second.values],
      sharedByBoth(first, second),
    )
    joined.isUsed = first.isUsed || second.isUsed
    return joined
  }

  #joinedBranches(first: Branch<V>, border: Key, second: Branch<V>): Branch<V> | undefined {
    if (!areSmall(first.children.length, second.children.length, childrenMin, childrenMax)) return undefined
    return new Branch(
      this.#mark,
      [...first.keys, border, ...second.keys],
      [...first.children, ...second.children],
      first.count + second.count,
      first.holes + second.holes,
      sharedByBoth(first, second),
    )
  }

  /** Branches over nodes side by side, of which the last one goes up to `end`. */
  #group(pieces: readonly Piece<V>[], end: Key | undefined): Piece<V>[] {
    const branches = Math.ceil(pieces.length / childrenMax)
    const grouped: Piece<V>[] = []
    for (let branch = 0; branch < branches; branch++) {
      const next = Math.floor((pieces.length * (branch + 1)) / branches)
      const own = pieces.slice(Math.floor((pieces.length * branch) / branches), next)
      const children = own.map(({ node }) => node)
      const count = children.reduce((sum, child) => sum + countOf(child), 0)
      const holes = children.reduce((sum, child) => sum + holesOf(child), 0)
      const starts = own.slice(1).map(({ start }) => start)
      const { start } = own[0] as Piece<V>
      const shared = sharedLength(start, pieces[next]?.start ?? end)
      grouped.push({ start, node: new Branch(this.#mark, starts, children, count, holes, shared) })
    }
    return grouped
  }

  #writable(leaf: LeafNode<V>): LeafNode<V> {
    return leaf.mark === this.#mark ? leaf : leaf.copy(this.#mark)
  }

  #writableBranch(branch: Branch<V>): Branch<V> {
    return branch.mark === this.#mark ? branch : branch.copy(this.#mark)
  }
}

function areSmall(first: number, second: number, least: number, most: number): boolean {
  return Math.min(first, second) < least && first + second <= most / 2
}

/** What the first and the last key of ranges side by side have in common, they have with the border too. */
function sharedByBoth(first: SortedKeys, second: SortedKeys): number {
  return Math.min(first.shared, second.shared)
}

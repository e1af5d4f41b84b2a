import { deepStrictEqual, equal } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { KeyRange } from '../../lib/codec/key.js'
import {
  countRange,
  leafAt,
  leafBefore,
  leavesAt,
  type Root,
  valueAt,
} from '../../lib/records/resident/resident-nodes.js'
import { ResidentTree } from '../../lib/records/resident/resident-tree.js'
import { seed } from '../support/seed.js'

/*
 * The tree against what it is a copy of: a sorted map, of which it knows parts. Every root handed out must stay
 * as it was.
 */

/** Enough keys for a tree of three levels. */
const keysMax = 9000
type KeyOf = (number: number) => string
const short: KeyOf = (number) => String.fromCharCode(2 + (number >>> 8), number & 0xff)
/** What they have in common differs from place to place, and ends before the last bytes. */
const long: KeyOf = (number) => `\x03images ${'same '.repeat(number >>> 10)}${short(number)} and more`
/** Keys that begin as others do, and go on with zeros only. */
const nested: KeyOf = (number) => `\x03${short(number & ~3)}${'\0'.repeat(number & 3)}`
const number = fc.nat({ max: keysMax })

const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), first: number, count: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ kind: fc.constant('delete' as const), first: number, count: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ kind: fc.constant('fill' as const), first: number, count: fc.integer({ min: 0, max: 4000 }) }),
  fc.record({ kind: fc.constant('forget' as const), first: number, count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('share' as const), first: number, count: fc.integer({ min: 0, max: 300 }) }),
)

/** What is stored, and which of it the tree must know at least. */
interface Model {
  readonly stored: Map<number, number>
  readonly known: Set<number>
}

function checkRoot(root: Root<number>, { stored, known }: Model, keyOf: KeyOf): void {
  let holes = 0
  let previous = ''
  for (let from: string | undefined = ''; from !== undefined; ) {
    const at: ReturnType<typeof leafAt<number>> = leafAt(root, from)
    equal(at.start, from)
    const before = leafBefore(root, at.end ?? '\xff')
    equal(before.leaf, at.leaf, 'the leaf before an end is the leaf that ends there')
    for (const key of at.leaf.keys) {
      if (key <= previous || key < at.start || (at.end !== undefined && key >= at.end)) throw new Error('misplaced key')
      previous = key
    }
    if (at.leaf.isHole) holes++
    from = at.end
  }
  for (let each = 0; each <= keysMax; each++) {
    const value = valueAt(root, keyOf(each))
    if (value === undefined) equal(known.has(each), false, `key ${each} is forgotten`)
    else equal(value ?? undefined, stored.get(each), `key ${each}`)
  }
  const keys = Array.from({ length: keysMax + 1 }, (_, each) => keyOf(each))
  for (const [each, leaf] of leavesAt(root, keys).entries()) equal(leaf, leafAt(root, keys[each]).leaf, 'its leaf')
  const all = countRange(root, { start: '', end: '\xff' })
  equal(all, holes === 0 ? stored.size : undefined)
}

function checkCounts(root: Root<number>, { stored }: Model, first: number, count: number, keyOf: KeyOf): void {
  const range: KeyRange = { start: keyOf(first), end: keyOf(first + count) }
  const counted = countRange(root, range)
  if (counted === undefined) return
  let expected = 0
  for (let each = first; each < first + count; each++) if (stored.has(each)) expected++
  equal(counted, expected)
}

t.test('a resident tree knows what it was told, and old roots stay as they were', (t) => {
  let leavesKnown = 0
  fc.assert(
    fc.property(
      fc.constantFrom(short, long, nested),
      fc.constantFrom(2, 97),
      fc.array(step, { minLength: 1, maxLength: 25 }),
      (keyOf, distance, steps) => {
        const tree = new ResidentTree<number>()
        const model: Model = { stored: new Map(), known: new Set() }
        for (let each = 0; each <= keysMax; each += distance) model.stored.set(each, each)
        const shared: [Root<number>, Model][] = []
        let version = 100_000
        for (const { kind, first, count } of steps) {
          const last = Math.min(first + count, keysMax + 1)
          switch (kind) {
            case 'set':
              for (let each = first; each < last; each++) {
                model.stored.set(each, ++version)
                equal(tree.set(keyOf(each), version), valueAt(tree.root, keyOf(each)) !== undefined)
              }
              break
            case 'delete':
              for (let each = first; each < last; each++) {
                model.stored.delete(each)
                tree.delete(keyOf(each))
                equal(tree.valueAt(keyOf(each)), valueAt(tree.root, keyOf(each)))
              }
              break
            case 'fill': {
              const keys: number[] = []
              for (let each = first; each < last; each++) if (model.stored.has(each)) keys.push(each)
              const added = new Set<string>()
              const sizeBefore = tree.size
              tree.fill(
                { start: keyOf(first), end: keyOf(last) },
                keys.map(keyOf),
                keys.map((key) => model.stored.get(key) as number),
                (key) => added.add(key),
              )
              equal(tree.size, sizeBefore + added.size)
              for (let each = first; each < last; each++) model.known.add(each)
              break
            }
            case 'forget':
              for (let each = first; each < last; each += 40) {
                const { start, end } = leafAt(tree.root, keyOf(each))
                for (const key of [...model.known]) {
                  if (keyOf(key) >= start && (end === undefined || keyOf(key) < end)) model.known.delete(key)
                }
                tree.forget(keyOf(each))
              }
              break
            case 'share':
              shared.push([tree.share(), { stored: new Map(model.stored), known: new Set(model.known) }])
              break
          }
          checkCounts(tree.root, model, first, count, keyOf)
        }
        checkRoot(tree.root, model, keyOf)
        for (const [root, then] of shared) checkRoot(root, then, keyOf)
        leavesKnown += model.known.size
      },
    ),
    { seed, numRuns: 90 },
  )
  t.ok(leavesKnown > 0)
  t.end()
})

t.test('a tree that was filled and emptied key by key is empty and complete', (t) => {
  const tree = new ResidentTree<number>()
  tree.fill({ start: '', end: '\xff' }, [], [], () => undefined)
  for (let each = 0; each < 5000; each++) equal(tree.set(long((each * 7919) % 5003), each), true)
  t.equal(tree.size, 5000)
  for (let each = 0; each < 5003; each++) tree.delete(long(each))
  t.equal(tree.size, 0)
  t.equal(countRange(tree.root, { start: '', end: '\xfe' }), 0)
  t.equal(valueAt(tree.root, long(17)), null)
  deepStrictEqual(leafAt(tree.root, '').leaf.keys, [])
  t.end()
})

t.test('a key finds its place among keys that have more in common with each other than with it', (t) => {
  const tree = new ResidentTree<number>()
  tree.fill({ start: 'a', end: 'c' }, ['aa1', 'aa9'], [1, 2], () => undefined)
  for (const [at, key] of ['b00', 'b', 'a', 'aa', 'ab0', 'aa100'].entries()) t.equal(tree.set(key, 3 + at), true)
  const { leaf } = leafAt(tree.root, 'a')
  t.strictSame(leaf.keys, ['a', 'aa', 'aa1', 'aa100', 'aa9', 'ab0', 'b', 'b00'])
  t.strictSame(leaf.values, [5, 6, 1, 8, 2, 7, 4, 3])
  t.end()
})

t.test(
  'a tree that was filled here and there, and then everywhere, is as low as if it had been filled at once',
  (t) => {
    const tree = new ResidentTree<number>()
    const numbers = Array.from({ length: keysMax }, (_, at) => at)
    const fill = (from: number, to: number): void => {
      const some = numbers.slice(from, to)
      tree.fill({ start: long(from), end: long(to) }, some.map(long), some, () => undefined)
    }
    for (let at = 0; at < keysMax; at += 9) fill(at, at + 3)
    const scattered = branchesIn(tree.root)
    for (let at = 0; at < keysMax; at += 100) fill(at, at + 100)
    t.equal(countRange(tree.root, { start: long(0), end: long(keysMax) }), keysMax)
    t.ok(branchesIn(tree.root) * 4 < scattered, `${scattered} branches have become ${branchesIn(tree.root)}`)
    t.end()
  },
)

function branchesIn(node: Root<number>): number {
  return node.isLeaf ? 0 : node.children.reduce((sum, child) => sum + branchesIn(child), 1)
}

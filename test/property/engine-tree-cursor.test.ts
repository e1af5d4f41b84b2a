import * as fc from 'fast-check'
import t from 'tap'
import { createKeyTree } from '../../lib/engines/key-tree.js'
import { TreeCursor } from '../../lib/engines/tree-cursor.js'
import { seed } from '../support/seed.js'

const key = fc.string({ unit: fc.constantFrom('\x00', '\x01', 'a', 'b', '\xfe', '\xff'), maxLength: 4 })
const change = fc.record({ key, value: fc.option(fc.nat(), { nil: undefined }) })

t.test('a cursor gives a range of a root in order, in both directions, whatever is done to clones of it', async (t) => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 300 }),
      fc.array(change, { maxLength: 300 }),
      key,
      key,
      fc.boolean(),
      (before, after, start, end, reverse) => {
        const tree = createKeyTree<number>()
        const model = new Map<string, number>()
        for (const { key, value } of before) {
          if (value === undefined) {
            tree.delete(key)
            model.delete(key)
          } else {
            tree.set(key, value)
            model.set(key, value)
          }
        }
        const expected = [...model]
          .filter(([each]) => each >= start && each < end)
          .sort(([left], [right]) => (left < right ? -1 : 1))
        if (reverse) expected.reverse()
        const cursor = new TreeCursor(tree, { start, end }, reverse)
        const next = tree.clone()
        const found: [string, number][] = []
        const changes = after.values()
        while (cursor.advance()) {
          found.push([cursor.key as string, cursor.value as number])
          const changed = changes.next().value
          if (changed?.value === undefined) next.delete(changed?.key ?? '')
          else next.set(changed.key, changed.value)
        }
        return JSON.stringify(found) === JSON.stringify(expected) && cursor.key === undefined && !cursor.advance()
      },
    ),
    { seed, numRuns: 500 },
  )
  t.pass(`seed ${seed}`)
})

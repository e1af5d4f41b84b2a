import type { Key, KeyRange } from '../../codec/key.js'
import type { FilterValues } from './column-values.js'
import { type KeyRanges, keyRanges } from './key-ranges.js'
import type { KeyPart } from './order-match.js'

/**
 * The ranges that a filter leaves. Where each term of a long `or` says the values of the same columns, such as those of
 * the keys that are looked for, they are those of the terms: one column after the other would leave every combination.
 */
export function rangesLeft(prefixes: readonly Key[], keyParts: readonly KeyPart[], values: FilterValues): KeyRanges {
  const plain = keyRanges(prefixes, keyParts, values)
  const { tuples } = values
  if (tuples === undefined) return plain
  const byStart = new Map<Key, KeyRange>()
  const { used } = keyRanges(prefixes, keyParts, values.and(tuples.terms[0]))
  let fraction = 0
  let isSettled = true
  for (const term of tuples.terms) {
    const found = keyRanges(prefixes, keyParts, values.and(term))
    const isSame = found.used.length === used.length && found.pointColumns === used.length
    if (!isSame || used.length <= plain.pointColumns) return plain
    // Of the same columns two terms say the same values, or others.
    for (const range of found.ranges) byStart.set(range.start, range)
    fraction += found.fraction
    const settled = used.flatMap((column) => term.get(column)?.settled ?? [])
    isSettled &&= term.conjuncts.every((conjunct) => settled.includes(conjunct))
  }
  return {
    ranges: [...byStart.values()].sort((a, b) => (a.start < b.start ? -1 : 1)),
    used,
    pointColumns: used.length,
    constantColumns: plain.constantColumns,
    fraction: Math.min(1, fraction),
    settled: isSettled ? [tuples.choice] : [],
  }
}

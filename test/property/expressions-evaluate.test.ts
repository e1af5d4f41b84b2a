import fc from 'fast-check'
import t from 'tap'
import { Column } from '../../lib/expressions/column.js'
import { type Access, compilePredicate } from '../../lib/expressions/evaluate.js'
import type { Predicate } from '../../lib/expressions/expression.js'
import type { ExpressionNode } from '../../lib/expressions/nodes.js'
import { and_, not_, or_ } from '../../lib/expressions/predicate.js'
import type { RowValue } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'
import { seed } from '../support/seed.js'

const source = Object.freeze({ name: 'things' })

function columnOf<T>(name: string, { type }: { readonly type: Column<T>['node']['type'] }, position: number) {
  return new Column<T | null>(source, { name, type, isNullable: true, position })
}

const numbers = [columnOf<number>('a', types.integer(), 0), columnOf<number>('b', types.integer(), 1)] as const
const texts = [columnOf<string>('c', types.string(), 2), columnOf<string>('d', types.string(), 3)] as const
const flag = columnOf<boolean>('e', types.boolean(), 4)
const decimal = columnOf<string>('f', types.decimal(), 5)

// Few values, so that they meet; the texts are those that UTF-16 orders wrongly.
const aNumber = fc.integer({ min: -2, max: 2 })
const aText = fc.constantFrom('', 'a', 'A', 'ab', 'a%', '\uffff', '\u{10000}', '\u{10000}a')
const aDecimal = fc.constantFrom('-10', '-2', '0', '0.5', '2', '10')
const aPattern = fc.constantFrom('%', 'a%', '_', '%a', 'A\\%', '')
const anOperator = fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte')

const aLeaf: fc.Arbitrary<Predicate> = fc.oneof(
  fc.tuple(fc.constantFrom(...numbers), anOperator, aNumber).map(([c, operator, value]) => c[operator](value)),
  fc.tuple(fc.constantFrom(...texts), anOperator, aText).map(([c, operator, value]) => c[operator](value)),
  fc.tuple(anOperator, aDecimal).map(([operator, value]) => decimal[operator](value)),
  anOperator.map((operator) => numbers[0][operator](numbers[1])),
  anOperator.map((operator) => texts[0][operator](texts[1])),
  fc.tuple(fc.constantFrom(...numbers), fc.array(aNumber, { maxLength: 3 })).map(([c, list]) => c.in(list)),
  fc.tuple(fc.constantFrom(...texts), fc.array(aText, { maxLength: 3 })).map(([c, list]) => c.notIn(list)),
  fc.tuple(aNumber, aNumber).map(([low, high]) => numbers[0].between(low, high)),
  fc.tuple(fc.constantFrom(...texts), aText).map(([c, part]) => c.contains(part)),
  fc.tuple(fc.constantFrom(...texts), aText).map(([c, part]) => c.startsWith(part)),
  fc.tuple(fc.constantFrom(...texts), aText).map(([c, part]) => c.endsWith(part)),
  fc.tuple(fc.constantFrom(...texts), aPattern).map(([c, pattern]) => c.ilike(pattern)),
  fc.constantFrom(...numbers, ...texts).map((c) => c.isNull()),
  fc.constantFrom(flag, flag.eq(true), flag.isNotNull()),
)

const { tree: aPredicate } = fc.letrec<{ tree: Predicate }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    aLeaf,
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((terms) => and_(...terms)),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((terms) => or_(...terms)),
    tie('tree').map((term) => not_(term)),
    tie('tree').map((term) => term.isNull()),
    tie('tree').map((term) => term.isTrue()),
    tie('tree').map((term) => term.isFalse()),
    fc.tuple(tie('tree'), fc.boolean()).map(([term, value]) => term.eq(value)),
  ),
}))

const aRow = fc.tuple(
  fc.option(aNumber),
  fc.option(aNumber),
  fc.option(aText),
  fc.option(aText),
  fc.option(fc.boolean()),
  fc.option(aDecimal),
)

const accessRow: Access<readonly RowValue[]> = (node) => {
  const position = node.kind === 'column' ? node.column.position : 0
  return (row) => row[position] ?? null
}

/** The code points of a text: arrays of them order as the texts do. */
function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
}

function order(a: RowValue, b: RowValue, isDecimal: boolean): number {
  if (isDecimal) return Number(a) - Number(b)
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) - Number(b)
  const [x, y] = [codePoints(a), codePoints(b)]
  const at = x.findIndex((point, index) => point !== y[index])
  if (at < 0) return x.length - y.length
  return (x[at] ?? 0) - (y[at] ?? -1)
}

/** SQL's LIKE by the book: try every split at each wildcard. */
function likes(text: readonly string[], pattern: readonly string[]): boolean {
  const [head, ...rest] = pattern
  if (head === undefined) return text.length === 0
  if (head === '%') return Array.from({ length: text.length + 1 }).some((_, at) => likes(text.slice(at), rest))
  if (head === '_') return text.length > 0 && likes(text.slice(1), rest)
  const [literal, after] = head === '\\' ? [rest[0], rest.slice(1)] : [head, rest]
  return text[0] === literal && likes(text.slice(1), after)
}

/** The plainest reading of a tree: null in, null out, and truth tables by listing. */
function interpret(node: ExpressionNode, row: readonly RowValue[]): RowValue {
  switch (node.kind) {
    case 'column':
      return row[node.column.position] ?? null
    case 'literal':
      return node.value
    case 'compare': {
      const a = interpret(node.left, row)
      const b = interpret(node.right, row)
      if (a === null || b === null) return null
      const sign = order(a, b, node.left.kind === 'column' && node.left.type.kind === 'decimal')
      return { eq: sign === 0, ne: sign !== 0, lt: sign < 0, lte: sign <= 0, gt: sign > 0, gte: sign >= 0 }[
        node.operator
      ]
    }
    case 'and': {
      const results = node.terms.map((term) => interpret(term, row))
      return results.includes(false) ? false : results.includes(null) ? null : true
    }
    case 'or': {
      const results = node.terms.map((term) => interpret(term, row))
      return results.includes(true) ? true : results.includes(null) ? null : false
    }
    case 'not': {
      const result = interpret(node.term, row)
      return result === null ? null : !result
    }
    case 'isNull':
      return interpret(node.operand, row) === null
    case 'isTrue':
      return interpret(node.term, row) === true
    case 'in': {
      const value = interpret(node.operand, row)
      return value === null ? null : node.values.some((candidate) => candidate === value)
    }
    case 'like': {
      const text = interpret(node.operand, row)
      if (typeof text !== 'string') return null
      return likes(Array.from(text.toLowerCase()), Array.from(node.pattern.toLowerCase()))
    }
    case 'textMatch': {
      const text = interpret(node.operand, row)
      if (typeof text !== 'string') return null
      const at = { startsWith: [0], endsWith: [text.length - node.text.length], contains: [...text, ''].keys() }
      return Array.from(at[node.operator]).some((from) => from >= 0 && text.slice(from).startsWith(node.text))
    }
    default:
      throw new Error(`no ${node.kind} here`)
  }
}

t.test('a compiled predicate agrees with a plain three-valued interpreter', async (t) => {
  const property = fc.property(aPredicate, fc.array(aRow, { minLength: 1, maxLength: 20 }), (predicate, rows) => {
    const test = compilePredicate(predicate.node, accessRow)
    for (const row of rows) {
      const expected = interpret(predicate.node, row)
      const result = test(row)
      if (result !== expected) throw new Error(`${result} instead of ${expected} for ${JSON.stringify(row)}`)
    }
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 10_000 }))
})

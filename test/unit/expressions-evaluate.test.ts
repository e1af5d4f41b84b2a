import t from 'tap'
import { count } from '../../lib/expressions/aggregate.js'
import { Column } from '../../lib/expressions/column.js'
import { type Access, compilePredicate, compileValue } from '../../lib/expressions/evaluate.js'
import type { Expression, Operand, Predicate } from '../../lib/expressions/expression.js'
import { and_, not_, or_ } from '../../lib/expressions/predicate.js'
import type { ColumnSpec } from '../../lib/values/column-spec.js'
import type { RowValue } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'

type Row = readonly RowValue[]

const source = Object.freeze({ name: 'things' })
const accessRow: Access<Row> = (node) => {
  const position = node.kind === 'column' ? node.column.position : 0
  return (row) => row[position] ?? null
}

function columnOf<T>({ type }: ColumnSpec<T>, position = 0): Column<T | null> {
  return new Column<T | null>(source, { name: `c${position}`, type, isNullable: true, position })
}

function test(predicate: Predicate, ...row: RowValue[]): boolean | null {
  return compilePredicate(predicate.node, accessRow)(row)
}

const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const

/** Every operator between every pair of values, in either order and against a column, follows the values' places. */
function comparesInOrder<T>(spec: ColumnSpec<T>, ascending: readonly NonNullable<T>[]): string[] {
  const wrong: string[] = []
  const left = columnOf(spec, 0)
  // For the compiler a type parameter is not known to be without null.
  const right = columnOf(spec, 1) as unknown as Operand<T | null>
  const rowValues = ascending.map((value) => spec.type.toRow(value))
  for (const [i, a] of rowValues.entries()) {
    for (const [j, b] of rowValues.entries()) {
      const expected = { eq: i === j, ne: i !== j, lt: i < j, lte: i <= j, gt: i > j, gte: i >= j }
      for (const operator of operators) {
        const literal = ascending[j] as NonNullable<T>
        if (test(left[operator](literal), a) !== expected[operator]) wrong.push(`${i} ${operator} literal ${j}`)
        if (test(left[operator](right), a, b) !== expected[operator]) wrong.push(`${i} ${operator} column ${j}`)
      }
    }
  }
  return wrong
}

t.test('comparisons follow the total order of each type', async (t) => {
  t.same(comparesInOrder(types.integer(), [-5, 0, 3, 2 ** 40]), [])
  t.same(comparesInOrder(types.float(), [-1.5, 0, 1e-3, 2e10]), [])
  t.same(comparesInOrder(types.bigint(), [-(2n ** 62n), -1n, 0n, 2n ** 62n]), [])
  t.same(comparesInOrder(types.decimal(), ['-10.5', '-9', '0', '0.1', '9', '10']), [])
  t.same(comparesInOrder(types.boolean(), [false, true]), [])
  t.same(comparesInOrder(types.string(), ['', '\0', 'B', 'a', 'aa', '\uffff', '\u{10000}']), [])
  t.same(comparesInOrder(types.text(), ['', 'a', '\ue000', '\u{1f600}']), [])
  t.same(comparesInOrder(types.enum('b', 'a', 'c'), ['a', 'b', 'c']), [])
  t.same(comparesInOrder(types.datetime(), [new Date(-1), new Date(0), new Date(1)]), [])
  t.same(comparesInOrder(types.date(), ['0900-01-01', '1969-12-31', '2024-02-29']), [])
  t.same(
    comparesInOrder(types.uuid(), [
      '00000000-0000-4000-8000-000000000000',
      '0190a6e0-0000-7000-8000-000000000000',
      'A190a6e0-0000-7000-8000-000000000000',
    ]),
    [],
  )
  t.same(comparesInOrder(types.bytes(), [new Uint8Array(), new Uint8Array([0]), new Uint8Array([0, 1])]), [])
})

t.test('bytes and JSON are equal by what they hold', async (t) => {
  const bytes = columnOf(types.bytes())
  t.equal(test(bytes.eq(new Uint8Array([1, 2])), new Uint8Array([1, 2])), true)
  t.equal(test(bytes.ne(new Uint8Array([1, 2])), new Uint8Array([1, 3])), true)
  t.equal(test(bytes.in([new Uint8Array([1]), new Uint8Array([2])]), new Uint8Array([2])), true)
  const json = columnOf(types.json())
  t.equal(test(json.eq({ a: [1], b: null }), { b: null, a: [1] }), true)
  t.equal(test(json.ne({ a: [1] }), { a: [2] }), true)
  t.equal(test(json.in([{ a: 1 }, [1]]), [1]), true)
  t.equal(test(json.notIn([{ a: 1 }]), { a: 2 }), true)
})

t.test('a comparison with null is unknown, whichever side it is on', async (t) => {
  const a = columnOf(types.integer(), 0)
  const b = columnOf(types.integer(), 1)
  for (const operator of operators) {
    t.equal(test(a[operator](1), null), null)
    t.equal(test(a[operator](b), null, 1), null)
    t.equal(test(a[operator](b), 1, null), null)
    t.equal(test(a[operator](b), null, null), null)
  }
  t.equal(test(a.in([1, 2]), null), null)
  t.equal(test(a.notIn([1, 2]), null), null)
  const text = columnOf(types.string())
  for (const predicate of [text.like('%'), text.ilike('%'), text.startsWith(''), text.contains('')]) {
    t.equal(test(predicate, null), null)
  }
})

t.test('isNull and isNotNull are never unknown', async (t) => {
  const column = columnOf(types.integer())
  t.equal(test(column.isNull(), null), true)
  t.equal(test(column.isNull(), 0), false)
  t.equal(test(column.isNotNull(), null), false)
  t.equal(test(column.isNotNull(), 0), true)
})

t.test('and, or and not follow the three-valued truth tables', async (t) => {
  const a = columnOf(types.boolean(), 0)
  const b = columnOf(types.boolean(), 1)
  const c = columnOf(types.boolean(), 2)
  const values = [true, false, null] as const
  for (const x of values) {
    t.equal(test(not_(a), x), x === null ? null : !x)
    for (const y of values) {
      const both = x === false || y === false ? false : x === null || y === null ? null : true
      const either = x === true || y === true ? true : x === null || y === null ? null : false
      t.equal(test(and_(a, b), x, y), both, `${x} and ${y}`)
      t.equal(test(or_(a, b), x, y), either, `${x} or ${y}`)
      for (const z of values) {
        const all = both === false || z === false ? false : both === null || z === null ? null : true
        const any = either === true || z === true ? true : either === null || z === null ? null : false
        t.equal(test(and_(a, b, c), x, y, z), all)
        t.equal(test(or_(a, b, c), x, y, z), any)
      }
    }
  }
})

t.test('in([]) is false and notIn([]) true, for null as well', async (t) => {
  const column = columnOf(types.integer())
  t.equal(test(column.in([]), null), false)
  t.equal(test(column.in([]), 1), false)
  t.equal(test(column.notIn([]), null), true)
  t.equal(test(column.notIn([]), 1), true)
})

t.test('in finds a value among the listed ones', async (t) => {
  const column = columnOf(types.string())
  t.equal(test(column.in(['a', 'b']), 'b'), true)
  t.equal(test(column.in(['a', 'b']), 'c'), false)
  t.equal(test(column.notIn(['a', 'b']), 'c'), true)
})

t.test('between includes its bounds and is empty when they are crossed', async (t) => {
  const column = columnOf(types.integer())
  t.equal(test(column.between(1, 3), 1), true)
  t.equal(test(column.between(1, 3), 3), true)
  t.equal(test(column.between(1, 3), 4), false)
  t.equal(test(column.between(3, 1), 2), false)
})

t.test('parts of text are found as they are, without wildcards', async (t) => {
  const column = columnOf(types.string())
  t.equal(test(column.startsWith('a%'), 'a%b'), true)
  t.equal(test(column.startsWith('a%'), 'axb'), false)
  t.equal(test(column.endsWith('b'), 'ab'), true)
  t.equal(test(column.contains('_'), 'ab'), false)
  t.equal(test(column.contains(''), 'ab'), true)
  t.equal(test(column.like('a_'), 'ab'), true)
  t.equal(test(column.ilike('A_'), 'ab'), true)
})

t.test('a predicate has a value, so it can be compared and a literal can stand on either side', async (t) => {
  const size = columnOf(types.integer())
  t.equal(test(size.gt(1).eq(true), 2), true)
  t.equal(test(size.gt(1).eq(true), null), null)
  t.equal(test(size.gt(1).isNull(), null), true)
  const literal = size.eq(5).node
  if (literal.kind !== 'compare') return t.fail('a comparison')
  for (const operator of operators) {
    const mirrored = compilePredicate({ ...literal, operator, left: literal.right, right: size.node }, accessRow)
    const expected = { eq: false, ne: true, lt: true, lte: true, gt: false, gte: false }[operator]
    t.equal(mirrored([7]), expected, `5 ${operator} 7`)
  }
})

t.test('values and aggregates are read through the access of the caller', async (t) => {
  const size = columnOf(types.integer(), 1)
  t.equal(compileValue(size.node, accessRow)([1, 2]), 2)
  t.equal(compileValue(count().node, accessRow)([7]), 7)
  t.equal(test(count().gt(6), 7), true)
  const asValue: Expression<boolean | null> = size.gt(1)
  t.equal(compileValue(asValue.node, accessRow)([0, 2]), true)
  const literal = size.eq(5).node
  t.equal(literal.kind === 'compare' && compileValue(literal.right, accessRow)([]), 5)
})

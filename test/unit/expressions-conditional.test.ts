import t from 'tap'
import { caseWhen } from '../../lib/expressions/case.js'
import { cast, literal } from '../../lib/expressions/cast.js'
import { Column } from '../../lib/expressions/column.js'
import { coalesce, nullIf } from '../../lib/expressions/conditional.js'
import { type Access, compilePredicate, compileValue } from '../../lib/expressions/evaluate.js'
import type { Expression } from '../../lib/expressions/expression.js'
import { typeOf } from '../../lib/expressions/type-of.js'
import type { ColumnSpec } from '../../lib/values/column-spec.js'
import type { RowValue } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'

type Row = readonly RowValue[]

const source = Object.freeze({ name: 'things' })
const access: Access<Row> = (node) => {
  const position = node.kind === 'column' ? node.column.position : 0
  return (row) => row[position] ?? null
}

function columnOf<T>({ type }: ColumnSpec<T>, position = 0): Column<T | null> {
  return new Column<T | null>(source, { name: `c${position}`, type, isNullable: true, position })
}

/** The property value of an expression over a row. */
function evaluated({ node }: Expression<unknown>, ...row: RowValue[]): unknown {
  const result = compileValue(node, access)(row)
  return result === null ? null : typeOf(node).fromRow(result)
}

const a = columnOf(types.integer({ max: 100 }), 0)
const b = columnOf(types.integer(), 1)
const flag = columnOf(types.boolean(), 0)
const status = columnOf(types.enum('active', 'killed'), 0)
const date = columnOf(types.date(), 0)

const missing = undefined as never
const nothing = null as never
const invalidQuery = { name: 'QueryError', code: 'ROME_QUERY_INVALID' }

t.test('coalesce gives the first value that is there', async (t) => {
  t.equal(evaluated(coalesce(a, b), 1, 2), 1)
  t.equal(evaluated(coalesce(a, b), null, 2), 2)
  t.equal(evaluated(coalesce(a, b), null, null), null)
  t.equal(evaluated(coalesce(a, b, 1000), null, null), 1000, 'a value need not fit the bounds of a column')
  t.equal(evaluated(coalesce(a, 0.5), null), 0.5)
  t.equal(typeOf(coalesce(a, 0.5).node).kind, 'float')
  t.equal(evaluated(coalesce(date, '2024-02-29'), null), '2024-02-29', 'a value follows the type of the expressions')
  t.equal(typeOf(coalesce(status, 'active').node).kind, 'text')
  t.throws(() => coalesce(date, 'today'), { code: 'ROME_VALUE_INVALID' })
  t.throws(() => coalesce(a, flag as unknown as Expression<number>), invalidQuery)
  t.throws(() => coalesce(a, missing), { code: 'ROME_UNDEFINED' })
  t.throws(() => coalesce(a, nothing), { code: 'ROME_ARGUMENT' })
  t.throws(() => coalesce(missing, 1), { code: 'ROME_UNDEFINED' })
  t.throws(() => (coalesce as (first: unknown) => unknown)(a), { code: 'ROME_ARGUMENT' })
})

t.test('coalesce evaluates no more than it needs', async (t) => {
  const tooLarge = b.plus(Number.MAX_SAFE_INTEGER)
  t.equal(evaluated(coalesce(a, tooLarge), 1, 1), 1)
  t.throws(() => evaluated(coalesce(a, tooLarge), null, 1), invalidQuery)
})

t.test('nullIf is null where both are equal', async (t) => {
  t.equal(evaluated(nullIf(a, 0), 0), null)
  t.equal(evaluated(nullIf(a, 0), 1), 1)
  t.equal(evaluated(nullIf(a, 0), null), null)
  t.equal(evaluated(nullIf(a, b), 1, null), 1)
  const json = columnOf(types.json())
  t.equal(evaluated(nullIf(json, { a: 1, b: 2 }), { b: 2, a: 1 }), null)
  t.same(evaluated(nullIf(json, { a: 1 }), { a: 2 }), { a: 2 })
  t.throws(() => nullIf(a, missing), { code: 'ROME_UNDEFINED' })
})

t.test('a case gives the value of the first predicate that is true', async (t) => {
  const size = caseWhen(a.lt(10), 'small').when(a.lt(100), 'usual').otherwise('large')
  t.same(
    [9, 99, 100, null].map((value) => evaluated(size, value)),
    ['small', 'usual', 'large', 'large'],
  )
  const withoutOther = caseWhen(a.lt(10), b).when(flag.isNull(), 7)
  t.equal(evaluated(withoutOther, 9, 3), 3)
  t.equal(evaluated(withoutOther, 11, 3), null)
  t.equal(evaluated(withoutOther, null, 3), 7)
})

t.test('a case evaluates the value that it chooses only', async (t) => {
  const guarded = caseWhen(b.gt(5), 0).otherwise(b.plus(Number.MAX_SAFE_INTEGER))
  t.equal(evaluated(guarded, null, 6), 0)
  t.throws(() => evaluated(guarded, null, 5), invalidQuery)
})

t.test('the values of a case are of the type of the expressions among them', async (t) => {
  t.equal(evaluated(caseWhen(flag, '2024-02-29').otherwise(date), true), '2024-02-29')
  t.equal(typeOf(caseWhen(flag, '2024-02-29').otherwise(date).node).kind, 'date')
  t.equal(typeOf(caseWhen(flag, 1).when(flag, 0.5).node).kind, 'float')
  t.equal(typeOf(caseWhen(flag, 1n).node).kind, 'bigint')
  t.equal(typeOf(caseWhen(flag, new Date(0)).node).kind, 'datetime')
  t.equal(typeOf(caseWhen(flag, new Uint8Array(1)).node).kind, 'bytes')
  t.equal(typeOf(caseWhen(flag, status).otherwise('none').node).kind, 'text')
  t.equal(evaluated(caseWhen(flag, literal({ a: 1 }, types.json()).isNull()).otherwise(true), false), true)
  t.throws(() => caseWhen(flag, a).otherwise(date), invalidQuery)
  t.throws(() => caseWhen(flag, 'x').otherwise(date), { code: 'ROME_VALUE_INVALID' })
  t.throws(() => caseWhen(flag, 1).when(flag, 'x'), invalidQuery)
})

t.test('a case of booleans is a predicate', async (t) => {
  const predicate = caseWhen(flag.isNull(), false).otherwise(flag)
  const test = compilePredicate(predicate.node, access)
  t.same(
    [true, false, null].map((value) => test([value])),
    [true, false, false],
  )
})

t.test('a case is refused without predicates and values', async (t) => {
  t.throws(() => caseWhen(missing, 1), { code: 'ROME_UNDEFINED' })
  t.throws(() => caseWhen(true as never, 1), { code: 'ROME_ARGUMENT' })
  t.throws(() => caseWhen(a as never, 1), invalidQuery)
  t.throws(() => caseWhen(flag, missing), { code: 'ROME_UNDEFINED' })
  t.throws(() => caseWhen(flag, nothing), { code: 'ROME_ARGUMENT' })
  t.throws(() => caseWhen(flag, 1).otherwise(missing), { code: 'ROME_UNDEFINED' })
})

t.test('a case is a frozen value that further choices leave as it is', async (t) => {
  const first = caseWhen(a.lt(10), 1)
  first.when(a.lt(20), 2)
  t.equal(first.node.branches.length, 1)
  t.ok(Object.isFrozen(first) && Object.isFrozen(first.node) && Object.isFrozen(first.node.branches[0]))
})

t.test('isTrue and isFalse are never unknown', async (t) => {
  const results = (predicate: Expression<boolean | null>) =>
    [true, false, null].map((value) => compilePredicate(predicate.node, access)([value]))
  t.same(results(flag.isTrue()), [true, false, false])
  t.same(results(flag.isFalse()), [false, true, false])
  t.throws(() => (a as unknown as typeof flag).isTrue(), invalidQuery)
  t.throws(() => (a as unknown as typeof flag).isFalse(), invalidQuery)
})

t.test('a label names an expression and changes nothing of it', async (t) => {
  const labelled = a.plus(1).as('next')
  t.equal(labelled.label, 'next')
  t.equal(a.label, undefined)
  t.equal(evaluated(labelled, 1), 2)
  t.equal(a.as('same').node, a.node)
  t.ok(Object.isFrozen(labelled))
  t.throws(() => a.as(''), { code: 'ROME_ARGUMENT' })
  t.throws(() => a.as(5 as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => a.as(missing), { code: 'ROME_UNDEFINED' })
})

t.test('an integer beside a float is compared as a float', async (t) => {
  const half = columnOf(types.float(), 1)
  t.equal(evaluated(a.lt(half), 1, 1.5), true)
  t.equal(evaluated(half.lt(a), 2, 1.5), true)
  t.equal(evaluated(cast(a, types.float()).eq(half), 1, 1), true)
})

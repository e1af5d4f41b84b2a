import t from 'tap'
import { count, max } from '../../lib/expressions/aggregate.js'
import { asc, desc } from '../../lib/expressions/asc-desc.js'
import { Column } from '../../lib/expressions/column.js'
import type { Expression, Predicate } from '../../lib/expressions/expression.js'
import { and_, not_, or_, predicateNode } from '../../lib/expressions/predicate.js'
import type { ColumnType } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'

const source = Object.freeze({ name: 'images' })

function columnOf<T>(name: string, type: ColumnType, position: number): Column<T | null> {
  return new Column<T | null>(source, { name, type, isNullable: true, position })
}

const name = columnOf<string>('name', types.string().type, 0)
const title = columnOf<string>('title', types.text().type, 1)
const size = columnOf<number>('size', types.integer().type, 2)
const bytes = columnOf<bigint>('bytes', types.bigint().type, 3)
const status = columnOf<'active' | 'killed'>('status', types.enum('active', 'killed').type, 4)
const labels = columnOf<unknown>('labels', types.json().type, 5)
const isPublic = columnOf<boolean>('isPublic', types.boolean().type, 6)
const uuid = columnOf<string>('id', types.uuid().type, 7)
const changed = columnOf<Date>('changed', types.datetime().type, 8)

// What a program without types, or with wrong ones, can hand over.
const missing = undefined as never
const nothing = null as never

t.test('a comparison holds the row value of its literal', async (t) => {
  t.match(changed.lt(new Date(5)).node, { kind: 'compare', operator: 'lt', right: { kind: 'literal', value: 5 } })
  t.match(uuid.eq('0190A6E0-0000-7000-8000-000000000000').node, {
    right: { value: '0190a6e0-0000-7000-8000-000000000000' },
  })
  t.match(size.ne(-0).node, { right: { value: 0 } })
})

t.test('undefined is refused in every predicate when it is built', async (t) => {
  const undefinedError = { code: 'ROME_UNDEFINED' }
  for (const operator of ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const) {
    t.throws(() => size[operator](missing), undefinedError, operator)
  }
  t.throws(() => size.between(1, missing), undefinedError)
  t.throws(() => size.between(missing, 1), undefinedError)
  t.throws(() => size.in(missing), undefinedError)
  t.throws(() => size.in([1, missing]), undefinedError)
  t.throws(() => size.in(new Array(1)), undefinedError, 'a hole in a list')
  t.throws(() => size.notIn([missing]), undefinedError)
  for (const method of ['like', 'ilike', 'startsWith', 'endsWith', 'contains'] as const) {
    t.throws(() => name[method](missing), undefinedError, method)
  }
  t.throws(() => and_(missing), undefinedError)
  t.throws(() => or_(size.eq(1), missing), undefinedError)
  t.throws(() => not_(missing), undefinedError)
  t.throws(() => asc(missing), undefinedError)
  t.throws(() => desc(missing), undefinedError)
  t.throws(() => max(missing), undefinedError)
  t.throws(() => count(missing), undefinedError)
})

t.test('null is compared by isNull() only', async (t) => {
  const nullError = { code: 'ROME_NULL_COMPARISON', message: /isNull\(\)/ }
  t.throws(() => size.eq(nothing), nullError)
  t.throws(() => size.gt(nothing), nullError)
  t.throws(() => size.in([1, nothing]), nullError)
  t.throws(() => size.notIn([nothing]), nullError)
  t.throws(() => name.like(nothing), nullError)
  t.match(size.isNull().node, { kind: 'isNull' })
  t.match(size.isNotNull().node, { kind: 'not', term: { kind: 'isNull' } })
})

t.test('a value that its column refuses is refused when the query is built', async (t) => {
  t.throws(() => size.eq('1' as never), { code: 'ROME_VALUE_TYPE' })
  t.throws(() => size.eq(Number.NaN), { name: 'ValidationError' })
  t.throws(() => status.eq('paused' as never), { code: 'ROME_VALUE_INVALID' })
  t.throws(() => status.in(['active', 'paused' as never]), { code: 'ROME_VALUE_INVALID' })
})

t.test('only expressions of one type are compared with each other', async (t) => {
  t.throws(() => size.eq(bytes as unknown as Expression<number>), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => name.lt(uuid), { code: 'ROME_QUERY_INVALID' })
  t.match(name.eq(title).node, { left: { kind: 'column' }, right: { kind: 'column' } })
  t.match(title.gt(status).node, { right: { kind: 'column' } })
  t.match(size.lt(count()).node, { right: { kind: 'aggregate' } })
})

t.test('what has no order is compared for equality only', async (t) => {
  const orderError = { code: 'ROME_QUERY_INVALID' }
  t.match(labels.eq({ a: 1 }).node, { kind: 'compare' })
  t.throws(() => labels.lt({ a: 1 }), orderError)
  t.throws(() => labels.between({ a: 1 }, { a: 2 }), orderError)
  t.throws(() => labels.asc(), orderError)
  t.throws(() => desc(labels), orderError)
  t.throws(() => max(labels), orderError)
})

t.test('only text is searched as text', async (t) => {
  t.throws(() => (size as unknown as Column<string>).like('1%'), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => uuid.startsWith('0'), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => name.contains(5 as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => name.startsWith('\ud800'), { code: 'ROME_ARGUMENT' })
  t.throws(() => name.like('a\\'), { code: 'ROME_ARGUMENT' })
  t.match(status.endsWith('e').node, { kind: 'textMatch', operator: 'endsWith', text: 'e' })
})

t.test('a list is kept in order and without duplicates', async (t) => {
  t.same((size.in([3, 1, 3, -2]).node as { values?: unknown }).values, [-2, 1, 3])
  t.same((name.in(['\u{10000}', '\uffff', 'a']).node as { values?: unknown }).values, ['a', '\uffff', '\u{10000}'])
  t.same(
    (
      labels.in([
        { b: 1, a: 2 },
        { a: 2, b: 1 },
      ]).node as { values?: unknown[] }
    ).values?.length,
    1,
  )
  t.throws(() => size.in(5 as never), { code: 'ROME_ARGUMENT' })
})

t.test('an empty list matches nothing, and its negation everything', async (t) => {
  t.same(size.in([]).node, { kind: 'or', terms: [] })
  t.same(size.notIn([]).node, { kind: 'and', terms: [] })
})

t.test('between is both comparisons', async (t) => {
  t.match(size.between(1, 5).node, { kind: 'and', terms: [{ operator: 'gte' }, { operator: 'lte' }] })
})

t.test('and_ and or_ flatten terms of their own kind and want at least one', async (t) => {
  const [a, b, c] = [size.eq(1), size.eq(2), size.eq(3)]
  t.same(and_(and_(a, b), c).node, { kind: 'and', terms: [a.node, b.node, c.node] })
  t.same(or_(a, or_(b, c)).node, { kind: 'or', terms: [a.node, b.node, c.node] })
  t.same(and_(a, or_(b, c)).node, { kind: 'and', terms: [a.node, { kind: 'or', terms: [b.node, c.node] }] })
  t.equal(and_(a).node, a.node)
  t.equal(not_(not_(a)).node, a.node)
  t.throws(() => and_(), { code: 'ROME_ARGUMENT' })
  t.throws(() => or_(), { code: 'ROME_ARGUMENT' })
})

t.test('a predicate is an expression that is true or false', async (t) => {
  t.equal(predicateNode(isPublic, 'filter'), isPublic.node)
  t.throws(() => predicateNode(size, 'filter'), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => predicateNode(true, 'filter'), { code: 'ROME_ARGUMENT' })
  t.throws(() => predicateNode(null, 'filter'), { code: 'ROME_ARGUMENT' })
  t.throws(() => and_(name as unknown as Predicate), { code: 'ROME_QUERY_INVALID' })
})

t.test('nulls are last when ascending and first when descending, unless told otherwise', async (t) => {
  t.match(size.asc(), { node: size.node, isDescending: false, nulls: 'last' })
  t.match(size.desc(), { isDescending: true, nulls: 'first' })
  t.match(desc(size).nullsLast(), { isDescending: true, nulls: 'last' })
  t.match(asc(size).nullsFirst(), { isDescending: false, nulls: 'first' })
})

t.test('desc of a name is the marker of a descending column in an index', async (t) => {
  t.same(desc('createdAt'), { descending: 'createdAt' })
  t.throws(() => desc(5 as never), { code: 'ROME_ARGUMENT' })
})

t.test('expressions, their nodes and orderings are frozen', async (t) => {
  const inList = size.in([1, 2])
  const frozen = [name, name.node, inList, inList.node, (inList.node as { values?: unknown }).values]
  const combined = and_(size.eq(1), name.like('a%')).node
  frozen.push(combined, (combined as { terms?: unknown }).terms, size.desc(), desc('x'), count(), count().node)
  for (const value of frozen) t.ok(Object.isFrozen(value))
})

t.test('a column knows its source and definition', async (t) => {
  t.equal(size.source, source)
  t.equal(size.column.position, 2)
})

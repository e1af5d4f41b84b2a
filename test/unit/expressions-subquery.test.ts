import t from 'tap'
import { check } from '../../lib/decorators/check.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { Column } from '../../lib/expressions/column.js'
import { describeExpression } from '../../lib/expressions/describe.js'
import { type Access, compilePredicate } from '../../lib/expressions/evaluate.js'
import { fingerprintOf } from '../../lib/expressions/fingerprint.js'
import { exists, not_ } from '../../lib/expressions/predicate.js'
import { asSubquery, type SubqueryParts, type SubquerySource } from '../../lib/expressions/subquery-source.js'
import { lower } from '../../lib/expressions/text-functions.js'
import { columnsOf, readsOtherRows } from '../../lib/expressions/walk.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import type { ColumnType } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'

const source = Object.freeze({ name: 'books' })
const title = new Column<string | null>(source, {
  name: 'title',
  type: types.string().type,
  isNullable: true,
  position: 0,
})
const pages = new Column<number>(source, { name: 'pages', type: types.integer().type, isNullable: false, position: 1 })

function queryOf<T>(type: ColumnType | undefined, parts: Partial<SubqueryParts> = {}): SubquerySource<T> {
  return { [asSubquery]: () => ({ query: Object.freeze({}), outer: [], type, ...parts }) }
}

t.test('a query stands inside in, notIn and exists', async (t) => {
  const texts = queryOf<string>(types.text().type, { outer: [pages.node] })
  t.match(title.in(texts).node, { kind: 'subquery', mode: 'in', operand: title.node, type: { kind: 'boolean' } })
  t.match(title.notIn(texts).node, { kind: 'not', term: { kind: 'subquery', mode: 'in' } })
  t.match(exists(texts).node, { kind: 'subquery', mode: 'exists', operand: undefined, type: { kind: 'boolean' } })
  t.ok(Object.isFrozen(title.in(texts).node))
  t.ok(readsOtherRows(not_(exists(texts)).node))
  t.notOk(readsOtherRows(title.isNull().node))
})

t.test('the columns of a subquery are its operand and those of outer queries', async (t) => {
  const query = queryOf<string>(types.text().type, { outer: [pages.node] })
  t.same(
    columnsOf(lower(title).in(query).node).map(({ column }) => column.name),
    ['title', 'pages'],
  )
})

t.test('a query inside in selects one value of the type it is compared with', async (t) => {
  const invalidQuery = { name: 'QueryError', code: 'ROME_QUERY_INVALID' }
  t.throws(() => title.in(queryOf<string>(undefined)), invalidQuery)
  t.throws(() => title.notIn(queryOf<string>(types.integer().type)), invalidQuery)
  t.throws(() => exists(undefined as never), { code: 'ROME_UNDEFINED' })
  t.throws(() => exists(null as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => exists([] as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => title.in('abc' as never), { code: 'ROME_ARGUMENT' })
})

t.test('a subquery is described, and told from others by what its query says', async (t) => {
  const query = queryOf<string>(types.text().type)
  t.equal(describeExpression(title.in(query).node), 'title in (subquery)')
  t.equal(describeExpression(title.notIn(query).node), 'title not in (subquery)')
  t.equal(describeExpression(exists(query).node), 'exists (subquery)')
  t.equal(describeExpression(not_(exists(query)).node), 'not exists (subquery)')
  const over = (name: string, schemaName: string, limit: number) => {
    const schema = { name: schemaName, itself: {} }
    schema.itself = schema
    const description = { input: { kind: 'model', source: { name, schema } }, filters: [title.eq('a').node], limit }
    return fingerprintOf(exists(queryOf(undefined, { query: description })).node)
  }
  t.equal(over('b', 'books', 1), over('b', 'books', 1))
  t.not(over('b', 'books', 1), over('b', 'books', 2))
  t.not(over('b', 'books', 1), over('b', 'authors', 1))
  t.not(over('b', 'books', 1), over('c', 'books', 1))
})

t.test('a subquery is not evaluated: its value takes its place before', async (t) => {
  const access: Access<unknown> = () => () => null
  t.throws(() => compilePredicate(exists(queryOf(undefined)).node, access), { code: 'ROME_INTERNAL' })
})

t.test('a check is about its own row, without queries', async (t) => {
  const rule = check<{ id: number }>(() => exists(queryOf(undefined)))
  const Book = defineEntity('books', { id: primaryKey(types.integer()) }, { checks: [rule] })
  t.throws(() => schemaOf(Book), { code: 'ROME_SCHEMA_INVALID' })
})

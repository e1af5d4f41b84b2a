import t from 'tap'
import { count, sum } from '../../lib/expressions/aggregate.js'
import { caseWhen } from '../../lib/expressions/case.js'
import { cast } from '../../lib/expressions/cast.js'
import { Column } from '../../lib/expressions/column.js'
import { coalesce } from '../../lib/expressions/conditional.js'
import { describeExpression, describeValue } from '../../lib/expressions/describe.js'
import { jsonAt } from '../../lib/expressions/json-functions.js'
import type { Source } from '../../lib/expressions/nodes.js'
import { and_, not_, or_ } from '../../lib/expressions/predicate.js'
import { concat, lower, substring } from '../../lib/expressions/text-functions.js'
import { columnsOf, conjunctsOf, containsAggregate, sourcesOf, visit } from '../../lib/expressions/walk.js'
import type { ColumnSpec } from '../../lib/values/column-spec.js'
import { t as types } from '../../lib/values/t.js'

const images: Source = Object.freeze({ name: 'images' })
const parent: Source = Object.freeze({ name: 'parent' })

function columnOf<T>(name: string, { type }: ColumnSpec<T>, source = images): Column<T> {
  return new Column<T>(source, { name, type, isNullable: true, position: 0 })
}

const status = columnOf('status', types.enum('active', 'killed'))
const name = columnOf('name', types.string())
const size = columnOf('size', types.bigint())
const isPublic = columnOf('isPublic', types.boolean())
const labels = columnOf('labels', types.json())
const parentSize = columnOf('size', types.bigint(), parent)

t.test('an expression reads like SQL', async (t) => {
  const texts: [{ readonly node: Parameters<typeof describeExpression>[0] }, string][] = [
    [and_(status.eq('active'), size.gt(0n)), "status = 'active' and size > 0"],
    [and_(isPublic, or_(size.lte(1n), size.gte(9n))), 'isPublic and (size <= 1 or size >= 9)'],
    [or_(and_(isPublic, size.lt(1n)), size.ne(2n)), 'isPublic and size < 1 or size <> 2'],
    [not_(or_(isPublic, size.lt(1n))), 'not (isPublic or size < 1)'],
    [not_(isPublic), 'not isPublic'],
    [size.isNull(), 'size is null'],
    [size.isNotNull(), 'size is not null'],
    [size.in([2n, 1n]), 'size in (1, 2)'],
    [status.notIn(['killed', 'active']), "status not in ('active', 'killed')"],
    [size.in([]), 'false'],
    [size.notIn([]), 'true'],
    [name.like("it's%"), "name like 'it''s%'"],
    [name.ilike('A%'), "name ilike 'A%'"],
    [name.startsWith('a'), "startsWith(name, 'a')"],
    [size.gt(1n).eq(true), '(size > 1) = true'],
    [count().gt(1), 'count(*) > 1'],
    [count(name).distinct(), 'count(distinct name)'],
    [sum(size), 'sum(size)'],
    [isPublic.isTrue(), 'isPublic is true'],
    [size.gt(1n).isFalse(), '(size > 1) is false'],
    [size.plus(1n).times(parentSize.negated()).gt(2n), '((images.size + 1) * negated(parent.size)) > 2'],
    [size.modulo(2n).eq(0n), '(size % 2) = 0'],
    [lower(name).eq('a'), "lower(name) = 'a'"],
    [substring(concat(name, '-'), 1, 2), "substring(concat(name, '-'), 1, 2)"],
    [cast(size, types.text()), 'cast(size as text)'],
    [coalesce(name, 'none').eq('a'), "coalesce(name, 'none') = 'a'"],
    [jsonAt(labels, 'a', 0, types.text()).eq('b'), "jsonAt(labels, 'a', 0, text) = 'b'"],
    [caseWhen(isPublic, 1).when(size.isNull(), 2), 'case when isPublic then 1 when size is null then 2 else null end'],
    [caseWhen(isPublic, 1).otherwise(2).gt(1), 'case when isPublic then 1 else 2 end > 1'],
  ]
  for (const [expression, text] of texts) t.equal(describeExpression(expression.node), text)
})

t.test('columns of several sources are written with their source', async (t) => {
  t.equal(describeExpression(size.gt(parentSize).node), 'images.size > parent.size')
  t.equal(
    describeExpression(size.gt(1n).node, (node) => `#${node.column.name}`),
    '#size > 1',
  )
})

t.test('values are written as a reader knows them', async (t) => {
  t.equal(describeValue(types.datetime().type, 0), "'1970-01-01T00:00:00.000Z'")
  t.equal(describeValue(types.datetime({ precision: 6 }).type, 1n), "'1970-01-01T00:00:00.000001Z'")
  t.equal(describeValue(types.date().type, 0), "'1970-01-01'")
  t.equal(describeValue(types.bytes().type, new Uint8Array([1, 255])), "x'01ff'")
  t.equal(describeValue(types.json().type, { a: 1 }), `'{"a":1}'`)
  t.equal(describeValue(types.decimal().type, '1.5'), '1.5')
  t.equal(describeValue(types.string().type, null), 'null')
  t.equal(describeValue(types.text().type, 'x'.repeat(100)), `'${'x'.repeat(80)}…'`)
})

t.test('long lists are cut', async (t) => {
  const many = Array.from({ length: 25 }, (_, at) => BigInt(at))
  t.match(describeExpression(size.in(many).node), /, 9, … 15 more\)$/)
})

t.test('a tree gives its columns, sources, conjuncts and nodes', async (t) => {
  const tree = and_(size.gt(1n), or_(size.eq(parentSize), not_(isPublic)), and_(name.like('a'))).node
  t.same(
    columnsOf(tree).map(({ source, column }) => `${source.name}.${column.name}`),
    ['images.size', 'parent.size', 'images.isPublic', 'images.name'],
  )
  t.same([...sourcesOf(tree)], [images, parent])
  t.equal(conjunctsOf(tree).length, 3)
  t.same(conjunctsOf(size.gt(1n).node), [size.gt(1n).node])
  t.notOk(containsAggregate(tree))
  t.ok(containsAggregate(and_(isPublic, count().gt(1)).node))
  const kinds: string[] = []
  visit(size.in([1n]).node, (node) => kinds.push(node.kind))
  t.same(kinds, ['in', 'column'])
})

import t from 'tap'
import { avg, count, max, min, sum } from '../../lib/expressions/aggregate.js'
import { Column } from '../../lib/expressions/column.js'
import type { ColumnSpec } from '../../lib/values/column-spec.js'
import { t as types } from '../../lib/values/t.js'

const source = Object.freeze({ name: 'things' })

function columnOf<T>(name: string, { type, isNullable }: ColumnSpec<T>): Column<T> {
  return new Column<T>(source, { name, type, isNullable, position: 0 })
}

const integer = columnOf('integer', types.integer())
const float = columnOf('float', types.float())
const bigint = columnOf('bigint', types.bigint())
const decimal = columnOf('decimal', types.decimal())
const text = columnOf('text', types.text())
const time = columnOf('time', types.datetime())

t.test('sums and averages have the types of the contract', async (t) => {
  t.equal(sum(integer).node.type.kind, 'integer')
  t.equal(sum(float).node.type.kind, 'float')
  t.equal(sum(bigint).node.type.kind, 'bigint')
  t.equal(sum(decimal).node.type.kind, 'decimal')
  t.equal(avg(integer).node.type.kind, 'float')
  t.equal(avg(float).node.type.kind, 'float')
  t.equal(avg(bigint).node.type.kind, 'decimal')
  t.equal(avg(decimal).node.type.kind, 'decimal')
})

t.test('min and max keep the type of their operand, and count is an integer', async (t) => {
  t.equal(min(time).node.type, time.node.type)
  t.equal(max(text).node.type, text.node.type)
  t.equal(count().node.type.kind, 'integer')
  t.equal(count(text).node.type.kind, 'integer')
})

t.test('only numbers are added up', async (t) => {
  t.throws(() => sum(text), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => avg(text), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => sum(time as never), { code: 'ROME_QUERY_INVALID' })
})

t.test('count() counts rows, and has no distinct', async (t) => {
  t.equal(count().node.operand, undefined)
  t.equal(count(text).node.operand, text.node)
  t.equal(count(text).distinct().node.isDistinct, true)
  t.equal(count(text).node.isDistinct, false)
  t.throws(() => count().distinct(), { code: 'ROME_ARGUMENT' })
})

t.test('an aggregate is compared with values of its own type', async (t) => {
  t.match(count().gt(5).node, { operator: 'gt', right: { value: 5 } })
  t.match(avg(bigint).lt('2.50').node, { right: { value: '2.5' } })
  t.throws(() => sum(bigint).gt(5 as never), { code: 'ROME_VALUE_TYPE' })
})

t.test('an aggregate of an aggregate is refused', async (t) => {
  t.throws(() => max(count()), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => count(sum(integer).gt(1)), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => min(5 as never), { code: 'ROME_ARGUMENT' })
})

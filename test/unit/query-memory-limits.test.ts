import t from 'tap'
import type { AggregateNode, ColumnNode } from '../../lib/expressions/nodes.js'
import { count, defineEntity, type Expression, fields, primaryKey, QueryError, t as types } from '../../lib/index.js'
import { AggregateOperator } from '../../lib/query/operators/aggregate.js'
import {
  HashJoinOperator,
  LookupJoinOperator,
  MergeJoinOperator,
  type Pairing,
} from '../../lib/query/operators/join.js'
import { forEachBatch, type Operator } from '../../lib/query/operators/operator.js'
import { rowsInMemoryMax } from '../../lib/query/operators/row-budget.js'
import { keepDistinct, MembershipOperator } from '../../lib/query/operators/set.js'
import { TransformOperator } from '../../lib/query/operators/transform.js'
import type { AggregatePlan } from '../../lib/query/plan/plan-node.js'
import type { Row } from '../../lib/records/row.js'

/** So many rows of a number each, all of them or all the same. */
function numbers(size: number, isSame = false, rowsPerBatch = 10_000): Operator {
  let next = 0
  return {
    next() {
      const rows = Array.from(
        { length: Math.min(rowsPerBatch, size - next) },
        (_, index): Row => [isSame ? 7 : next + index],
      )
      next += rows.length
      return rows.length === 0 ? undefined : rows
    },
    close: () => undefined,
  }
}

const identityOf = (row: Row): string => String(row[0])
const inner: Pairing = { kind: 'inner', isMatch: () => true, missing: [null] }
const compare = (a: Row, b: Row): number => Number(a[0]) - Number(b[0])

const Item = defineEntity('items', { id: primaryKey(types.integer()) })
const id: Expression<number> = fields(Item).id

function aggregate(input: Operator, plan: Partial<AggregatePlan>): Operator {
  const layout = new Map([[(id.node as ColumnNode).source, 0]])
  const whole = {
    kind: 'aggregate',
    input: { layout },
    groupBy: [],
    aggregates: [],
    ...plan,
  } as unknown as AggregatePlan
  return new AggregateOperator(input, whole)
}

const steps: Readonly<Record<string, (rows: number) => Operator>> = {
  distinct: (rows) => new TransformOperator(numbers(rows), keepDistinct(identityOf)),
  'set operation': (rows) => new MembershipOperator(numbers(1), numbers(rows), identityOf, true),
  group: (rows) => aggregate(numbers(rows), { groupBy: [id.node] }),
  'aggregate of distinct values': (rows) =>
    aggregate(numbers(rows), { aggregates: [count(id).distinct().node as AggregateNode] }),
  'hash join': (rows) =>
    new HashJoinOperator(numbers(1), numbers(rows), { left: identityOf, right: identityOf }, inner),
  'merge join': (rows) => {
    const keys = { compare, isSame: (a: Row, b: Row) => compare(a, b) === 0 }
    return new MergeJoinOperator(numbers(1, true), numbers(rows, true), keys, inner)
  },
}

for (const [step, make] of Object.entries(steps)) {
  t.test(`${step}: more rows than may be held are an error that says what to do`, async (t) => {
    const error = await run(make(rowsInMemoryMax + 1)).catch((thrown: unknown) => thrown)
    t.ok(error instanceof QueryError)
    t.match(error, { code: 'ROME_BUDGET', message: /: (?:filter|declare)/, context: { step, rowsMax: 1_000_000 } })
  })
}

t.test('exactly as many as may be held are held', async () => {
  await run(steps.distinct(rowsInMemoryMax))
})

t.test('joins with many matches for each row give them in batches', async (t) => {
  const matches = 5000
  const rows = 40
  const same = (): Operator => numbers(matches, true)
  const found = Array.from({ length: matches }, (): Row => [7])
  let lookedUp: number[] = []
  const joins: Readonly<Record<string, Operator>> = {
    hash: new HashJoinOperator(numbers(rows, true), same(), { left: identityOf, right: identityOf }, inner),
    merge: new MergeJoinOperator(numbers(rows, true), same(), { compare, isSame: () => true }, inner),
    lookup: new LookupJoinOperator(
      numbers(rows, true, 8),
      (looked) => {
        lookedUp.push(looked.length)
        return looked.map(() => found)
      },
      inner,
    ),
  }
  for (const [method, join] of Object.entries(joins)) {
    const sizes: number[] = []
    await forEachBatch(join, (batch) => {
      sizes.push(batch.length)
    })
    t.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      rows * matches,
      method,
    )
    if (method !== 'lookup') t.ok(Math.max(...sizes) <= matches + 1024, `${method}: at most ${Math.max(...sizes)}`)
  }
  t.strictSame(lookedUp, [8, ...new Array(rows - 8).fill(1)], 'few are looked up together after many were found')

  lookedUp = []
  const few = new LookupJoinOperator(
    numbers(1000, true, 1000),
    (looked) => {
      lookedUp.push(looked.length)
      return looked.map(() => found.slice(0, 2))
    },
    inner,
  )
  await forEachBatch(few, () => undefined)
  t.strictSame(lookedUp, [64, 256, 256, 256, 168], 'many are looked up together when each has few matches')
})

async function run(operator: Operator): Promise<void> {
  await forEachBatch(operator, () => undefined)
}

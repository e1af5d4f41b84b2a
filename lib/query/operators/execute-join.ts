import { andThen, type MaybePromise, mapAll } from '../../async/maybe-promise.js'
import type { Key } from '../../codec/key.js'
import { invertElement } from '../../codec/tuple.js'
import { compilePredicate, compileValue } from '../../expressions/evaluate.js'
import type { ExpressionNode } from '../../expressions/nodes.js'
import { typeOf } from '../../expressions/type-of.js'
import type { ReadMeter } from '../../records/read-meter.js'
import type { Row } from '../../records/row.js'
import type { StoredBatch } from '../../records/stored-value.js'
import type { OrderPart } from '../description.js'
import { accessIn, type Layout } from '../plan/layout.js'
import type { JoinPlan, LookupPlan, PlanNode } from '../plan/plan-node.js'
import { compareRowsBy } from './compare-rows.js'
import { HashJoinOperator, LookupJoinOperator, MergeJoinOperator, type Pairing } from './join.js'
import { type Execution, forEachBatch, type Operator } from './operator.js'
import { checkRowsInMemory } from './row-budget.js'
import { valueIdentity } from './row-identity.js'
import { RangesOperator } from './sources.js'

/** Makes the operator of a join; `execute` makes those of its sides. */
export function executeJoin(
  plan: JoinPlan,
  execution: Execution,
  meter: ReadMeter,
  execute: (plan: PlanNode, execution: Execution) => Operator,
): Operator {
  const left = execute(plan.left, execution)
  const pairing = pairingOf(plan)
  if (plan.right.kind === 'lookup') {
    const find = candidateFinder(plan.right, plan.left.layout, execution, meter)
    return new LookupJoinOperator(left, find, pairing, execution.budget)
  }
  const right = execute(plan.right, execution)
  if (plan.method === 'merge') return mergeJoin(plan, left, right, pairing)
  const keys = { left: joinKey(plan.leftKeys, plan.left.layout), right: joinKey(plan.rightKeys, plan.right.layout) }
  return new HashJoinOperator(left, right, keys, pairing)
}

function pairingOf(plan: JoinPlan): Pairing {
  const tests = plan.residual.map((node) => compilePredicate<Row>(node, accessIn(plan.pairLayout)))
  const width = plan.source.schema.columns.length
  return {
    kind: plan.joinKind,
    isMatch: (joined) => tests.every((test) => test(joined) === true),
    missing: new Array<null>(width).fill(null),
  }
}

/** The identity of a row's key values; `undefined` when one of them is null, which equals nothing. */
function joinKey(nodes: readonly ExpressionNode[], layout: Layout): (row: Row) => string | undefined {
  const parts = nodes.map((node) => ({ readValue: compileValue<Row>(node, accessIn(layout)), type: typeOf(node) }))
  return (row) => {
    let key = ''
    for (const { readValue, type } of parts) {
      const value = readValue(row)
      if (value === null) return undefined
      key += valueIdentity(type, value)
    }
    return key
  }
}

function mergeJoin(plan: JoinPlan, left: Operator, right: Operator, pairing: Pairing): Operator {
  const [leftKey] = plan.leftKeys
  const [rightKey] = plan.rightKeys
  const leftValue = compileValue<Row>(leftKey, accessIn(plan.left.layout))
  const rightValue = compileValue<Row>(rightKey, accessIn(plan.right.layout))
  const type = typeOf(leftKey)
  const order: OrderPart = { node: rightKey, isDescending: false, nulls: 'last' }
  const compareRight = compareRowsBy([order], plan.right.layout)
  const compare = (leftRow: Row, rightRow: Row): number | undefined => {
    const [a, b] = [leftValue(leftRow), rightValue(rightRow)]
    if (a === null) return undefined
    return b === null ? -1 : type.compare(a, b)
  }
  return new MergeJoinOperator(left, right, { compare, isSame: (a, b) => compareRight(a, b) === 0 }, pairing)
}

type FindCandidates = (rows: readonly Row[]) => MaybePromise<readonly (readonly Row[])[]>

/** Finds the rows that a batch of left rows looks up: every key once, and all rows of the batch in one read. */
function candidateFinder(plan: LookupPlan, leftLayout: Layout, execution: Execution, meter: ReadMeter): FindCandidates {
  const keyOf = lookupKey(plan, leftLayout)
  const tests = plan.predicates.map((node) => compilePredicate<Row>(node, accessIn(plan.layout)))
  const isWanted = (row: Row): boolean => tests.every((test) => test(row) === true)
  return (rows) => {
    const keys = rows.map(keyOf)
    const distinct = [...new Set(keys.filter((key) => key !== undefined))]
    return andThen(findRows(plan, distinct, execution, meter), (found) => {
      const byKey = new Map(distinct.map((key, index) => [key, found[index].filter(isWanted)]))
      return keys.map((key) => (key === undefined ? [] : (byKey.get(key) as readonly Row[])))
    })
  }
}

/** What comes behind a prefix in the looked-up key; `undefined` when the row has a null there. */
function lookupKey(plan: LookupPlan, leftLayout: Layout): (row: Row) => Key | undefined {
  const parts = plan.parts.map((part) => {
    if ('element' in part) return () => part.element
    const readValue = compileValue<Row>(part.node, accessIn(leftLayout))
    return (row: Row) => {
      const value = readValue(row)
      if (value === null) return undefined
      const element = part.type.encodeKey(value)
      return part.isDescending ? invertElement(element) : element
    }
  })
  return (row) => {
    let key: Key = ''
    for (const elementOf of parts) {
      const element = elementOf(row)
      if (element === undefined) return undefined
      key += element
    }
    return key
  }
}

function findRows(
  plan: LookupPlan,
  keys: readonly Key[],
  execution: Execution,
  meter: ReadMeter,
): MaybePromise<readonly (readonly Row[])[]> {
  const { table, index, prefixes } = plan
  const { transaction } = execution
  if (index === undefined) {
    execution.budget?.takeKeys(keys.length)
    const rows = transaction.getMany(
      table,
      keys.map((key) => prefixes[0] + key),
      meter,
    )
    return andThen(rows, (found) => found.map((row) => (row === undefined ? [] : [row])))
  }
  const found = mapAll(keys, (key) =>
    rowKeysUnder(
      prefixes.map((prefix) => prefix + key),
      plan,
      execution,
      meter,
    ),
  )
  return andThen(found, (rowKeys) => {
    const all = rowKeys.flat()
    checkRowsInMemory(all.length, 'lookup join')
    return andThen(transaction.getMany(table, all, meter), (rows) => {
      let position = 0
      return rowKeys.map((ofKey) => ofKey.map(() => rows[position++]).filter((row) => row !== undefined))
    })
  })
}

/** The keys of the rows whose entries begin with one of the prefixes. */
function rowKeysUnder(
  prefixes: readonly Key[],
  plan: LookupPlan,
  execution: Execution,
  meter: ReadMeter,
): MaybePromise<Key[]> {
  const keys: Key[] = []
  const index = plan.index as NonNullable<LookupPlan['index']>
  const ranges = prefixes.map((prefix) => ({ start: prefix, end: `${prefix}\xff` }))
  const options = { isReverse: false, expected: plan.estimatedRows }
  const take = (batch: StoredBatch): Row[] => {
    batch.keys.forEach((key, position) => {
      keys.push(index.rowKeyOf(key, batch.values[position]))
    })
    return batch.keys.map(() => [])
  }
  const entries = new RangesOperator(execution, ranges, options, meter, take, 2)
  return andThen(
    forEachBatch(entries, () => true),
    () => keys,
  )
}

import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import { compileValue } from '../../expressions/evaluate.js'
import { typeOf } from '../../expressions/type-of.js'
import type { Row } from '../../records/row.js'
import type { RowValue } from '../../values/column-type.js'
import { accessIn } from '../plan/layout.js'
import type { AggregatePlan } from '../plan/plan-node.js'
import { accumulatorMaker, type RowAccumulator } from './accumulators.js'
import { forEachBatch, type Operator } from './operator.js'
import { checkRowsInMemory } from './row-budget.js'
import { valueIdentity } from './row-identity.js'

interface Group {
  readonly values: readonly RowValue[]
  readonly accumulators: readonly RowAccumulator[]
}

/** Groups by hash, in the order of their first rows; one group over everything when nothing is grouped by. */
export class AggregateOperator implements Operator {
  readonly #input: Operator
  readonly #plan: AggregatePlan
  readonly #known: () => readonly Row[] | undefined
  #hasEnded = false

  /** @param known the rows of the step, if they can be told without reading its input. */
  constructor(input: Operator, plan: AggregatePlan, known: () => readonly Row[] | undefined = () => undefined) {
    this.#input = input
    this.#plan = plan
    this.#known = known
  }

  next(): MaybePromise<readonly Row[] | undefined> {
    if (this.#hasEnded) return undefined
    this.#hasEnded = true
    const known = this.#known()
    if (known !== undefined) return known.length === 0 ? undefined : known
    const { groupBy, aggregates, input } = this.#plan
    const makers = aggregates.map((node) => accumulatorMaker(node, input.layout))
    const values = groupBy.map((node) => ({ of: compileValue<Row>(node, accessIn(input.layout)), type: typeOf(node) }))
    const newGroup = (row: Row): Group => ({
      values: values.map(({ of }) => of(row)),
      accumulators: makers.map((make) => make()),
    })
    const groups = new Map<string, Group>()
    if (groupBy.length === 0) groups.set('', newGroup([]))
    const add = (row: Row): void => {
      let identity = ''
      for (const { of, type } of values) identity += valueIdentity(type, of(row))
      let group = groups.get(identity)
      if (group === undefined) {
        group = newGroup(row)
        groups.set(identity, group)
        checkRowsInMemory(groups.size, 'group')
      }
      for (const accumulator of group.accumulators) accumulator.add(row)
    }
    return andThen(
      forEachBatch(this.#input, (rows) => {
        for (const row of rows) add(row)
      }),
      () => {
        const rows = [...groups.values()].map((group) => [
          ...group.values,
          ...group.accumulators.map((one) => one.result()),
        ])
        return rows.length === 0 ? undefined : rows
      },
    )
  }

  close(): MaybePromise<void> {
    this.#hasEnded = true
    return this.#input.close()
  }
}

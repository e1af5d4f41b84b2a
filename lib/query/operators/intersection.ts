import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import type { Key, KeyRange } from '../../codec/key.js'
import type { ReadMeter } from '../../records/read-meter.js'
import type { Row } from '../../records/row.js'
import type { TableIndex } from '../../records/table-index.js'
import type { IntersectionPlan } from '../plan/plan-node.js'
import { type Execution, forEachBatch, type Operator } from './operator.js'
import { checkRowsInMemory } from './row-budget.js'
import { KeysOperator, RangesOperator } from './sources.js'

/** Goes through the entries of each index for the keys of their rows, and reads the rows that all of them have. */
export class IntersectionOperator implements Operator {
  readonly #execution: Execution
  readonly #plan: IntersectionPlan
  readonly #meter: ReadMeter
  #rows: Operator | undefined

  constructor(execution: Execution, plan: IntersectionPlan, meter: ReadMeter) {
    this.#execution = execution
    this.#plan = plan
    this.#meter = meter
  }

  next(): MaybePromise<readonly Row[] | undefined> {
    return andThen(this.#rows ?? this.#findRows(), (rows) => {
      this.#rows = rows
      return rows.next()
    })
  }

  close(): MaybePromise<void> {
    return this.#rows?.close()
  }

  async #findRows(): Promise<Operator> {
    let common: Set<Key> | undefined
    for (const { index, ranges } of this.#plan.inputs) {
      const known: ReadonlySet<Key> | undefined = common
      const found = await this.#rowKeys(index, ranges, (key) => known === undefined || known.has(key))
      common = found
    }
    // In the order of the keys, as rows lie.
    const keys = [...(common ?? [])].sort()
    return new KeysOperator(this.#execution, this.#plan.table, keys, this.#meter)
  }

  async #rowKeys(index: TableIndex, ranges: readonly KeyRange[], isWanted: (key: Key) => boolean): Promise<Set<Key>> {
    const keys = new Set<Key>()
    const options = { isReverse: false, expected: this.#plan.estimatedRows }
    const entries = new RangesOperator(this.#execution, ranges, options, this.#meter, (batch) => {
      return batch.keys.map((key, position) => [index.rowKeyOf(key, batch.values[position])])
    })
    await forEachBatch(entries, (rows) => {
      for (const [key] of rows) if (isWanted(key as Key)) keys.add(key as Key)
      checkRowsInMemory(keys.size, 'index intersection')
    })
    return keys
  }
}

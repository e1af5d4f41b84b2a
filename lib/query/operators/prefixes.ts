import type { KeyRange } from '../../codec/key.js'
import { prefixEnd } from '../../codec/key.js'
import { prefixBytes } from '../../codec/space.js'
import { elementEnd } from '../../codec/tuple.js'
import type { ReadMeter } from '../../records/read-meter.js'
import type { Row } from '../../records/row.js'
import type { PrefixesPlan } from '../plan/plan-node.js'
import { checkExecution, type Execution, type Operator } from './operator.js'

/** Reads the first entry of each different beginning, and then seeks the next one (a loose index scan). */
export class PrefixesOperator implements Operator {
  readonly #execution: Execution
  readonly #plan: PrefixesPlan
  readonly #meter: ReadMeter
  #ranges: readonly KeyRange[]

  constructor(execution: Execution, plan: PrefixesPlan, meter: ReadMeter) {
    this.#execution = execution
    this.#plan = plan
    this.#meter = meter
    this.#ranges = plan.ranges
  }

  async next(): Promise<readonly Row[] | undefined> {
    while (this.#ranges.length > 0) {
      checkExecution(this.#execution)
      const [range, ...others] = this.#ranges
      const scan = this.#execution.transaction.scan(range, { expected: 1 })
      const batch = await scan.next()
      await scan.close()
      if (batch === undefined) {
        this.#ranges = others
        continue
      }
      this.#execution.budget?.takeKeys(1)
      const [key] = batch.keys
      const [value] = batch.values
      this.#meter.add(1, key.length + value.length)
      let end = prefixBytes
      for (let column = 0; column < this.#plan.columns; column++) end = elementEnd(key, end)
      const rest = { start: prefixEnd(key.slice(0, end)) ?? range.end, end: range.end }
      this.#ranges = rest.start < rest.end ? [rest, ...others] : others
      return [this.#plan.index.rowOf(key, value)]
    }
    return undefined
  }

  close(): void {
    this.#ranges = []
  }
}

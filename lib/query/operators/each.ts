import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import { compileValue } from '../../expressions/evaluate.js'
import type { ColumnNode, ExpressionNode } from '../../expressions/nodes.js'
import type { Row } from '../../records/row.js'
import type { RowValue } from '../../values/column-type.js'
import type { QueryDescription } from '../description.js'
import { accessIn } from '../plan/layout.js'
import type { EachPlan } from '../plan/plan-node.js'
import { answerSubquery, bindOuter } from '../subqueries.js'
import type { Execution, Operator } from './operator.js'
import { valueIdentity } from './row-identity.js'

/** So many answers are remembered; then remembering begins anew. */
const answersMax = 10_000

/** Adds the answer of a subquery to every row; rows that agree in what the subquery names share one. */
export class EachOperator implements Operator {
  readonly #input: Operator
  readonly #plan: EachPlan
  readonly #execution: Execution
  readonly #readOuter: readonly ((row: Row) => RowValue)[]
  #answers = new Map<string, (row: Row) => RowValue>()

  constructor(input: Operator, plan: EachPlan, execution: Execution) {
    this.#input = input
    this.#plan = plan
    this.#execution = execution
    this.#readOuter = plan.subquery.outer.map((node) => compileValue<Row>(node, accessIn(plan.input.layout)))
  }

  next(): MaybePromise<readonly Row[] | undefined> {
    return andThen(this.#input.next(), (rows) => rows && this.#answerAll(rows))
  }

  close(): MaybePromise<void> {
    return this.#input.close()
  }

  async #answerAll(rows: readonly Row[]): Promise<readonly Row[]> {
    const answered: Row[] = []
    for (const row of rows) answered.push([...row, (await this.#answerOf(row))(row)])
    return answered
  }

  #answerOf(row: Row): MaybePromise<(row: Row) => RowValue> {
    const { subquery, input } = this.#plan
    const values = this.#readOuter.map((read) => read(row))
    const identity = values.map((value, index) => valueIdentity(subquery.outer[index].type, value)).join('')
    const known = this.#answers.get(identity)
    if (known !== undefined) return known
    const query = bindOuter(subquery.query as QueryDescription, subquery.outer as readonly ColumnNode[], values)
    return andThen(
      answerSubquery({ ...subquery, query, outer: [] }, this.#execution.answer),
      (answer: ExpressionNode) => {
        if (this.#answers.size >= answersMax) this.#answers = new Map()
        // What `in` answers is a predicate over its operand, which differs from row to row.
        const readValue = compileValue<Row>(answer, accessIn(input.layout))
        this.#answers.set(identity, readValue)
        return readValue
      },
    )
  }
}

import { InternalError } from '../../errors/rome-error.js'
import { compilePredicate, compileValue } from '../../expressions/evaluate.js'
import { ReadMeter } from '../../records/read-meter.js'
import type { Row } from '../../records/row.js'
import type { RowValue } from '../../values/column-type.js'
import { accessIn } from '../plan/layout.js'
import { widthOf } from '../plan/output.js'
import type { EntriesPlan, FilterPlan, PlanNode, ProjectPlan, SetPlan, SortPlan } from '../plan/plan-node.js'
import { AggregateOperator } from './aggregate.js'
import { compareRowsBy, isAfter } from './compare-rows.js'
import { countInMemory } from './counted-groups.js'
import { EachOperator } from './each.js'
import { executeJoin } from './execute-join.js'
import { IntersectionOperator } from './intersection.js'
import { ConcatOperator, MergeOperator } from './merge.js'
import { checkExecution, type Execution, type Operator, type StepCount } from './operator.js'
import { PrefixesOperator } from './prefixes.js'
import { rowIdentity } from './row-identity.js'
import { keepDistinct, MembershipOperator } from './set.js'
import { SortOperator } from './sort.js'
import type { SpillCount } from './sort-memory.js'
import { KeysOperator, nothing, RangesOperator, rowsOfEntries, rowsOfTable } from './sources.js'
import { LimitOperator, TransformOperator } from './transform.js'

/** Makes the operators that carry a plan out. Nothing is read before the first `next`. */
export function execute(plan: PlanNode, execution: Execution): Operator {
  if (execution.counts === undefined) return operatorOf(plan, execution, execution.meter)
  const count: StepCount = { rows: 0, read: new ReadMeter(execution.meter) }
  execution.counts.set(plan, count)
  return new TransformOperator(operatorOf(plan, execution, count.read), (rows) => {
    count.rows += rows.length
    return rows
  })
}

function operatorOf(plan: PlanNode, execution: Execution, meter: ReadMeter): Operator {
  switch (plan.kind) {
    case 'nothing':
      return nothing
    case 'keys':
      return new KeysOperator(execution, plan.table, plan.keys, meter)
    case 'rows':
      return new RangesOperator(execution, plan.ranges, plan, meter, rowsOfTable(plan.table))
    case 'intersection':
      return new IntersectionOperator(execution, plan, meter)
    case 'prefixes':
      return new PrefixesOperator(execution, plan, meter)
    case 'entries':
      return executeEntries(plan, execution, meter)
    case 'concat': {
      const inputs = plan.inputs.map((input) => execute(input, execution))
      if (plan.mergeBy === undefined) return new ConcatOperator(inputs)
      return new MergeOperator(inputs, compareRowsBy(plan.mergeBy, plan.layout))
    }
    case 'join':
      return executeJoin(plan, execution, meter, execute)
    case 'each':
      return new EachOperator(execute(plan.input, execution), plan, execution)
    case 'lookup':
      throw new InternalError('ROME_INTERNAL', 'a lookup is carried out by the join above it')
    case 'filter':
      return new TransformOperator(execute(plan.input, execution), filterRows(plan, execution.onExamined))
    case 'sort':
      return executeSort(plan, execution)
    case 'limit':
      return new LimitOperator(execute(plan.input, execution), plan.offset, plan.limit)
    case 'project':
      return new TransformOperator(execute(plan.input, execution), projectRows(plan))
    case 'distinct':
      return new TransformOperator(execute(plan.input, execution), keepDistinct(rowIdentity(plan.parts)))
    case 'aggregate':
      return new AggregateOperator(execute(plan.input, execution), plan, () => countInMemory(plan, execution))
    case 'set':
      return executeSet(plan, execution)
  }
}

function executeEntries(plan: EntriesPlan, execution: Execution, meter: ReadMeter): Operator {
  const toRows = rowsOfEntries(execution, plan, meter)
  const keysEach = plan.reads === 'row' ? 2 : 1
  if (plan.mergeBy === undefined) return new RangesOperator(execution, plan.ranges, plan, meter, toRows, keysEach)
  const perRange = plan.ranges.map((range) => new RangesOperator(execution, [range], plan, meter, toRows, keysEach))
  return new MergeOperator(perRange, compareRowsBy(plan.mergeBy, plan.layout))
}

function filterRows(plan: FilterPlan, onExamined: Execution['onExamined']): (rows: readonly Row[]) => readonly Row[] {
  const access = accessIn(plan.input.layout)
  const wanted = plan.predicates.map((node) => compilePredicate<Row>(node, access))
  const excluded = plan.exclude.map((node) => compilePredicate<Row>(node, access))
  const isBeyond = plan.seek && isAfter(plan.seek, plan.input.layout)
  const [only] = wanted
  const isOnly = only !== undefined && wanted.length === 1 && excluded.length === 0 && isBeyond === undefined
  return (rows) => {
    onExamined?.(rows[rows.length - 1], plan.input.layout)
    // A scan of a whole table is mostly this.
    if (isOnly) return rows.filter((row) => only(row) === true)
    return rows.filter((row) => {
      for (const predicate of wanted) if (predicate(row) !== true) return false
      for (const predicate of excluded) if (predicate(row) === true) return false
      return isBeyond === undefined || isBeyond(row)
    })
  }
}

function executeSort(plan: SortPlan, execution: Execution): Operator {
  const compare = compareRowsBy(plan.order, plan.layout)
  const presorted = plan.order.slice(0, plan.presorted)
  const compareGroup = presorted.length === 0 ? undefined : compareRowsBy(presorted, plan.layout)
  const isSameGroup = compareGroup && ((a: Row, b: Row) => compareGroup(a, b) === 0)
  const spilled: SpillCount = { runs: 0, bytes: 0 }
  const count = execution.counts?.get(plan)
  if (count !== undefined) count.spilled = spilled
  const check = (): void => checkExecution(execution)
  const options = { compare, isSameGroup, top: plan.top, memory: execution.sortMemory, check, spilled }
  return new SortOperator(execute(plan.input, execution), options)
}

function projectRows(plan: ProjectPlan): (rows: readonly Row[]) => readonly Row[] {
  const { parts, input } = plan
  const width = widthOf(parts)
  const access = accessIn(input.layout)
  const writers = parts.map((part): ((row: Row, output: RowValue[]) => void) => {
    if (part.kind === 'value') {
      const readValue = compileValue<Row>(part.node, access)
      return (row, output) => {
        output[part.offset] = readValue(row)
      }
    }
    const start = input.layout.get(part.source) ?? 0
    const length = part.table.schema.columns.length
    return (row, output) => {
      for (let column = 0; column < length; column++) output[part.offset + column] = row[start + column]
    }
  })
  return (rows) =>
    rows.map((row) => {
      const output = new Array<RowValue>(width)
      for (const write of writers) write(row, output)
      return output
    })
}

function executeSet(plan: SetPlan, execution: Execution): Operator {
  const left = execute(plan.left, execution)
  const right = execute(plan.right, execution)
  const identityOf = rowIdentity(plan.parts)
  switch (plan.operator) {
    case 'unionAll':
      return new ConcatOperator([left, right])
    case 'union':
      return new TransformOperator(new ConcatOperator([left, right]), keepDistinct(identityOf))
    case 'intersect':
    case 'except': {
      const members = new MembershipOperator(left, right, identityOf, plan.operator === 'intersect')
      return new TransformOperator(members, keepDistinct(identityOf))
    }
  }
}

import { describeExpression, type NameColumn } from '../../expressions/describe.js'
import type { ExpressionNode, Source } from '../../expressions/nodes.js'
import { sourcesOf } from '../../expressions/walk.js'
import type { RecordStore } from '../../records/record-store.js'
import type { OrderPart } from '../description.js'
import type { StepCount } from '../operators/operator.js'
import type { OutputPart } from './output.js'
import { inputsOf, type PlanNode } from './plan-node.js'

/** One step of a plan, as data. */
export interface ExplainedStep {
  /** What the step does, such as `index range`. */
  readonly step: string
  /** On what, and how. */
  readonly detail: Readonly<Record<string, string | number | boolean | readonly number[]>>
  readonly estimatedRows: number
  /** How many rows came out, and what was read for them; only when the query was run for it. */
  readonly actual?: ActualCost
  readonly inputs: readonly ExplainedStep[]
}

/** What a step did when the query was run. */
export interface ActualCost {
  readonly rows: number
  readonly keysRead: number
  readonly bytesRead: number
  /** A sort that did not fit into its memory wrote so many sorted runs to disk, and so many bytes. */
  readonly spilled?: { readonly runs: number; readonly bytes: number }
}

/** A scope that a query obeys: of which model or alias, and its name. */
export interface ExplainedScope {
  readonly model: string
  readonly scope: string
}

/** A relation that is loaded with the entities of a query. */
export interface ExplainedInclude {
  /** Its name, or the path to it. */
  readonly relation: string
  /** The most entities of each collection. */
  readonly limit?: number
  /** The index by which no more than these are read; absent where all are read and cut to the limit. */
  readonly readBy?: string
}

/** How a query is answered: a tree of steps, printed as text or taken as data. */
export class Explanation {
  readonly plan: ExplainedStep
  /** An index that would serve the query, where it reads a whole table to find a part of it. */
  readonly suggestedIndex: string | undefined
  /** The scopes that the query obeys, those of its subqueries among them. */
  readonly scopes: readonly ExplainedScope[]

  /** The relations that are loaded. */
  readonly includes: readonly ExplainedInclude[]

  constructor(
    plan: ExplainedStep,
    suggestedIndex: string | undefined,
    scopes: readonly ExplainedScope[],
    includes: readonly ExplainedInclude[],
  ) {
    this.plan = plan
    this.suggestedIndex = suggestedIndex
    this.scopes = scopes
    this.includes = includes
    Object.freeze(this)
  }

  /** One line a step, those below indented. */
  toString(): string {
    const lines: string[] = []
    const print = (step: ExplainedStep, depth: number): void => {
      lines.push(`${'  '.repeat(depth)}${lineOf(step)}`)
      for (const input of step.inputs) print(input, depth + 1)
    }
    print(this.plan, 0)
    for (const include of this.includes) lines.push(includeLine(include))
    for (const { model, scope } of this.scopes) lines.push(`scope ${scope} of ${model}`)
    if (this.suggestedIndex !== undefined) lines.push(`would be served by ${this.suggestedIndex}`)
    return lines.join('\n')
  }

  toJSON(): Pick<Explanation, 'plan'> & Partial<Pick<Explanation, 'suggestedIndex' | 'scopes' | 'includes'>> {
    const { plan, suggestedIndex, scopes, includes } = this
    return {
      plan,
      ...(suggestedIndex === undefined ? {} : { suggestedIndex }),
      ...(scopes.length === 0 ? {} : { scopes }),
      ...(includes.length === 0 ? {} : { includes }),
    }
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

function includeLine({ relation, limit, readBy }: ExplainedInclude): string {
  if (limit === undefined) return `include ${relation}`
  return `include ${relation}: rows ${limit} of each; ${readBy === undefined ? 'all are read' : `read by ${readBy}`}`
}

function lineOf({ step, detail, estimatedRows, actual }: ExplainedStep): string {
  const details = Object.entries(detail).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(',') : String(value)}`,
  )
  const counted = actual === undefined ? '' : `, in fact ${actual.rows}`
  const read =
    actual === undefined || actual.keysRead === 0 ? '' : `; read ${actual.keysRead} keys, ${actual.bytesRead} bytes`
  const spilled =
    actual?.spilled === undefined ? '' : `; spilled ${actual.spilled.runs} runs, ${actual.spilled.bytes} bytes`
  const rows = `about ${estimatedRows} rows${counted}${read}${spilled}`
  return `${step}${details.length === 0 ? '' : `: ${details.join('; ')}`} (${rows})`
}

/** Describes a plan; `counts` tells what each step did when it was run. */
export function explainPlan(
  plan: PlanNode,
  store: RecordStore,
  counts?: ReadonlyMap<PlanNode, StepCount>,
): ExplainedStep {
  const count = counts?.get(plan)
  return {
    ...describe(plan, store),
    estimatedRows: plan.estimatedRows,
    ...(count === undefined ? {} : { actual: actualCost(count) }),
    inputs: inputsOf(plan).map((input) => explainPlan(input, store, counts)),
  }
}

function actualCost({ rows, read, spilled }: StepCount): ActualCost {
  const hasSpilled = spilled !== undefined && spilled.runs > 0
  return { rows, keysRead: read.keys, bytesRead: read.bytes, ...(hasSpilled ? { spilled } : {}) }
}

type Described = Pick<ExplainedStep, 'step' | 'detail'>

function describe(plan: PlanNode, store: RecordStore): Described {
  const name = namingIn(plan)
  switch (plan.kind) {
    case 'nothing':
      return { step: 'nothing', detail: {} }
    case 'keys':
      return { step: 'primary key', detail: { model: plan.table.schema.name, keys: plan.keys.length } }
    case 'rows':
      return {
        step: plan.isFull ? 'whole table' : 'primary key range',
        detail: { model: plan.table.schema.name, ...rangeDetail(plan, store) },
      }
    case 'entries':
      return {
        step: plan.isFull ? 'whole index' : 'index range',
        detail: {
          index: `${plan.table.schema.name}.${plan.index.definition.name}`,
          reads: plan.reads === 'row' ? 'entries and rows' : 'entries only',
          ...rangeDetail(plan, store),
          ...(plan.mergeBy === undefined ? {} : { 'merged by': describeOrder(plan.mergeBy, name) }),
        },
      }
    case 'lookup':
      return {
        step: plan.index === undefined ? 'primary key of each row' : 'index range of each row',
        detail: {
          ...(plan.index === undefined
            ? { model: plan.table.schema.name }
            : { index: `${plan.table.schema.name}.${plan.index.definition.name}` }),
          ...(plan.predicates.length === 0 ? {} : { where: describeAll(plan.predicates, name) }),
        },
      }
    case 'join':
      return {
        step: `${plan.joinKind === 'inner' ? '' : `${plan.joinKind} `}${plan.method} join`,
        detail: {
          with: plan.source.name,
          ...(plan.leftKeys.length === 0
            ? {}
            : {
                on: plan.leftKeys
                  .map(
                    (node, at) => `${describeExpression(node, name)} = ${describeExpression(plan.rightKeys[at], name)}`,
                  )
                  .join(' and '),
              }),
          ...(plan.residual.length === 0 ? {} : { where: describeAll(plan.residual, name) }),
        },
      }
    case 'each':
      return { step: 'subquery of each row', detail: { answers: describeExpression(plan.subquery, name) } }
    case 'prefixes':
      return {
        step: 'index prefixes',
        detail: {
          index: `${plan.table.schema.name}.${plan.index.definition.name}`,
          columns: plan.columns,
          ...rangeDetail(plan, store),
        },
      }
    case 'intersection':
      return {
        step: 'index intersection',
        detail: {
          indexes: plan.inputs.map(({ index }) => `${plan.table.schema.name}.${index.definition.name}`).join(' and '),
        },
      }
    case 'concat':
      return plan.mergeBy === undefined
        ? { step: 'one after the other', detail: {} }
        : { step: 'merge', detail: { by: describeOrder(plan.mergeBy, name) } }
    case 'filter':
      return {
        step: 'filter',
        detail: {
          ...(plan.predicates.length === 0 ? {} : { where: describeAll(plan.predicates, name) }),
          ...(plan.exclude.length === 0
            ? {}
            : { 'where not': plan.exclude.map((node) => `(${describeExpression(node, name)})`).join(' or ') }),
          ...(plan.seek === undefined ? {} : { after: `a place in ${describeOrder(plan.seek.order, name)}` }),
        },
      }
    case 'sort':
      return {
        step: plan.presorted > 0 ? 'sort groups' : plan.top === undefined ? 'sort' : 'top',
        detail: {
          by: describeOrder(plan.order, name),
          ...(plan.presorted > 0 ? { 'presorted by': describeOrder(plan.order.slice(0, plan.presorted), name) } : {}),
          ...(plan.top === undefined ? {} : { rows: plan.top }),
        },
      }
    case 'limit':
      return {
        step: 'limit',
        detail: {
          ...(plan.limit === undefined ? {} : { rows: plan.limit }),
          ...(plan.offset > 0 ? { offset: plan.offset } : {}),
        },
      }
    case 'project':
      return { step: 'select', detail: { of: plan.parts.map((part) => describePart(part, name)).join(', ') } }
    case 'distinct':
      return { step: 'distinct', detail: { of: plan.parts.map((part) => describePart(part, name)).join(', ') } }
    case 'aggregate':
      return {
        step: 'group',
        detail: {
          ...(plan.groupBy.length === 0
            ? {}
            : { by: plan.groupBy.map((node) => describeExpression(node, name)).join(', ') }),
          ...(plan.aggregates.length === 0
            ? {}
            : { of: plan.aggregates.map((node) => describeExpression(node, name)).join(', ') }),
        },
      }
    case 'set':
      return { step: plan.operator, detail: {} }
  }
}

function rangeDetail(plan: PlanNode & { kind: 'rows' | 'entries' | 'prefixes' }, store: RecordStore) {
  const partitions = new Set(plan.ranges.flatMap((range) => store.engine.partitionsOf(range)))
  return {
    ranges: plan.ranges.length,
    ...(plan.kind !== 'prefixes' && plan.isReverse ? { direction: 'backwards' } : {}),
    partitions: [...partitions].sort((a, b) => a - b),
  }
}

/** Columns are written with their model where rows of several are at hand. */
function namingIn(plan: PlanNode): NameColumn | undefined {
  const sources = new Set<Source>(inputsOf(plan).flatMap((input) => [...input.layout.keys()]))
  if (plan.kind === 'project' || plan.kind === 'distinct') {
    for (const part of plan.parts) {
      for (const source of part.kind === 'entity' ? [part.source] : sourcesOf(part.node)) sources.add(source)
    }
  }
  const isModel = (source: Source): boolean => 'schema' in source
  if ([...sources].filter(isModel).length < 2) return undefined
  return ({ source, column }) => (isModel(source) ? `${source.name}.${column.name}` : column.name)
}

function describePart(part: OutputPart, name: NameColumn | undefined): string {
  if (part.kind === 'entity') return part.source.name
  const text = describeExpression(part.node, name)
  return part.label === undefined ? text : `${text} as ${part.label}`
}

function describeAll(nodes: readonly ExpressionNode[], name: NameColumn | undefined): string {
  return nodes.map((node) => describeExpression(node, name)).join(' and ')
}

function describeOrder(order: readonly OrderPart[], name: NameColumn | undefined): string {
  return order
    .map(({ node, isDescending, nulls }) => {
      const isUsual = nulls === (isDescending ? 'first' : 'last')
      return `${describeExpression(node, name)}${isDescending ? ' desc' : ''}${isUsual ? '' : ` nulls ${nulls}`}`
    })
    .join(', ')
}

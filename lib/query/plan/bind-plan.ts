import type { ExpressionNode } from '../../expressions/nodes.js'
import type { OrderPart } from '../description.js'
import { keysIn } from './access-path.js'
import type { FilterValues } from './column-values.js'
import { constantPart } from './join-method.js'
import type { OutputPart } from './output.js'
import type { LookupPart, PlanNode, RangeSource, Seek } from './plan-node.js'

/** Other constants for a plan. */
export interface Constants {
  /** The expression with the constants; the same object where it has none. */
  node(node: ExpressionNode): ExpressionNode
  /** What a filter leaves with the constants; the same object where it depends on none. */
  values(values: FilterValues): FilterValues
  /** The place to resume at, where there is one. */
  readonly seek: Seek | undefined
  /** Told the ranges of each step that are others now. */
  onRanges(from: RangeSource, made: ReturnType<RangeSource['rangesOf']>): void
}

/** The plan with other constants. Steps that depend on none are shared. */
export function bindPlan(plan: PlanNode, constants: Constants): PlanNode {
  const below = (input: PlanNode): PlanNode => bindPlan(input, constants)
  const nodes = (list: readonly ExpressionNode[]): readonly ExpressionNode[] => mapSame(list, constants.node)
  switch (plan.kind) {
    case 'nothing':
      return plan
    case 'keys': {
      const ranges = rangesOf(plan.from, constants)
      return ranges === undefined ? plan : { ...plan, keys: keysIn(ranges, plan.isReverse) }
    }
    case 'rows':
    case 'entries':
    case 'prefixes': {
      const ranges = rangesOf(plan.from, constants)
      return ranges === undefined ? plan : { ...plan, ranges }
    }
    case 'intersection': {
      const inputs = mapSame(plan.inputs, (input) => {
        const ranges = rangesOf(input.from, constants)
        return ranges === undefined ? input : { ...input, ranges }
      })
      return inputs === plan.inputs ? plan : { ...plan, inputs }
    }
    case 'lookup': {
      const values = constants.values(plan.values)
      const parts = mapSame(plan.parts, (part) =>
        boundPart(part, values === plan.values ? undefined : values, constants),
      )
      const predicates = nodes(plan.predicates)
      return parts === plan.parts && predicates === plan.predicates ? plan : { ...plan, parts, predicates }
    }
    case 'concat':
      return withChanges(plan, { inputs: mapSame(plan.inputs, below) })
    case 'join':
      return withChanges(plan, {
        left: below(plan.left),
        right: below(plan.right),
        leftKeys: nodes(plan.leftKeys),
        rightKeys: nodes(plan.rightKeys),
        residual: nodes(plan.residual),
      })
    case 'each':
      return withChanges(plan, {
        input: below(plan.input),
        subquery: constants.node(plan.subquery) as typeof plan.subquery,
      })
    case 'filter':
      return withChanges(plan, {
        input: below(plan.input),
        predicates: nodes(plan.predicates),
        exclude: nodes(plan.exclude),
        seek: boundSeek(plan.seek, constants),
      })
    case 'sort':
      return withChanges(plan, { input: below(plan.input), order: boundOrder(plan.order, constants) })
    case 'limit':
      return withChanges(plan, { input: below(plan.input) })
    case 'project':
    case 'distinct':
      return withChanges(plan, { input: below(plan.input), parts: boundParts(plan.parts, constants) })
    case 'aggregate':
      return withChanges(plan, { input: below(plan.input) })
    case 'set':
      return withChanges(plan, {
        left: below(plan.left),
        right: below(plan.right),
        parts: boundParts(plan.parts, constants),
      })
  }
}

/** What is selected, with other constants. */
export function boundParts(parts: readonly OutputPart[], constants: Constants): readonly OutputPart[] {
  return mapSame(parts, (part) =>
    part.kind === 'value' ? withChanges(part, { node: constants.node(part.node) }) : part,
  )
}

/** Ranges for the constants; `undefined` where they stay. */
function rangesOf(from: RangeSource | undefined, constants: Constants) {
  if (from === undefined) return undefined
  const values = constants.values(from.values)
  if (values === from.values && constants.seek === undefined) return undefined
  const made = from.rangesOf(values, constants.seek)
  constants.onRanges(from, made)
  return made.ranges
}

function boundPart(part: LookupPart, values: FilterValues | undefined, constants: Constants): LookupPart {
  if ('node' in part) return withChanges(part, { node: constants.node(part.node) })
  return values === undefined ? part : constantPart(part.column, part.isDescending, values)
}

/** A step may look at the first parts of the order only. */
function boundSeek(seek: Seek | undefined, constants: Constants): Seek | undefined {
  if (seek === undefined || constants.seek === undefined) return seek
  return {
    ...seek,
    order: boundOrder(seek.order, constants),
    values: constants.seek.values.slice(0, seek.values.length),
  }
}

function boundOrder(order: readonly OrderPart[], constants: Constants): readonly OrderPart[] {
  return mapSame(order, (part) => withChanges(part, { node: constants.node(part.node) }))
}

/** The object with changes, or itself when there are none. */
function withChanges<T extends object>(whole: T, changes: Partial<T>): T {
  for (const name in changes) if (changes[name] !== whole[name]) return { ...whole, ...changes }
  return whole
}

/** The list with every item replaced, or itself when none is. */
function mapSame<T>(list: readonly T[], map: (item: T) => T): readonly T[] {
  let changed: T[] | undefined
  for (const [at, item] of list.entries()) {
    const mapped = map(item)
    if (mapped !== item) {
      changed ??= [...list]
      changed[at] = mapped
    }
  }
  return changed ?? list
}

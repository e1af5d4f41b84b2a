import { QueryError, UsageError } from '../errors/rome-error.js'
import { Expression } from '../expressions/expression.js'
import type { ExpressionNode } from '../expressions/nodes.js'
import { refuseUndefined } from '../expressions/operand.js'
import { Ordering } from '../expressions/ordering.js'
import { areComparable, typeOf } from '../expressions/type-of.js'
import { containsAggregate, sourcesOf } from '../expressions/walk.js'
import type { ModelSource } from '../schema/entity-schema.js'
import { type ModelLike, sourceOf } from '../schema/model-like.js'
import { Relation } from '../schema/relation.js'
import type { JoinPart, OrderPart, QueryDescription, SelectedPart } from './description.js'
import { joinsOfRelation, relationTo } from './relations.js'
import type { Selectable } from './selection.js'

// What users hand over becomes parts of a description here, or an error that says what to do.

/** The parts that a selection names. */
export function parseSelection(selection: readonly Selectable[]): SelectedPart[] {
  return selection.map((selected, position): SelectedPart => {
    if (selected === undefined || selected === null) {
      throw new UsageError('ROME_UNDEFINED', 'select a model, a column or an expression: this argument is undefined', {
        context: { position },
      })
    }
    if (selected instanceof Expression) return { kind: 'value', node: selected.node, label: selected.label }
    return { kind: 'entity', source: sourceOf(selected) }
  })
}

/** The model that a selection is about: that of its first part. @throws QueryError when it names none. */
export function rootOfSelection(selection: readonly SelectedPart[]): ModelSource {
  for (const part of selection) {
    if (part.kind === 'entity') return part.source
    for (const source of sourcesOf(part.node)) return source as ModelSource
  }
  throw new QueryError('ROME_QUERY_INVALID', 'this selection names no model: write session.query(Model).select(...)')
}

/** Predicates of `filter` or `having`. */
export function parsePredicates(predicates: readonly unknown[], method: string): ExpressionNode[] {
  if (predicates.length === 0) {
    throw new UsageError('ROME_ARGUMENT', 'give at least one predicate, such as image.status.eq("active")', {
      context: { method },
    })
  }
  return predicates.map((predicate, position) => {
    if (predicate === undefined) {
      throw new UsageError('ROME_UNDEFINED', 'undefined is no predicate: leave the argument out', {
        context: { method, position },
      })
    }
    if (predicate instanceof Expression && typeOf(predicate.node).kind === 'boolean') return predicate.node
    throw new UsageError('ROME_ARGUMENT', 'give a predicate, such as image.status.eq("active")', {
      context: { method, position },
    })
  })
}

/** The joins that `join` and `outerJoin` ask for. */
export function parseJoin(
  sources: readonly ModelSource[],
  kind: JoinPart['kind'],
  target: unknown,
  on: readonly unknown[],
): readonly JoinPart[] {
  refuseUndefined(target, 'join')
  if (on.length > 0) {
    const [condition] = parsePredicates(on, 'join')
    refuseAggregates([condition], 'join')
    return [{ source: sourceOf(target as ModelLike), kind, on: condition }]
  }
  if (typeof target === 'string') {
    const [root] = sources
    const definition = root.schema.relationByName.get(target)
    if (definition !== undefined) return joinsOfRelation(definition, root, definition.target.source, kind)
    throw new QueryError('ROME_QUERY_INVALID', 'the model has no relation of this name', {
      context: { model: root.name, relation: target, relations: [...root.schema.relationByName.keys()] },
    })
  }
  if (target instanceof Relation)
    return joinsOfRelation(target.definition, target.source, target.definition.target.source, kind)
  const source = sourceOf(target as ModelLike)
  const { from, definition } = relationTo(sources, source)
  return joinsOfRelation(definition, from, source, kind)
}

/** Refuses aggregates where rows are not grouped yet. */
export function refuseAggregates(nodes: readonly ExpressionNode[], method: string): void {
  if (nodes.some(containsAggregate)) {
    throw new QueryError('ROME_QUERY_INVALID', 'aggregates are compared in having(), after the rows are grouped', {
      context: { method },
    })
  }
}

/** Terms of `orderBy`. A bare expression is ascending. */
export function parseOrder(terms: readonly unknown[]): OrderPart[] {
  if (terms.length === 0)
    throw new UsageError('ROME_ARGUMENT', 'give orderBy() at least one column, such as image.createdAt.desc()')
  return terms.map((term, position) => {
    if (term === undefined) {
      throw new UsageError('ROME_UNDEFINED', 'undefined is no order: leave the argument out', { context: { position } })
    }
    const ordering = term instanceof Expression ? term.asc() : term
    if (!(ordering instanceof Ordering)) {
      throw new UsageError('ROME_ARGUMENT', 'give orderBy() columns or orders, such as image.createdAt.desc()', {
        context: { position },
      })
    }
    return { node: ordering.node, isDescending: ordering.isDescending, nulls: ordering.nulls }
  })
}

/** A count of rows: a safe integer from `least` on. */
export function parseCount(value: unknown, name: string, least = 0): number {
  if (value === undefined)
    throw new UsageError('ROME_UNDEFINED', 'give a number: undefined means nothing', { context: { name } })
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw new UsageError('ROME_ARGUMENT', 'give a whole number that is not too small', {
    context: { name, value, least },
  })
}

/** Refuses to combine queries that do not select the same kinds of things. */
export function checkCombinable(left: QueryDescription, right: QueryDescription): void {
  const isSame =
    left.selection.length === right.selection.length &&
    left.selection.every((part, index) => {
      const other = right.selection[index]
      if (part.kind === 'entity') return other.kind === 'entity' && part.source.schema === other.source.schema
      return other.kind === 'value' && areComparable(typeOf(part.node), typeOf(other.node))
    })
  if (!isSame) {
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'both queries of a set operation select the same models or types of columns, in the same order',
      {
        context: { left: left.selection.map(describePart), right: right.selection.map(describePart) },
      },
    )
  }
}

function describePart(part: SelectedPart): string {
  return part.kind === 'entity' ? part.source.schema.name : typeOf(part.node).kind
}

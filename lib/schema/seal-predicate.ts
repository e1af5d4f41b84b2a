import type { Predicate } from '../expressions/expression.js'
import type { ExpressionNode, Source } from '../expressions/nodes.js'
import { predicateNode } from '../expressions/predicate.js'
import { containsAggregate, readsOtherRows, sourcesOf } from '../expressions/walk.js'
import type { ColumnFields } from './field-types.js'
import { invalidModel } from './invalid-model.js'

/** A model's columns, whatever they are. */
export type AnyFields = ColumnFields<Record<string, unknown>>

/** The predicate of an index or a check: about one row of its own model. */
export function sealPredicate(
  model: string,
  owner: Readonly<Record<string, unknown>>,
  thunk: (columns: AnyFields) => Predicate,
  source: Source,
  fields: AnyFields,
): ExpressionNode {
  const node = evaluate(model, owner, thunk, fields)
  for (const used of sourcesOf(node)) {
    if (used !== source) {
      throw invalidModel('A where or check can name columns of its own model only.', model, {
        ...owner,
        source: used.name,
      })
    }
  }
  if (containsAggregate(node) || readsOtherRows(node)) {
    throw invalidModel('A where or check is about one row, without aggregates and queries.', model, owner)
  }
  return node
}

function evaluate(
  model: string,
  owner: Readonly<Record<string, unknown>>,
  thunk: (columns: AnyFields) => Predicate,
  fields: AnyFields,
): ExpressionNode {
  try {
    return predicateNode(thunk(fields), 'where or check')
  } catch (cause) {
    throw invalidModel('A where or check is a function of the columns that returns a predicate.', model, owner, cause)
  }
}

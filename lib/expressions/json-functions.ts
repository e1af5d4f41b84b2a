import { QueryError, UsageError } from '../errors/rome-error.js'
import type { ColumnSpec } from '../values/column-spec.js'
import type { ColumnKind, JsonValue } from '../values/column-type.js'
import { expressionNode, requireKind, textNode } from './argument.js'
import { columnType } from './cast.js'
import { Expression, type Predicate } from './expression.js'
import { functionNode, literalNode } from './make-nodes.js'
import type { ExpressionNode, JsonFunction } from './nodes.js'
import { rowValueOf } from './operand.js'
import { booleanType, isTextKind } from './type-of.js'
import { integerType, jsonType, textType, unboundedType } from './unbounded-type.js'

/** A step into a JSON value: the key of an object's member, or the place of an array's element, from 0. */
export type JsonStep = string | number

/** The type of an array's elements. */
export type JsonElement<T> = T extends readonly (infer E)[] ? NonNullable<E> : never

const foundKinds: ReadonlySet<ColumnKind> = new Set(['integer', 'float', 'boolean', 'json'])

/**
 * What lies at a path in a JSON value, as the type that comes last: `t.text()`, `t.integer()`, `t.float()`,
 * `t.boolean()` or `t.json()`. Null when nothing is there, and when it is of another type or null itself; nothing is
 * converted.
 * @throws UsageError `ROME_ARGUMENT` for a step that is no text and no integer from 0.
 * @throws QueryError `ROME_QUERY_INVALID` for another type.
 *
 * @example
 * ```ts
 * import { defineEntity, fields, jsonAt, primaryKey, t } from 'rome-orm'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), details: t.json() })
 * const firstAuthor = jsonAt(fields(Book).details, 'authors', 0, 'name', t.text())
 * ```
 */
export function jsonAt<T>(
  document: Expression<unknown>,
  ...pathAndType: readonly [...path: JsonStep[], type: ColumnSpec<T>]
): Expression<NonNullable<T> | null> {
  const type = unboundedType(columnType(pathAndType.at(-1), 'jsonAt'))
  if (!isTextKind(type.kind) && !foundKinds.has(type.kind)) {
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'JSON holds text, numbers, booleans and JSON: take text and cast() it.',
      {
        context: { type: type.kind },
      },
    )
  }
  const path = pathAndType.slice(0, -1).map(stepNode)
  return new Expression(functionNode('jsonAt', [documentNode(document, 'jsonAt'), ...path], type))
}

/**
 * Whether a JSON value contains another, as PostgreSQL's `@>` says it: an object has at least the members of the other,
 * an array has an equal or containing element for each of the other's, in any order, and an array contains a text,
 * number or boolean that is one of its elements.
 */
export function jsonContains(
  document: Expression<unknown>,
  part: Exclude<JsonValue, null> | Expression<unknown>,
): Predicate {
  return jsonPredicate('jsonContains', document, jsonNode(part, 'jsonContains'))
}

/** Whether a JSON array has an element that equals the value. False when the JSON value is no array. */
export function arrayContains<T>(
  array: Expression<T>,
  element: JsonElement<T> | Expression<JsonElement<T> | null>,
): Predicate {
  return jsonPredicate('arrayContains', array, jsonNode(element, 'arrayContains'))
}

/** Whether a JSON object has a member of that key, be it null. False when the JSON value is no object. */
export function hasKey(document: Expression<unknown>, key: string | Expression<string | null>): Predicate {
  return jsonPredicate('hasKey', document, textNode(key, 'hasKey'))
}

function jsonPredicate(name: JsonFunction, document: unknown, argument: ExpressionNode): Predicate {
  return new Expression(functionNode(name, [documentNode(document, name), argument], booleanType))
}

function documentNode(argument: unknown, where: string): ExpressionNode {
  const isJson = (kind: ColumnKind) => kind === 'json'
  return requireKind(
    expressionNode(argument, where),
    isJson,
    'Only JSON is looked into: give a t.json() column.',
    where,
  )
}

/** Row values of text, numbers and booleans are JSON as they are. */
function jsonNode(argument: unknown, where: string): ExpressionNode {
  if (!(argument instanceof Expression)) return literalNode(jsonType, rowValueOf(jsonType, argument, where))
  const isInJson = (kind: ColumnKind) => isTextKind(kind) || foundKinds.has(kind)
  return requireKind(
    argument.node,
    isInJson,
    'JSON holds text, numbers, booleans and JSON: cast() to one of them.',
    where,
  )
}

function stepNode(step: unknown): ExpressionNode {
  if (typeof step === 'string') return literalNode(textType, rowValueOf(textType, step, 'jsonAt'))
  if (Number.isSafeInteger(step) && (step as number) >= 0) return literalNode(integerType, step as number)
  throw new UsageError(
    'ROME_ARGUMENT',
    'A path is made of keys, which are text, and places, which are integers from 0.',
    {
      context: { step },
    },
  )
}

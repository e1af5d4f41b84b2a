import type { ColumnType, RowValue } from '../values/column-type.js'
import type {
  AggregateFunction,
  AggregateNode,
  CaseBranch,
  CaseNode,
  ColumnNode,
  ColumnReference,
  CompareNode,
  CompareOperator,
  ExpressionNode,
  FunctionName,
  FunctionNode,
  InNode,
  IsNullNode,
  IsTrueNode,
  LikeNode,
  LiteralNode,
  LogicNode,
  NotNode,
  NullNode,
  ParameterNode,
  RelatedNode,
  RelationReference,
  Source,
  SubqueryNode,
  TextMatchNode,
} from './nodes.js'
import { columnsOf } from './walk.js'

/** A row value that is there. */
export type PresentValue = Exclude<RowValue, null>

export function columnNode(source: Source, column: ColumnReference): ColumnNode {
  return Object.freeze({ kind: 'column', source, column, type: column.type })
}

export function literalNode(type: ColumnType, value: PresentValue): LiteralNode {
  return Object.freeze({ kind: 'literal', value, type })
}

/** What a prepared query is given later. */
export function parameterNode(name: string, type: ColumnType): ParameterNode {
  return Object.freeze({ kind: 'parameter', name, type })
}

/** What has no value. */
export function nullNode(type: ColumnType): NullNode {
  return Object.freeze({ kind: 'null', type })
}

export function compareNode(operator: CompareOperator, left: ExpressionNode, right: ExpressionNode): CompareNode {
  return Object.freeze({ kind: 'compare', operator, left, right })
}

/** `and` or `or` over the terms; terms of the same kind are taken apart, and a single term stands for itself. */
export function logicNode(kind: LogicNode['kind'], terms: readonly ExpressionNode[]): ExpressionNode {
  const flat = terms.flatMap((term) => (term.kind === kind ? term.terms : [term]))
  const [only] = flat
  if (only !== undefined && flat.length === 1) return only
  return Object.freeze({ kind, terms: Object.freeze(flat) })
}

/** True for every row. */
export const trueNode: ExpressionNode = logicNode('and', [])

/** False for every row. */
export const falseNode: ExpressionNode = logicNode('or', [])

/** The negation; that of a negation is what was negated, which three-valued logic allows. */
export function notNode(term: ExpressionNode): ExpressionNode {
  if (term.kind === 'not') return term.term
  const node: NotNode = { kind: 'not', term }
  return Object.freeze(node)
}

/** `values` may come in any order and with duplicates. */
export function inNode(operand: ExpressionNode, type: ColumnType, values: readonly PresentValue[]): InNode {
  return Object.freeze({ kind: 'in', operand, values: Object.freeze(sortedDistinct(type, values)) })
}

/** The caller has checked the pattern. */
export function likeNode(operand: ExpressionNode, pattern: string, ignoreCase: boolean): LikeNode {
  return Object.freeze({ kind: 'like', operand, pattern, ignoreCase })
}

export function textMatchNode(
  operator: TextMatchNode['operator'],
  operand: ExpressionNode,
  text: string,
): TextMatchNode {
  return Object.freeze({ kind: 'textMatch', operator, operand, text })
}

export function isNullNode(operand: ExpressionNode): IsNullNode {
  return Object.freeze({ kind: 'isNull', operand })
}

export function isTrueNode(term: ExpressionNode): IsTrueNode {
  return Object.freeze({ kind: 'isTrue', term })
}

export function aggregateNode(
  name: AggregateFunction,
  operand: ExpressionNode | undefined,
  type: ColumnType,
  isDistinct = false,
): AggregateNode {
  return Object.freeze({ kind: 'aggregate', function: name, operand, isDistinct, type })
}

export function functionNode(name: FunctionName, operands: readonly ExpressionNode[], type: ColumnType): FunctionNode {
  return Object.freeze({ kind: 'function', name, arguments: Object.freeze([...operands]), type })
}

export function caseNode(branches: readonly CaseBranch[], otherwise: ExpressionNode, type: ColumnType): CaseNode {
  const frozen = branches.map(({ condition, result }) => Object.freeze({ condition, result }))
  return Object.freeze({ kind: 'case', branches: Object.freeze(frozen), otherwise, type })
}

/** `type` is that of the node's value, and not of what an `in` looks among. */
export function subqueryNode(
  mode: SubqueryNode['mode'],
  { query, outer }: { readonly query: object; readonly outer: readonly ColumnNode[] },
  type: ColumnType,
  operand?: ExpressionNode,
): SubqueryNode {
  return Object.freeze({ kind: 'subquery', mode, operand, query, outer: Object.freeze([...outer]), type })
}

/** `path` are the columns of `source` by which the relation finds its rows. */
export function relatedNode(
  quantifier: RelatedNode['quantifier'],
  relation: RelationReference,
  source: Source,
  path: readonly ColumnReference[],
  target: Source,
  predicate?: ExpressionNode,
): RelatedNode {
  const named = predicate === undefined ? [] : columnsOf(predicate).filter((column) => column.source !== target)
  const outer = [...path.map((column) => columnNode(source, column)), ...named]
  return Object.freeze({
    kind: 'related',
    quantifier,
    relation,
    source,
    target,
    predicate,
    outer: Object.freeze(outer),
  })
}

function sortedDistinct(type: ColumnType, values: readonly PresentValue[]): PresentValue[] {
  const sorted = values.toSorted((a, b) => type.compare(a, b))
  return sorted.filter((value, at) => {
    const previous = sorted[at - 1]
    return previous === undefined || type.compare(previous, value) !== 0
  })
}

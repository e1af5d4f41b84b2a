import type { ColumnType, RowValue } from '../values/column-type.js'

/**
 * The frozen tree a user's expression is. Nodes are plain data, so that the planner, the evaluator and `explain` can
 * each walk it in their own way; {@link Expression} is the class users meet.
 *
 * Predicates follow SQL's three-valued logic: their value is true, false or null (unknown).
 */
export type ExpressionNode =
  | ColumnNode
  | LiteralNode
  | NullNode
  | ParameterNode
  | CompareNode
  | LogicNode
  | NotNode
  | InNode
  | LikeNode
  | TextMatchNode
  | IsNullNode
  | IsTrueNode
  | FunctionNode
  | CaseNode
  | AggregateNode
  | SubqueryNode
  | RelatedNode

/** Where columns come from: one use of a model in a query. Compared by identity; an alias is a source of its own. */
export interface Source {
  /** The model's stored name, or the alias. */
  readonly name: string
}

/** The part of a column's definition that expressions need. */
export interface ColumnReference {
  readonly name: string
  readonly type: ColumnType
  readonly isNullable: boolean
  /** Index of its value in a row. */
  readonly position: number
}

export interface ColumnNode {
  readonly kind: 'column'
  readonly source: Source
  readonly column: ColumnReference
  readonly type: ColumnType
}

/** A value that is null: of a subquery without a result, or of an outer row's column. Users say `isNull()`. */
export interface NullNode {
  readonly kind: 'null'
  readonly type: ColumnType
}

/** A constant that a prepared query is given each time it is run. */
export interface ParameterNode {
  readonly kind: 'parameter'
  readonly name: string
  readonly type: ColumnType
}

/** A constant, as a row value of `type`. Null is never a literal. */
export interface LiteralNode {
  readonly kind: 'literal'
  readonly value: Exclude<RowValue, null>
  readonly type: ColumnType
}

export type CompareOperator = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'

export interface CompareNode {
  readonly kind: 'compare'
  readonly operator: CompareOperator
  readonly left: ExpressionNode
  readonly right: ExpressionNode
}

/** `and` over no terms is true, `or` over none is false. */
export interface LogicNode {
  readonly kind: 'and' | 'or'
  readonly terms: readonly ExpressionNode[]
}

export interface NotNode {
  readonly kind: 'not'
  readonly term: ExpressionNode
}

/** `operand` is one of `values`, which hold no duplicates and are in ascending order. False when there are none. */
export interface InNode {
  readonly kind: 'in'
  readonly operand: ExpressionNode
  readonly values: readonly Exclude<RowValue, null>[]
}

/** SQL LIKE. `ilike` compares Unicode lower case. The pattern is checked when the node is built. */
export interface LikeNode {
  readonly kind: 'like'
  readonly operand: ExpressionNode
  readonly pattern: string
  readonly ignoreCase: boolean
}

export interface TextMatchNode {
  readonly kind: 'textMatch'
  readonly operator: 'startsWith' | 'endsWith' | 'contains'
  readonly operand: ExpressionNode
  readonly text: string
}

export interface IsNullNode {
  readonly kind: 'isNull'
  readonly operand: ExpressionNode
}

export type AggregateFunction = 'count' | 'sum' | 'min' | 'max' | 'avg'

/** Over the rows of a group. `count` without an operand counts rows. */
export interface AggregateNode {
  readonly kind: 'aggregate'
  readonly function: AggregateFunction
  readonly operand: ExpressionNode | undefined
  readonly isDistinct: boolean
  readonly type: ColumnType
}

/** Whether a predicate is true: false where it is false or unknown. Never null. */
export interface IsTrueNode {
  readonly kind: 'isTrue'
  readonly term: ExpressionNode
}

/**
 * A query inside an expression. `exists`: whether it has a row; `in`: whether `operand` is among its values, null
 * when that is unknown as in SQL; `scalar`: its only value, null when it has no row.
 */
export interface SubqueryNode {
  readonly kind: 'subquery'
  readonly mode: 'exists' | 'in' | 'scalar'
  readonly operand: ExpressionNode | undefined
  /** The query's description: frozen data that only the query layer looks into. */
  readonly query: object
  /** Columns of outer queries that it names. */
  readonly outer: readonly ColumnNode[]
  readonly type: ColumnType
}

/** The part of a relation's definition that expressions need. */
export interface RelationReference {
  readonly name: string
}

/**
 * What the rows that a relation leads to say: `some` makes the predicate true, or is there when there is none; `every`
 * makes it true, also when there are no rows; `none` does what `some` asks for. Never null.
 */
export interface RelatedNode {
  readonly kind: 'related'
  readonly quantifier: 'some' | 'every' | 'none'
  /** The relation's definition, that only the layers from the schema on look into. */
  readonly relation: RelationReference
  /** The model or alias whose rows are asked about. */
  readonly source: Source
  /** The related rows: a source of their own, to which the predicate's columns belong. */
  readonly target: Source
  readonly predicate: ExpressionNode | undefined
  /** Columns of other sources than `target`: those of `source` that lead to it, and those that the predicate names. */
  readonly outer: readonly ColumnNode[]
}

export type ArithmeticFunction = 'plus' | 'minus' | 'times' | 'dividedBy' | 'modulo'
export type NumberFunction = ArithmeticFunction | 'negated' | 'abs' | 'round'
export type TextFunction = 'lower' | 'upper' | 'trim' | 'length' | 'concat' | 'substring'
export type DatePart = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'
export type JsonFunction = 'jsonAt' | 'jsonContains' | 'arrayContains' | 'hasKey'
export type FunctionName = NumberFunction | TextFunction | DatePart | JsonFunction | 'cast' | 'coalesce' | 'nullIf'

/**
 * A value made of others. Null when an argument is null, but for `coalesce` and `nullIf`. The builder has checked the
 * types of the arguments. `cast` goes from the type of its argument to `type`; the arguments of `jsonAt` after the
 * first are literals: the texts and integers of a path.
 */
export interface FunctionNode {
  readonly kind: 'function'
  readonly name: FunctionName
  readonly arguments: readonly ExpressionNode[]
  readonly type: ColumnType
}

export interface CaseBranch {
  readonly condition: ExpressionNode
  readonly result: ExpressionNode
}

/** The result of the first branch whose condition is true. No result before it, and none after it, is evaluated. */
export interface CaseNode {
  readonly kind: 'case'
  readonly branches: readonly CaseBranch[]
  readonly otherwise: ExpressionNode
  readonly type: ColumnType
}

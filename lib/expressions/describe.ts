import type { ColumnType, RowValue } from '../values/column-type.js'
import type { PresentValue } from './make-nodes.js'
import type {
  AggregateNode,
  ArithmeticFunction,
  ColumnNode,
  CompareOperator,
  ExpressionNode,
  FunctionName,
  FunctionNode,
  NotNode,
  RelatedNode,
  SubqueryNode,
} from './nodes.js'
import { typeOf } from './type-of.js'
import { sourcesOf } from './walk.js'

/** How a column is written. */
export type NameColumn = (node: ColumnNode) => string

const operatorText: Readonly<Record<CompareOperator, string>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
}

const arithmeticText: Readonly<Record<ArithmeticFunction, string>> = {
  plus: '+',
  minus: '-',
  times: '*',
  dividedBy: '/',
  modulo: '%',
}

const listedValuesMax = 10
const textCharactersMax = 80

/**
 * An expression in the manner of SQL, for plans and messages: `status = 'active' and size > 0`.
 * Columns are written with their source when there are several sources, unless `nameColumn` does otherwise.
 */
export function describeExpression(node: ExpressionNode, nameColumn: NameColumn = columnNaming(node)): string {
  const describe = (child: ExpressionNode) => describeExpression(child, nameColumn)
  const operand = (child: ExpressionNode) => describeOperand(child, nameColumn)
  switch (node.kind) {
    case 'column':
      return nameColumn(node)
    case 'null':
      return 'null'
    case 'parameter':
      return `:${node.name}`
    case 'literal':
      return describeValue(node.type, node.value)
    case 'compare':
      return `${operand(node.left)} ${operatorText[node.operator]} ${operand(node.right)}`
    case 'and':
      if (node.terms.length === 0) return 'true'
      return node.terms.map((term) => (term.kind === 'or' ? operand(term) : describe(term))).join(' and ')
    case 'or':
      return node.terms.length === 0 ? 'false' : node.terms.map(describe).join(' or ')
    case 'not':
      return describeNegation(node, operand)
    case 'in':
      return `${operand(node.operand)} in ${describeList(typeOf(node.operand), node.values)}`
    case 'like':
      return `${operand(node.operand)} ${node.ignoreCase ? 'ilike' : 'like'} ${quoted(node.pattern)}`
    case 'textMatch':
      return `${node.operator}(${describe(node.operand)}, ${quoted(node.text)})`
    case 'isNull':
      return `${operand(node.operand)} is null`
    case 'aggregate':
      return describeAggregate(node, nameColumn)
    case 'isTrue':
      return node.term.kind === 'not' ? `${operand(node.term.term)} is false` : `${operand(node.term)} is true`
    case 'function':
      return describeFunction(node, nameColumn)
    case 'case': {
      const branches = node.branches.map(
        ({ condition, result }) => `when ${describe(condition)} then ${describe(result)} `,
      )
      return `case ${branches.join('')}else ${describe(node.otherwise)} end`
    }
    case 'subquery':
      return describeSubquery(node, operand)
    case 'related':
      return describeRelated(node)
  }
}

function columnNaming(node: ExpressionNode): NameColumn {
  const isQualified = sourcesOf(node).size > 1
  return ({ source, column }) => (isQualified ? `${source.name}.${column.name}` : column.name)
}

/** Predicates may be operands too: `(a = 1) = b`. */
function describeOperand(node: ExpressionNode, nameColumn: NameColumn): string {
  const text = describeExpression(node, nameColumn)
  return isSimple(node) ? text : `(${text})`
}

/** Whether what stands beside it cannot be taken for a part of it. */
function isSimple(node: ExpressionNode): boolean {
  switch (node.kind) {
    case 'column':
    case 'literal':
    case 'null':
    case 'parameter':
    case 'aggregate':
    case 'case':
      return true
    case 'function':
      return arithmeticSign(node.name) === undefined
    default:
      return false
  }
}

function arithmeticSign(name: FunctionName): string | undefined {
  return name in arithmeticText ? arithmeticText[name as ArithmeticFunction] : undefined
}

function describeFunction(node: FunctionNode, nameColumn: NameColumn): string {
  const { name, type } = node
  const sign = arithmeticSign(name)
  if (sign !== undefined)
    return node.arguments.map((argument) => describeOperand(argument, nameColumn)).join(` ${sign} `)
  const texts = node.arguments.map((argument) => describeExpression(argument, nameColumn))
  if (name === 'cast') return `cast(${texts[0]} as ${type.kind})`
  if (name === 'jsonAt') texts.push(type.kind)
  return `${name}(${texts.join(', ')})`
}

function describeNegation({ term }: NotNode, operand: (node: ExpressionNode) => string): string {
  switch (term.kind) {
    case 'isNull':
      return `${operand(term.operand)} is not null`
    case 'in':
      return `${operand(term.operand)} not in ${describeList(typeOf(term.operand), term.values)}`
    case 'subquery':
      return term.operand === undefined
        ? `not ${describeSubquery(term, operand)}`
        : `${operand(term.operand)} not in (subquery)`
    default:
      return `not ${operand(term)}`
  }
}

function describeAggregate(node: AggregateNode, nameColumn: NameColumn): string {
  if (node.operand === undefined) return `${node.function}(*)`
  return `${node.function}(${node.isDistinct ? 'distinct ' : ''}${describeExpression(node.operand, nameColumn)})`
}

function describeSubquery(node: SubqueryNode, operand: (node: ExpressionNode) => string): string {
  if (node.operand !== undefined) return `${operand(node.operand)} in (subquery)`
  return node.mode === 'exists' ? 'exists (subquery)' : '(subquery)'
}

/** The predicate is about rows of its own, and names columns as a query of these would. */
function describeRelated({ relation, quantifier, predicate }: RelatedNode): string {
  return `${relation.name}.${quantifier}(${predicate === undefined ? '' : describeExpression(predicate)})`
}

function describeList(type: ColumnType, values: readonly PresentValue[]): string {
  const texts = values.slice(0, listedValuesMax).map((value) => describeValue(type, value))
  if (values.length > listedValuesMax) texts.push(`… ${values.length - listedValuesMax} more`)
  return `(${texts.join(', ')})`
}

/** A row value as SQL would write it. */
export function describeValue(type: ColumnType, value: RowValue): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `x${quoted(Buffer.from(value).toString('hex'))}`
  switch (type.kind) {
    case 'integer':
    case 'bigint':
    case 'float':
    case 'decimal':
    case 'boolean':
      return String(value)
    case 'json':
      return quoted(JSON.stringify(value))
    default: {
      const property = type.fromRow(value)
      return quoted(property instanceof Date ? property.toISOString() : String(property))
    }
  }
}

function quoted(text: string): string {
  const shown = text.length > textCharactersMax ? `${text.slice(0, textCharactersMax)}…` : text
  return `'${shown.replaceAll("'", "''")}'`
}

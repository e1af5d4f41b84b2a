import { InternalError, UsageError } from '../errors/rome-error.js'
import type { RowValue } from '../values/column-type.js'
import { comparedWith, comparison, isPrimitive, mirrored } from './comparison.js'
import { compileFunction } from './functions/compile-function.js'
import { compileLike } from './like.js'
import type {
  AggregateNode,
  CaseNode,
  ColumnNode,
  CompareNode,
  ExpressionNode,
  InNode,
  LogicNode,
  TextMatchNode,
} from './nodes.js'
import { typeOf } from './type-of.js'

/** Gives the value of an expression for a row. What a row is, the caller decides. */
export type ReadValue<R> = (row: R) => RowValue

/** Tells whether a predicate is true or false for a row, or null when that is unknown. */
export type TestRow<R> = (row: R) => boolean | null

/** How the caller's rows give the value of a column, or of an aggregate that was computed before. */
export type Access<R> = (node: ColumnNode | AggregateNode) => ReadValue<R>

/** Turns an expression into a function of a row. */
export function compileValue<R>(node: ExpressionNode, access: Access<R>): ReadValue<R> {
  switch (node.kind) {
    case 'column':
    case 'aggregate':
      return access(node)
    case 'null':
      return () => null
    case 'parameter':
      throw new UsageError('ROME_ARGUMENT', 'Give the parameters their values: query.prepare().bind({ … }).', {
        context: { parameter: node.name },
      })
    case 'literal': {
      const { value } = node
      return () => value
    }
    case 'function':
      return compileFunction(
        node,
        node.arguments.map((argument) => compileValue(argument, access)),
      )
    case 'case':
      return compileCase(node, access)
    case 'subquery':
      throw new InternalError('ROME_INTERNAL', 'A subquery is replaced by its value before anything is evaluated.')
    case 'related':
      throw new InternalError('ROME_INTERNAL', 'A relation is planned as a join before anything is evaluated.')
    default:
      return compilePredicate(node, access)
  }
}

/** Turns a predicate into a function of a row, by SQL's three-valued logic. */
export function compilePredicate<R>(node: ExpressionNode, access: Access<R>): TestRow<R> {
  switch (node.kind) {
    case 'column':
    case 'literal':
    case 'null':
    case 'parameter':
    case 'aggregate':
    case 'function':
    case 'case':
    case 'subquery':
    case 'related':
      // The builder has checked that the expression is boolean.
      return compileValue(node, access) as TestRow<R>
    case 'compare':
      return compileCompare(node, access)
    case 'and':
    case 'or':
      return compileLogic(node, access)
    case 'not': {
      const test = compilePredicate(node.term, access)
      return (row) => {
        const result = test(row)
        return result === null ? null : !result
      }
    }
    case 'in':
      return compileIn(node, access)
    case 'like':
      return testText(node.operand, access, compileLike(node.pattern, node.ignoreCase))
    case 'textMatch':
      return testText(node.operand, access, textMatcher(node))
    case 'isTrue': {
      const test = compilePredicate(node.term, access)
      return (row) => test(row) === true
    }
    case 'isNull': {
      const read = compileValue(node.operand, access)
      return (row) => read(row) === null
    }
  }
}

function compileCompare<R>(node: CompareNode, access: Access<R>): TestRow<R> {
  const { operator, left, right } = node
  const type = typeOf(left)
  if (right.kind === 'literal') return comparedWith(right.value, operator, type, compileValue(left, access))
  if (left.kind === 'literal') {
    return comparedWith(left.value, mirrored[operator], type, compileValue(right, access))
  }
  const readLeft = compileValue(left, access)
  const readRight = compileValue(right, access)
  const holds = comparison(operator, type)
  return (row) => {
    const leftValue = readLeft(row)
    if (leftValue === null) return null
    const rightValue = readRight(row)
    return rightValue === null ? null : holds(leftValue, rightValue)
  }
}

function compileCase<R>(node: CaseNode, access: Access<R>): ReadValue<R> {
  const branches = node.branches.map(({ condition, result }) => ({
    test: compilePredicate(condition, access),
    read: compileValue(result, access),
  }))
  const readOtherwise = compileValue(node.otherwise, access)
  return (row) => {
    for (const { test, read } of branches) if (test(row) === true) return read(row)
    return readOtherwise(row)
  }
}

/** A known result ends it; an unknown one is remembered. */
function compileLogic<R>(node: LogicNode, access: Access<R>): TestRow<R> {
  const tests = node.terms.map((term) => compilePredicate(term, access))
  const deciding = node.kind === 'or'
  const [first, second] = tests
  if (first !== undefined && second !== undefined && tests.length === 2) {
    return (row) => {
      const a = first(row)
      if (a === deciding) return deciding
      const b = second(row)
      if (b === deciding) return deciding
      return a === null || b === null ? null : !deciding
    }
  }
  return (row) => {
    let isUnknown = false
    for (const test of tests) {
      const result = test(row)
      if (result === deciding) return deciding
      if (result === null) isUnknown = true
    }
    return isUnknown ? null : !deciding
  }
}

function compileIn<R>(node: InNode, access: Access<R>): TestRow<R> {
  const { operand, values } = node
  if (values.length === 0) return () => false
  const read = compileValue(operand, access)
  const type = typeOf(operand)
  if (!isPrimitive(type)) {
    return (row) => {
      const value = read(row)
      return value === null ? null : values.some((candidate) => type.compare(candidate, value) === 0)
    }
  }
  const set = new Set<RowValue>(values)
  return (row) => {
    const value = read(row)
    return value === null ? null : set.has(value)
  }
}

function testText<R>(operand: ExpressionNode, access: Access<R>, matches: (text: string) => boolean): TestRow<R> {
  const read = compileValue(operand, access) as (row: R) => string | null
  return (row) => {
    const text = read(row)
    return text === null ? null : matches(text)
  }
}

function textMatcher({ operator, text }: TextMatchNode): (value: string) => boolean {
  switch (operator) {
    case 'startsWith':
      return (value) => value.startsWith(text)
    case 'endsWith':
      return (value) => value.endsWith(text)
    case 'contains':
      return (value) => value.includes(text)
  }
}

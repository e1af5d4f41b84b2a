import type { ColumnType, RowValue } from '../values/column-type.js'
import { compareText } from '../values/text-order.js'
import type { PresentValue } from './make-nodes.js'
import type { CompareOperator } from './nodes.js'
import { isTextKind } from './type-of.js'

/** The operator that says the same with its sides exchanged. */
export const mirrored: Readonly<Record<CompareOperator, CompareOperator>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  lte: 'gte',
  gt: 'lt',
  gte: 'lte',
}

/** A comparison of a row's value with a constant: the commonest predicate. */
export function comparedWith<R>(
  constant: PresentValue,
  operator: CompareOperator,
  type: ColumnType,
  read: (row: R) => RowValue,
): (row: R) => boolean | null {
  const isDirect = operator === 'eq' || operator === 'ne' ? isPrimitive(type) : orderOf(type) === 'native'
  if (isDirect) return compareDirectly(operator, read as (row: R) => number | null, constant as number)
  const holds = comparison(operator, type)
  return (row) => {
    const value = read(row)
    return value === null ? null : holds(value, constant)
  }
}

/** A comparison of two values that are there. */
export function comparison(operator: CompareOperator, type: ColumnType): (a: PresentValue, b: PresentValue) => boolean {
  const compare = comparatorOf(type)
  switch (operator) {
    case 'eq':
      return isPrimitive(type) ? (a, b) => a === b : (a, b) => compare(a, b) === 0
    case 'ne':
      return isPrimitive(type) ? (a, b) => a !== b : (a, b) => compare(a, b) !== 0
    case 'lt':
      return (a, b) => compare(a, b) < 0
    case 'lte':
      return (a, b) => compare(a, b) <= 0
    case 'gt':
      return (a, b) => compare(a, b) > 0
    case 'gte':
      return (a, b) => compare(a, b) >= 0
  }
}

/** The total order of the row values of a type. */
function comparatorOf(type: ColumnType): (a: PresentValue, b: PresentValue) => number {
  switch (orderOf(type)) {
    case 'native':
      return (a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0)
    case 'text':
      return (a, b) => compareText(a as string, b as string)
    case 'type':
      return (a, b) => type.compare(a, b)
  }
}

/**
 * How row values of a type are compared: by the operators of the language where these give the total order (numbers,
 * bigints, booleans, and uuids, which are text in ASCII), by code point for text, else by the type.
 */
function orderOf(type: ColumnType): 'native' | 'text' | 'type' {
  switch (type.kind) {
    case 'integer':
    case 'bigint':
    case 'float':
    case 'boolean':
    case 'datetime':
    case 'timestamp':
    case 'date':
    case 'uuid':
      return 'native'
    default:
      return isTextKind(type.kind) ? 'text' : 'type'
  }
}

/** Whether equal row values of the type are identical. */
export function isPrimitive(type: ColumnType): boolean {
  return type.kind !== 'bytes' && type.kind !== 'json'
}

/**
 * By the operators of the language, each in a closure of its own that can be inlined. The values are numbers for the
 * compiler only: the operators do the same for bigints, booleans and ASCII text, and equality for all text.
 */
function compareDirectly<R>(
  operator: CompareOperator,
  read: (row: R) => number | null,
  constant: number,
): (row: R) => boolean | null {
  switch (operator) {
    case 'eq':
      return (row) => {
        const value = read(row)
        return value === null ? null : value === constant
      }
    case 'ne':
      return (row) => {
        const value = read(row)
        return value === null ? null : value !== constant
      }
    case 'lt':
      return (row) => {
        const value = read(row)
        return value === null ? null : value < constant
      }
    case 'lte':
      return (row) => {
        const value = read(row)
        return value === null ? null : value <= constant
      }
    case 'gt':
      return (row) => {
        const value = read(row)
        return value === null ? null : value > constant
      }
    case 'gte':
      return (row) => {
        const value = read(row)
        return value === null ? null : value >= constant
      }
  }
}

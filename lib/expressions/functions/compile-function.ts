import { InternalError } from '../../errors/rome-error.js'
import type { ColumnKind, RowValue } from '../../values/column-type.js'
import { rowValuesEqual } from '../../values/compare.js'
import type { FunctionNode } from '../nodes.js'
import { typeOf } from '../type-of.js'
import { conversion } from './conversion.js'
import { datePart } from './date-parts.js'
import { arrayContains, hasKey, jsonAt, jsonContains } from './json-functions.js'
import { numberFunctions } from './number-functions.js'
import { nullWithNull, type StrictFunction } from './strict-function.js'
import { textFunctions } from './text-functions.js'

type ReadValue<R> = (row: R) => RowValue

/** Turns a function of values into one of a row, given how the row gives its arguments. */
export function compileFunction<R>(node: FunctionNode, readers: readonly ReadValue<R>[]): ReadValue<R> {
  switch (node.name) {
    case 'coalesce':
      return firstPresent(readers)
    case 'nullIf':
      return nullIfEqual(node, readers)
    default:
      return nullWithNull(readers, implementationOf(node))
  }
}

function implementationOf(node: FunctionNode): StrictFunction {
  const { name, type } = node
  switch (name) {
    case 'plus':
    case 'minus':
    case 'times':
    case 'dividedBy':
    case 'modulo':
    case 'negated':
    case 'abs':
    case 'round':
      return numberFunctions[calculated(type.kind)][name]
    case 'lower':
    case 'upper':
    case 'trim':
    case 'length':
    case 'concat':
    case 'substring':
      return textFunctions[name]
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'minute':
    case 'second':
      return datePart(name, firstKind(node))
    case 'jsonAt':
      return jsonAt(type.kind)
    case 'jsonContains':
      return jsonContains
    case 'arrayContains':
      return arrayContains
    case 'hasKey':
      return hasKey
    case 'cast':
      return conversion(firstKind(node), type.kind) ?? refuse(node)
    default:
      return refuse(node)
  }
}

function firstPresent<R>(readers: readonly ReadValue<R>[]): ReadValue<R> {
  return (row) => {
    for (const read of readers) {
      const value = read(row)
      if (value !== null) return value
    }
    return null
  }
}

function nullIfEqual<R>({ type }: FunctionNode, [read, readOther]: readonly ReadValue<R>[]): ReadValue<R> {
  return (row) => {
    const value = read?.(row) ?? null
    return rowValuesEqual(type, value, readOther?.(row) ?? null) ? null : value
  }
}

function calculated(kind: ColumnKind): keyof typeof numberFunctions {
  return kind in numberFunctions ? (kind as keyof typeof numberFunctions) : refuse({ type: { kind } })
}

function firstKind(node: FunctionNode): ColumnKind {
  const [first] = node.arguments
  return first === undefined ? refuse(node) : typeOf(first).kind
}

function refuse(node: { readonly name?: string; readonly type: { readonly kind: ColumnKind } }): never {
  throw new InternalError('ROME_INTERNAL', 'A function was built over arguments that it does not take.', {
    context: { function: node.name, type: node.type.kind },
  })
}

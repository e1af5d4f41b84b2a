import type { ColumnKind, ColumnType } from '../values/column-type.js'
import { t } from '../values/t.js'
import type { ExpressionNode } from './nodes.js'

/** The type of every predicate. */
export const booleanType: ColumnType = t.boolean().type

/** The type of an expression's value. */
export function typeOf(node: ExpressionNode): ColumnType {
  switch (node.kind) {
    case 'column':
    case 'literal':
    case 'null':
    case 'parameter':
    case 'aggregate':
    case 'subquery':
    case 'function':
    case 'case':
      return node.type
    default:
      return booleanType
  }
}

/** Whether values of the kind are text: these can be compared with each other and searched by pattern. */
export function isTextKind(kind: ColumnKind): boolean {
  return kind === 'string' || kind === 'text' || kind === 'enum'
}

/** Whether values of the two types can be compared with each other. */
export function areComparable(a: ColumnType, b: ColumnType): boolean {
  return a.kind === b.kind || (isTextKind(a.kind) && isTextKind(b.kind))
}

import type { ColumnType } from '../values/column-type.js'
import { t } from '../values/t.js'
import { isTextKind } from './type-of.js'

export const integerType: ColumnType = t.integer().type
export const bigintType: ColumnType = t.bigint().type
export const floatType: ColumnType = t.float().type
export const decimalType: ColumnType = t.decimal().type
export const textType: ColumnType = t.text().type
export const jsonType: ColumnType = t.json().type
export const bytesType: ColumnType = t.bytes().type

/** The type of what is made of a column's values: of the same kind, without the bounds of the column. */
export function unboundedType(type: ColumnType): ColumnType {
  if (isTextKind(type.kind)) return textType
  switch (type.kind) {
    case 'integer':
      return integerType
    case 'bytes':
      return bytesType
    default:
      return type
  }
}

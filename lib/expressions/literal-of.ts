import { UsageError } from '../errors/rome-error.js'
import type { ColumnType } from '../values/column-type.js'
import { t } from '../values/t.js'
import { Timestamp } from '../values/timestamp.js'
import { literalNode } from './make-nodes.js'
import type { LiteralNode } from './nodes.js'
import { refuseUndefined } from './operand.js'
import { booleanType } from './type-of.js'
import { bigintType, bytesType, floatType, integerType, jsonType, textType } from './unbounded-type.js'

const datetimeType: ColumnType = t.datetime().type
const timestampType: ColumnType = t.datetime({ precision: 6 }).type

/**
 * A value as a literal, of the type that the value tells by itself.
 * @throws UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT` for null. @throws ValidationError when no column holds it.
 */
export function literalOf(value: unknown, where: string): LiteralNode {
  refuseUndefined(value, where)
  if (value === null) {
    throw new UsageError('ROME_ARGUMENT', 'Null is no argument: leave it out, or give a value.', { context: { where } })
  }
  const type = typeOfValue(value)
  return literalNode(type, type.toRow(value))
}

function typeOfValue(value: unknown): ColumnType {
  switch (typeof value) {
    case 'string':
      return textType
    case 'number':
      return Number.isSafeInteger(value) ? integerType : floatType
    case 'bigint':
      return bigintType
    case 'boolean':
      return booleanType
    default:
      if (value instanceof Date) return datetimeType
      if (value instanceof Timestamp) return timestampType
      return value instanceof Uint8Array ? bytesType : jsonType
  }
}

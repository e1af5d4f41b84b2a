import { isWellFormedText } from '../codec/well-formed.js'
import type { ColumnKind } from './column-type.js'
import { invalid, notStored, wrongType } from './refusals.js'

/**
 * Checks that a property's value is a text that UTF-8 can say.
 * @throws ValidationError `ROME_VALUE_TYPE`, `ROME_VALUE_INVALID`; UsageError `ROME_UNDEFINED`.
 */
export function checkText(value: unknown): string {
  if (typeof value !== 'string') throw wrongType('The value must be a string.', value)
  if (!isWellFormedText(value)) {
    throw invalid('The text has a lone surrogate; repair it with toWellFormed(), or store it as bytes.', value)
  }
  return value
}

/**
 * Checks that a stored value is a text.
 * @throws CodecError `ROME_CODEC`.
 */
export function checkStoredText(kind: ColumnKind, value: unknown): string {
  if (typeof value !== 'string') throw notStored(kind, value)
  return value
}

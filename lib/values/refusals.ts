import { CodecError, InternalError, UsageError, ValidationError } from '../errors/rome-error.js'
import type { ColumnKind } from './column-type.js'

const shownCharactersMax = 80

/**
 * The error for a property value that is not of the type that `message` names; undefined and null get their own.
 * @returns ValidationError `ROME_VALUE_TYPE`, or UsageError `ROME_UNDEFINED`.
 */
export function wrongType(message: string, value: unknown): UsageError | ValidationError {
  if (value === undefined) {
    return new UsageError('ROME_UNDEFINED', 'undefined is not a value; give one, or leave the property out.')
  }
  if (value === null) {
    return new ValidationError(
      'ROME_VALUE_TYPE',
      'null is not a value of this column; declare the column with .nullable() to store it, compare with isNull().',
    )
  }
  return new ValidationError('ROME_VALUE_TYPE', message, { context: { received: shorten(value) } })
}

/** The error for a value of the right type outside the column's bounds, `ROME_VALUE_RANGE`. */
export function outOfRange(
  message: string,
  value: unknown,
  bounds: Readonly<Record<string, unknown>> = {},
): ValidationError {
  return new ValidationError('ROME_VALUE_RANGE', message, { context: { ...bounds, received: shorten(value) } })
}

/** The error for a value of the right type that is not well-formed, `ROME_VALUE_INVALID`. */
export function invalid(
  message: string,
  value: unknown,
  more: Readonly<Record<string, unknown>> = {},
): ValidationError {
  return new ValidationError('ROME_VALUE_INVALID', message, { context: { ...more, received: shorten(value) } })
}

/** The error for a stored value that the column's type never wrote, `ROME_CODEC`. */
export function notStored(kind: ColumnKind, value: unknown): CodecError {
  return new CodecError('ROME_CODEC', 'A stored value is not of its column type; run `rome verify`.', {
    context: { kind, stored: shorten(value) },
  })
}

/** The error for asking a type without a key form for one, `ROME_INTERNAL`. */
export function noKeyForm(kind: ColumnKind): InternalError {
  return new InternalError('ROME_INTERNAL', 'A type without an order has no key form; check isOrdered first.', {
    context: { kind },
  })
}

/** A value short enough for a message, with its kind where the text does not show it. */
function shorten(value: unknown): string {
  const text = describe(value)
  return text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}…` : text
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, shownCharactersMax + 1))
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'object': {
      if (value === null) return 'null'
      if (Array.isArray(value)) return `an array of ${value.length}`
      if (value instanceof Uint8Array) return `${value.length} bytes`
      const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
      return typeof name === 'string' && name !== '' ? `an object of class ${name}` : 'an object'
    }
    case 'function':
      return 'a function'
    default:
      return String(value)
  }
}

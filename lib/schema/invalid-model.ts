import { SchemaError } from '../errors/rome-error.js'

/** A model that is not well-formed, by its name and what is wrong where. */
export function invalidModel(
  message: string,
  model: string | undefined,
  context: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): SchemaError {
  const details = { context: { model, ...context } }
  return new SchemaError('ROME_SCHEMA_INVALID', message, cause === undefined ? details : { ...details, cause })
}

/** The most characters a name in the store may have. */
export const nameCharactersMax = 128

/** Columns and indexes may have any name that is not empty and not too long. */
export function requireStoredName(name: unknown, model: string): asserts name is string {
  if (typeof name !== 'string' || name === '' || name.length > nameCharactersMax) {
    throw invalidModel('A stored name has 1 to 128 characters.', model, { name })
  }
}

/** Names that an object has a meaning for already. */
const reservedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** A column or a relation may be called anything else. */
export function requirePropertyName(name: string, model: string, what: 'column' | 'relation'): void {
  if (reservedNames.has(name)) throw invalidModel(`A ${what} cannot have this name.`, model, { [what]: name })
}

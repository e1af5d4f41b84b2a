/** Values by name, as a JSON object has them. */
export type Dictionary = Readonly<Record<string, unknown>>

/** Whether this is what a JSON object or an object literal makes: no list, no object of a class. */
export function isDictionary(value: unknown): value is Dictionary {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

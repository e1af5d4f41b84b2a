import type { ColumnKind, JsonValue } from '../../values/column-type.js'
import { canonicalJsonText } from '../../values/json-value.js'

/** What lies at a path, when it is of the kind; else null. */
export function jsonAt(kind: ColumnKind): (document: JsonValue, ...path: (string | number)[]) => JsonValue {
  const isWanted = kindTests[kind] ?? (() => false)
  return (document, ...path) => {
    let value: JsonValue | undefined = document
    for (const step of path) value = memberOf(value, step)
    return value !== undefined && isWanted(value) ? value : null
  }
}

/** The kinds of columns that JSON has values of. */
const kindTests: Readonly<Partial<Record<ColumnKind, (value: JsonValue) => boolean>>> = {
  text: (value) => typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  float: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  json: (value) => value !== null,
}

function memberOf(value: JsonValue | undefined, step: string | number): JsonValue | undefined {
  if (typeof step === 'number') return isArray(value) ? value[step] : undefined
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
}

/**
 * Containment as PostgreSQL's `@>`: an object holds the members of the part, an array an element for each of the part's
 * in any order, and both hold them in the same sense. An array contains its scalar elements too, at the top only.
 */
export function jsonContains(whole: JsonValue, part: JsonValue): boolean {
  return holds(whole, part) || (typeof part !== 'object' && arrayContains(whole, part))
}

function holds(whole: JsonValue, part: JsonValue): boolean {
  if (isArray(part)) {
    return isArray(whole) && part.every((wanted) => whole.some((element) => holds(element, wanted)))
  }
  if (isObject(part)) {
    return (
      isObject(whole) &&
      Object.entries(part).every(([key, wanted]) => {
        const member = memberOf(whole, key)
        return member !== undefined && holds(member, wanted)
      })
    )
  }
  return whole === part
}

/** Whether an array has an element equal to `wanted`; the order of keys does not matter. */
export function arrayContains(array: JsonValue, wanted: JsonValue): boolean {
  if (!isArray(array)) return false
  if (typeof wanted !== 'object') return array.includes(wanted)
  const text = canonicalJsonText(wanted)
  return array.some((element) => typeof element === 'object' && canonicalJsonText(element) === text)
}

export function hasKey(document: JsonValue, key: string): boolean {
  return isObject(document) && Object.hasOwn(document, key)
}

function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

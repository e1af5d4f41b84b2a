import { isWellFormedText } from '../codec/well-formed.js'
import type { JsonValue } from './column-type.js'
import { invalid, outOfRange, wrongType } from './refusals.js'
import { compareText } from './text-order.js'

/** The most levels of arrays and objects inside each other. */
export const jsonDepthMax = 100

/** The most a JSON value may weigh, which is about the bytes it takes: one for a character, sixteen for every value. */
export const jsonWeightMax = 16 * 1024 * 1024

const valueWeight = 16

type JsonObject = Readonly<Record<string, JsonValue>>

interface CopyState {
  weight: number
}

/**
 * A deeply frozen copy of what JSON can say, whose objects have no prototype.
 * @throws ValidationError `ROME_VALUE_TYPE`, `ROME_VALUE_INVALID`, `ROME_VALUE_RANGE`; UsageError `ROME_UNDEFINED`.
 */
export function frozenJson(value: unknown): JsonValue {
  return copyChecked(value, 0, { weight: 0 })
}

/** A deep copy of what {@link frozenJson} made, of plain objects: no key of them can reach their prototype. */
export function mutableJson(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(mutableJson)
  const object = value as JsonObject
  const copy: Record<string, JsonValue> = {}
  // Without a prototype there are no keys but its own, and this is the quickest way to them.
  for (const key in object) copy[key] = mutableJson(object[key])
  return copy
}

/** JSON text in which the keys of every object are in order, so that equal values have equal texts. */
export function canonicalJsonText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJsonText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => compareText(a, b))
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJsonText(item)}`).join(',')}}`
}

function copyChecked(value: unknown, depth: number, state: CopyState): JsonValue {
  weigh(state, valueWeight)
  switch (typeof value) {
    case 'boolean':
      return value
    case 'number':
      if (!Number.isFinite(value))
        throw invalid('A number in JSON must be finite; use null where there is none.', value)
      return value + 0
    case 'string':
      return checkedText(value, state)
    case 'object':
      if (value === null) return null
      if (depth >= jsonDepthMax) {
        throw outOfRange('The JSON value is nested deeper than 100 levels, or contains itself.', value)
      }
      return Array.isArray(value) ? copyArray(value, depth, state) : copyObject(value, depth, state)
    case 'undefined':
      throw wrongType('', value)
    default:
      throw wrongType(
        'The value has no JSON form; use null, booleans, numbers, strings, arrays and plain objects.',
        value,
      )
  }
}

function copyArray(array: readonly unknown[], depth: number, state: CopyState): JsonValue {
  const copy: JsonValue[] = []
  for (const item of array) copy.push(copyChecked(item, depth + 1, state))
  return Object.freeze(copy)
}

function copyObject(object: object, depth: number, state: CopyState): JsonValue {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== null && prototype !== Object.prototype) {
    throw wrongType('An object in JSON must be a plain one; convert instances of classes to plain objects.', object)
  }
  if (Object.getOwnPropertySymbols(object).length > 0) {
    throw invalid('An object in JSON has a symbol for a key; use texts.', object)
  }
  const copy: Record<string, JsonValue> = Object.create(null)
  for (const [key, item] of Object.entries(object)) {
    if (key === '__proto__') throw invalid('A key in JSON must not be __proto__; rename it.', object)
    copy[checkedText(key, state)] = copyChecked(item, depth + 1, state)
  }
  return Object.freeze(copy)
}

function checkedText(text: string, state: CopyState): string {
  if (!isWellFormedText(text))
    throw invalid('A text in JSON has a lone surrogate; repair it with toWellFormed().', text)
  weigh(state, text.length)
  return text
}

function weigh(state: CopyState, weight: number): void {
  state.weight += weight
  if (state.weight > jsonWeightMax) {
    throw outOfRange('The JSON value takes more than 16 MiB; store it elsewhere and keep a reference.', undefined)
  }
}

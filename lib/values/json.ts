import { RomeError } from '../errors/rome-error.js'
import type { ColumnType, JsonValue } from './column-type.js'
import { canonicalJsonText, frozenJson, mutableJson } from './json-value.js'
import { noKeyForm, notStored, wrongType } from './refusals.js'
import { compareText } from './text-order.js'

type PresentJson = Exclude<JsonValue, null>

/**
 * Anything JSON can say, stored as JSON text. It has no order and cannot be indexed; it can be compared for equality,
 * for which the order of keys does not matter. The row holds a deeply frozen copy, and every read gives a deep copy.
 */
export class JsonType<T = JsonValue> implements ColumnType<T> {
  readonly kind = 'json'
  readonly parameters = Object.freeze({})
  readonly isOrdered = false

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): PresentJson {
    const row = frozenJson(value)
    if (row === null) throw wrongType('', value)
    return row
  }

  fromRow(row: PresentJson): T {
    return mutableJson(row) as T
  }

  compare(a: PresentJson, b: PresentJson): number {
    return a === b ? 0 : compareText(canonicalJsonText(a), canonicalJsonText(b))
  }

  toDisk(row: PresentJson): string {
    return JSON.stringify(row)
  }

  fromDisk(disk: unknown): PresentJson {
    if (typeof disk !== 'string') throw notStored(this.kind, disk)
    const row = parsed(disk)
    if (row === undefined || row === null) throw notStored(this.kind, disk)
    return row
  }

  encodeKey(): never {
    throw noKeyForm(this.kind)
  }

  decodeKey(): never {
    throw noKeyForm(this.kind)
  }
}

/** What a stored text says; `undefined` when it is not JSON, or none that is ever stored. */
function parsed(text: string): JsonValue | undefined {
  try {
    return frozenJson(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RomeError) return undefined
    throw error
  }
}

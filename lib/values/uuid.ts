import { encodeUuid, type TupleElement } from '../codec/tuple.js'
import { uuidBytes, uuidText, uuidToKey } from '../codec/uuid-bytes.js'
import { InternalError } from '../errors/rome-error.js'
import type { ColumnType } from './column-type.js'
import { invalid, notStored, wrongType } from './refusals.js'

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const anyCase = new RegExp(canonical.source, 'i')

/** UUIDs of any version, as text of 8-4-4-4-12 hexadecimal digits; lower case in the row, 16 bytes when stored. */
export class UuidType implements ColumnType<string> {
  readonly kind = 'uuid'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true

  constructor() {
    Object.freeze(this)
  }

  toRow(value: unknown): string {
    if (typeof value !== 'string') throw wrongType('The value must be a UUID as text.', value)
    if (uuidToKey(value) !== undefined) return value
    if (!anyCase.test(value)) throw invalid('The text is not a UUID of 8-4-4-4-12 hexadecimal digits.', value)
    return value.toLowerCase()
  }

  fromRow(row: string): string {
    return row
  }

  compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0
  }

  toDisk(row: string): Uint8Array {
    const bytes = uuidToKey(row)
    if (bytes === undefined) throw new InternalError('ROME_INTERNAL', 'A row value is not a canonical UUID.')
    const disk = new Uint8Array(uuidBytes)
    for (let index = 0; index < uuidBytes; index++) disk[index] = bytes.charCodeAt(index)
    return disk
  }

  fromDisk(disk: unknown): string {
    if (!(disk instanceof Uint8Array) || disk.length !== uuidBytes) throw notStored(this.kind, disk)
    return uuidText((index) => disk[index] as number)
  }

  encodeKey(row: string): string {
    return encodeUuid(row)
  }

  decodeKey(element: TupleElement): string {
    if (typeof element !== 'string' || !canonical.test(element)) throw notStored(this.kind, element)
    return element
  }
}

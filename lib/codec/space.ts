import { InternalError } from '../errors/rome-error.js'
import type { Key } from './key.js'
import { encodeText } from './tuple-encode.js'

/** The first byte of every key: what it is the key of. */
export const Space = Object.freeze({
  system: '\x01',
  row: '\x02',
  entry: '\x03',
  deletedEntry: '\x04',
} as const)

/** The number of bytes before a key's tuple: the space and the id of the table or index. */
export const prefixBytes = 3

const idMax = 0xffff

/** The key of a document of the catalogue. */
export function systemKey(name: string): Key {
  return `${Space.system}\0\0${encodeText(name)}`
}

/** What the keys of a table's rows begin with. Ids are 1 to 65 535. */
export function rowPrefix(tableId: number): Key {
  return Space.row + idBytes(tableId)
}

/** What the keys of an index's entries begin with; those of soft-deleted rows are kept apart. Ids are 1 to 65 535. */
export function entryPrefix(indexId: number, isDeleted: boolean): Key {
  return (isDeleted ? Space.deletedEntry : Space.entry) + idBytes(indexId)
}

/** The id of the table or index that a key belongs to. */
export function idOf(key: Key): number {
  return key.charCodeAt(1) * 256 + key.charCodeAt(2)
}

function idBytes(id: number): Key {
  if (!Number.isInteger(id) || id < 1 || id > idMax) {
    throw new InternalError('ROME_INTERNAL', 'The id of a table or an index is outside 1 to 65 535.', {
      context: { id },
    })
  }
  return String.fromCharCode(id >>> 8, id & 0xff)
}

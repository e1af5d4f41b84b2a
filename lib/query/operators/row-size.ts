import type { Row } from '../../records/row.js'
import type { RowValue } from '../../values/column-type.js'

/** An array, its elements' header, and its place in the array of rows and in the copy that a sort makes of that. */
const rowBytes = 64
const slotBytes = 8
const headerBytes = 16
/** An array of bytes is an object, a buffer and its block of memory. */
const bytesHeaderBytes = 192
const objectBytes = 64

/**
 * About how many bytes of memory a row takes, rather more than less: a text is counted as if none of its characters
 * were Latin, and values that rows share are counted for each. Measured on rows of eight scalars: 10 % too much.
 */
export function bytesOfRow(row: Row): number {
  let bytes = rowBytes
  for (const value of row) bytes += slotBytes + bytesOfValue(value)
  return bytes
}

function bytesOfValue(value: RowValue): number {
  switch (typeof value) {
    case 'string':
      return headerBytes + 2 * value.length
    case 'number':
      return headerBytes
    case 'bigint':
      return headerBytes + slotBytes
    case 'object':
      if (value === null) return 0
      return value instanceof Uint8Array ? bytesHeaderBytes + value.length : bytesOfJson(value)
    default:
      return 0
  }
}

function bytesOfJson(value: object): number {
  let bytes = objectBytes
  // Keys are mostly shared by the objects of a column.
  for (const item of Object.values(value) as RowValue[]) bytes += 2 * slotBytes + bytesOfValue(item)
  return bytes
}

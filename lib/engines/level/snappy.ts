import { ByteReader } from './byte-reader.js'

const lengthMax = 256 * 1024 * 1024

/**
 * Expands a block compressed by Snappy, as its format description has it: the expanded length, then literals and
 * copies of what came before.
 */
export function expandSnappy(compressed: Buffer): Buffer {
  const reader = new ByteReader(compressed)
  const length = reader.varint()
  if (length > lengthMax) throw new RangeError('a block is too long')
  const expanded = Buffer.alloc(length)
  let written = 0
  while (reader.hasMore) {
    const tag = reader.byte()
    if ((tag & 3) === 0) {
      const short = tag >> 2
      const count = short < 60 ? short + 1 : reader.littleEndian(short - 59) + 1
      if (written + count > length) throw new RangeError('a literal is too long')
      written += reader.bytes(count).copy(expanded, written)
    } else {
      const { count, distance } = readCopy(tag, reader)
      if (distance === 0 || distance > written || written + count > length)
        throw new RangeError('a copy is out of range')
      // A copy may overlap with what it writes, so it goes byte by byte.
      for (let index = 0; index < count; index++, written++) expanded[written] = expanded[written - distance] as number
    }
  }
  if (written !== length) throw new RangeError('a block is too short')
  return expanded
}

function readCopy(tag: number, reader: ByteReader): { count: number; distance: number } {
  if ((tag & 3) === 1) return { count: ((tag >> 2) & 7) + 4, distance: ((tag >> 5) << 8) | reader.byte() }
  return { count: (tag >> 2) + 1, distance: reader.littleEndian((tag & 3) === 2 ? 2 : 4) }
}

import { ByteReader } from './byte-reader.js'
import { crc32c } from './crc32c.js'
import { expandSnappy } from './snappy.js'

/** Where a block lies in a table file. Behind it are its kind (1 byte) and its checksum (4 bytes). */
interface Place {
  readonly offset: number
  readonly size: number
}

const footerBytes = 48
const handlesBytes = 40
const trailerBytes = 5
const magic = Buffer.from('57fb808b247547db', 'hex')

/**
 * Checks every block of a LevelDB table file against its checksum, which LevelDB itself does not do when it reads.
 * @returns What is wrong, or `undefined`.
 */
export function findTableDamage(file: Buffer): string | undefined {
  try {
    const footer = file.subarray(file.length - footerBytes)
    if (file.length < footerBytes || !footer.subarray(handlesBytes).equals(magic)) return 'the end is damaged'
    const handles = new ByteReader(footer, 0, handlesBytes)
    const meta = readPlace(handles)
    const index = readPlace(handles)
    while (handles.hasMore) if (handles.byte() !== 0) return 'the end is damaged'
    const places = [...placesIn(readBlock(file, index)), ...placesIn(readBlock(file, meta))]
    for (const place of places) checkBlock(file, place)
    const covered = [...places, meta, index].reduce((sum, { size }) => sum + size + trailerBytes, footerBytes)
    return covered === file.length ? undefined : 'blocks are missing'
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

function readPlace(reader: ByteReader): Place {
  return { offset: reader.varint(), size: reader.varint() }
}

/** The content of a block that is not damaged. */
function readBlock(file: Buffer, place: Place): Buffer {
  const kind = checkBlock(file, place)
  const content = file.subarray(place.offset, place.offset + place.size)
  if (kind === 0) return content
  if (kind === 1) return expandSnappy(content)
  throw new RangeError(`a block is compressed in an unknown way (${kind})`)
}

/** Answers the block's kind. */
function checkBlock(file: Buffer, { offset, size }: Place): number {
  const end = offset + size
  if (end + trailerBytes > file.length) throw new RangeError(`the block at ${offset} is cut`)
  // The checksum is stored rotated and shifted, so that a checksum over bytes that hold checksums stays good.
  const crc = crc32c(file.subarray(offset, end + 1))
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  if (masked !== file.readUInt32LE(end + 1)) throw new RangeError(`the block at ${offset} is damaged`)
  return file[end] as number
}

/** The places that the entries of a block name: their values, behind keys that share beginnings. */
function placesIn(block: Buffer): Place[] {
  const restarts = block.readUInt32LE(block.length - 4)
  const entries = new ByteReader(block, 0, block.length - 4 * (restarts + 1))
  const places: Place[] = []
  while (entries.hasMore) {
    entries.varint()
    const keyBytes = entries.varint()
    const valueBytes = entries.varint()
    entries.bytes(keyBytes)
    const value = new ByteReader(entries.bytes(valueBytes))
    places.push(readPlace(value))
  }
  return places
}

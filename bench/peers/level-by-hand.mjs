// LevelDB as one uses it by hand: classic-level with synchronous point reads, rows as msgpackr arrays, an entry for
// each index in the same batch. No checksums, no conflict checks, no tracking: a bound, not a competitor.
import { ClassicLevel } from 'classic-level'
import { Packr } from 'msgpackr'
import { columns } from '../data.mjs'

const packr = new Packr({ useRecords: false })
const encoding = { keyEncoding: 'buffer', valueEncoding: 'buffer' }
const nothing = Buffer.alloc(0)
const idBytes = 16

export async function openPeer(directory) {
  const database = new ClassicLevel(directory, encoding)
  await database.open()

  const readRow = (id) => {
    const packed = database.getSync(Buffer.concat([Buffer.from('r'), id]))
    if (packed === undefined) return undefined
    const values = packr.unpack(packed)
    const image = {}
    for (let position = 0; position < columns.length; position++) image[columns[position]] = values[position]
    return image
  }
  const rowsOf = (keys) => keys.map((key) => readRow(key.subarray(-idBytes)))
  const keysBackwards = async (prefix, limit, before) => {
    const iterator = database.keys({ gte: prefix, lt: before ?? endOf(prefix), reverse: true, limit })
    try {
      return await iterator.nextv(limit)
    } finally {
      await iterator.close()
    }
  }

  return {
    readOne: (id) => readRow(idToBytes(id)),
    newest: async (owner, status, limit) => rowsOf(await keysBackwards(key('x', owner, status), limit)),
    pages: async (owner, size) => {
      const prefix = key('o', owner)
      const pages = []
      let before
      for (;;) {
        // One more than the page tells whether there is a next.
        const keys = await keysBackwards(prefix, size + 1, before)
        pages.push(rowsOf(keys.slice(0, size)))
        if (keys.length <= size) return pages
        before = keys[size - 1]
      }
    },
    insert: async (images, durability) => {
      const operations = []
      for (const image of images) {
        const id = idToBytes(image.id)
        const time = timeBytes(image.createdAt)
        const put = (key, value) => operations.push({ type: 'put', key, value })
        put(Buffer.concat([Buffer.from('r'), id]), packr.pack(columns.map((column) => image[column])))
        put(Buffer.concat([key('o', image.owner), time, id]), nothing)
        put(Buffer.concat([key('s', image.status), time, id]), nothing)
        put(Buffer.concat([key('c'), time, id]), nothing)
        put(Buffer.concat([key('x', image.owner, image.status), time, id]), nothing)
      }
      await database.batch(operations, { sync: durability === 'commit' })
    },
    count: async () => (await database.keys({ gte: key('c'), lt: endOf(key('c')) }).all()).length,
    close: () => database.close(),
  }
}

function key(index, ...texts) {
  return Buffer.from(`${index}${texts.map((text) => `${text}\0`).join('')}`)
}

/** What comes after everything that begins with these bytes, whose last is never 255. */
function endOf(prefix) {
  const end = Buffer.from(prefix)
  end[end.length - 1]++
  return end
}

function idToBytes(id) {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function timeBytes(time) {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt(time))
  return bytes
}

// LevelDB as one uses it by hand: classic-level with synchronous point reads, rows as msgpackr arrays, an entry for
// each index in the same batch. No checksums, no conflict checks, no tracking: a bound, not a competitor.
import { ClassicLevel } from 'classic-level'
import { Packr } from 'msgpackr'
import { columns, limits } from '../data.mjs'

const packr = new Packr({ useRecords: false })
const encoding = { keyEncoding: 'buffer', valueEncoding: 'buffer' }
const nothing = Buffer.alloc(0)
const idBytes = 16
/** Of what an iterator fetches at once; LevelDB's own 16 KiB make long scans slow. */
const scan = { highWaterMarkBytes: 2 ** 20 }
const rowsPerRead = 1000

export async function openPeer(directory) {
  const database = new ClassicLevel(directory, encoding)
  await database.open()

  const readRow = (id) => {
    const packed = database.getSync(join('r', id))
    return packed === undefined ? undefined : unpackImage(packed)
  }
  const rowsOf = (keys) => keys.map((key) => readRow(key.subarray(-idBytes)))
  const keysBackwards = async (prefix, limit, before) => {
    const iterator = database.keys({ gte: prefix, lt: before ?? endOf(prefix), reverse: true, limit, ...scan })
    try {
      return await iterator.nextv(limit)
    } finally {
      await iterator.close()
    }
  }
  const countKeys = async (prefix) => {
    const iterator = database.keys({ gte: prefix, lt: endOf(prefix), ...scan })
    let count = 0
    try {
      for (;;) {
        const keys = await iterator.nextv(rowsPerRead)
        if (keys.length === 0) return count
        count += keys.length
      }
    } finally {
      await iterator.close()
    }
  }
  const rangeOfParts = (letter, id) => ({ gte: join(letter, id), lt: join(letter, id, Buffer.alloc(1, 255)) })
  const partKeys = (letter, id) => database.keys(rangeOfParts(letter, id)).all()
  const partsOf = (letter, id) => database.values(rangeOfParts(letter, id)).all()
  const write = (operations, durability) => database.batch(operations, { sync: durability === 'commit' })
  const replace = (image, changes) => write(putRow({ ...image, ...changes, version: image.version + 1 }), 'os')
  /** The newest of two lists of keys, each once. */
  const newestOf = async (owner, status) => {
    const [ofOwner, ofStatus] = await Promise.all([
      keysBackwards(key('o', owner), limits.either),
      keysBackwards(key('s', status), limits.either),
    ])
    const byTimeAndId = new Map([...ofOwner, ...ofStatus].map((key) => [placeOf(key), key]))
    const newest = [...byTimeAndId.keys()].sort().reverse().slice(0, limits.either)
    return rowsOf(newest.map((place) => byTimeAndId.get(place)))
  }

  return {
    readOne: (id) => readRow(idToBytes(id)),
    readMany: (ids) => ids.map((id) => readRow(idToBytes(id))),
    insert: (images, durability) =>
      write(
        images.flatMap((image) => [...putRow(image), ...putEntries(image), ...putParts(image)]),
        durability,
      ),
    newest: async (owner, status) => rowsOf(await keysBackwards(key('x', owner, status), limits.newest)),
    async *pages(size, owner) {
      const prefix = owner === undefined ? key('c') : key('o', owner)
      let before
      for (;;) {
        // One more than the page tells whether there is a next.
        const keys = await keysBackwards(prefix, size + 1, before)
        yield rowsOf(keys.slice(0, size))
        if (keys.length <= size) return
        before = keys[size - 1]
      }
    },
    newestWhole: async (owner) => {
      const images = rowsOf(await keysBackwards(key('o', owner), limits.whole))
      return Promise.all(
        images.map(async (image) => {
          const id = idToBytes(image.id)
          const [properties, tags] = await Promise.all([partsOf('p', id), partsOf('t', id)])
          return { ...image, properties: properties.map(unpackProperty), tags: tags.map(unpackTag) }
        }),
      )
    },
    modify: async (id, minDisk) => replace(readRow(idToBytes(id)), { minDisk, updatedAt: Date.now() }),
    either: newestOf,
    union: newestOf,
    countOf: (owner, status) => countKeys(key('x', owner, status)),
    countByStatus: async () => {
      const counts = new Map()
      for await (const [, packed] of database.iterator({ gte: key('r'), lt: endOf(key('r')), ...scan })) {
        const { status } = unpackImage(packed)
        counts.set(status, (counts.get(status) ?? 0) + 1)
      }
      return [...counts]
    },
    smallerThan: async (size) => {
      const found = []
      for await (const [, packed] of database.iterator({ gte: key('r'), lt: endOf(key('r')), ...scan })) {
        const image = unpackImage(packed)
        if (image.size < size) found.push(image)
      }
      return found
    },
    remove: async (id) => {
      const bytes = idToBytes(id)
      const image = readRow(bytes)
      const ofImage = [...putRow(image), ...putEntries(image)].map(({ key }) => key)
      const keys = [...ofImage, ...(await partKeys('p', bytes)), ...(await partKeys('t', bytes))]
      await write(
        keys.map((key) => ({ type: 'del', key })),
        'os',
      )
    },
    updateWhere: async (owner, status, minDisk) => {
      const prefix = key('x', owner, status)
      const images = rowsOf(await database.keys({ gte: prefix, lt: endOf(prefix) }).all())
      const updatedAt = Date.now()
      await write(
        images.flatMap((image) => putRow({ ...image, minDisk, updatedAt, version: image.version + 1 })),
        'os',
      )
      return images.length
    },
    counts: () => Promise.all([countKeys(key('r')), countKeys(key('p')), countKeys(key('t'))]),
    close: () => database.close(),
  }
}

function put(key, value) {
  return { type: 'put', key, value }
}

function putRow(image) {
  return [put(join('r', idToBytes(image.id)), packr.pack(columns.map((column) => image[column])))]
}

/** None of the indexed values changes after the insert. */
function putEntries(image) {
  const place = Buffer.concat([timeBytes(image.createdAt), idToBytes(image.id)])
  return [key('o', image.owner), key('s', image.status), key('c'), key('x', image.owner, image.status)].map((prefix) =>
    put(Buffer.concat([prefix, place]), nothing),
  )
}

function putParts({ id, properties = [], tags = [] }) {
  const bytes = idToBytes(id)
  return [
    ...properties.map(({ id, name, value }) =>
      put(join('p', bytes, Buffer.from(name)), packr.pack([idToBytes(id), name, value])),
    ),
    ...tags.map(({ id, value }) => put(join('t', bytes, Buffer.from(value)), packr.pack([idToBytes(id), value]))),
  ]
}

function unpackImage(packed) {
  const values = packr.unpack(packed)
  const image = {}
  for (let position = 0; position < columns.length; position++) image[columns[position]] = values[position]
  return image
}

function unpackProperty(packed) {
  const [, name, value] = packr.unpack(packed)
  return { name, value }
}

function unpackTag(packed) {
  return { value: packr.unpack(packed)[1] }
}

/** The time and the primary key at the end of an entry's key, as a text in the same order. */
function placeOf(key) {
  return key.subarray(-idBytes - 8).toString('latin1')
}

function key(index, ...texts) {
  return Buffer.from(`${index}${texts.map((text) => `${text}\0`).join('')}`)
}

function join(letter, ...parts) {
  return Buffer.concat([Buffer.from(letter), ...parts])
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

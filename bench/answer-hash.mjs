// How what peers answer is compared: by a hash of values that are the same however a peer likes to hold them.
import { createHash } from 'node:crypto'
import { columns } from './data.mjs'

/** Of images in however deep lists, numbers and texts: of all their columns, or of those that are given. */
export function hashOf(answer, compared = columns) {
  return createHash('sha256')
    .update(JSON.stringify(plain(answer, compared)))
    .digest('hex')
}

/** All columns, and what belongs to an image. */
export const wholeImage = [...columns, 'properties', 'tags']

function plain(value, compared) {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.map((item) => plain(item, compared))
  if (value instanceof Date) return value.getTime()
  if (typeof value !== 'object') return plainScalar(value)
  return compared.map((name) => (parts[name] ? parts[name](value[name]) : plain(value[name], compared)))
}

/** SQLite has no booleans, and some peers give whole numbers as bigints. */
function plainScalar(value) {
  return typeof value === 'boolean' || typeof value === 'bigint' ? Number(value) : value
}

/** In an order that nobody had to ask for. */
const parts = {
  properties: (properties) => Array.from(properties, ({ name, value }) => `${name}=${value}`).sort(),
  tags: (tags) => Array.from(tags, ({ value }) => value).sort(),
}

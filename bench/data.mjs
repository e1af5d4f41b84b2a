// The images that every peer stores: the same for all of them, whatever the machine, from a seeded generator.

/** In the order of the rows that the peer by hand stores, and of the hash by which results are compared. */
export const columns = [
  'id',
  'name',
  'status',
  'visibility',
  'owner',
  'checksum',
  'diskFormat',
  'containerFormat',
  'size',
  'minDisk',
  'minRam',
  'isProtected',
  'isHidden',
  'createdAt',
  'updatedAt',
  'version',
]

export const statuses = ['queued', 'saving', 'active', 'killed', 'deleted']
export const visibilities = ['public', 'private', 'shared', 'community']
export const diskFormats = ['qcow2', 'raw', 'iso', 'vmdk']
export const containerFormats = ['bare', 'ovf', 'docker']

/** How many images a question asks for, where it does not ask for pages. */
export const limits = { newest: 20, whole: 50, either: 50 }

export const sizeMax = 2 ** 36

/** An owner has so many images, in the mean. */
const imagesPerOwner = 500
const firstTime = Date.UTC(2024, 0, 1)

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32, by Tommy Ettinger). */
export function randomNumbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Whole images `from` to `from + count`, in portions that fit a transaction. */
export function* wholeImagesInPortions(from, count, total, portion = 1000) {
  for (let start = from; start < from + count; start += portion) {
    const length = Math.min(portion, from + count - start)
    yield Array.from({ length }, (_, index) => makeWholeImage(start + index, total))
  }
}

/** Which image it is depends on its number alone; the owner on how many there are as well. */
export function makeImage(number, total) {
  const random = randomNumbers(number + 1)
  const pick = (values) => values[Math.floor(random() * values.length)]
  const createdAt = firstTime + number * 1000 + Math.floor(random() * 1000)
  return {
    id: uuidOf(createdAt, random),
    name: `image ${number} ${pick(['debian', 'fedora', 'ubuntu', 'alpine', 'cirros'])}`,
    // Most images are active, as they are in a catalogue.
    status: random() < 0.7 ? 'active' : pick(statuses),
    visibility: pick(visibilities),
    owner: ownerOf(Math.floor(random() * ownerCount(total))),
    checksum: random() < 0.9 ? hex(random, 32) : null,
    diskFormat: pick(diskFormats),
    containerFormat: pick(containerFormats),
    size: Math.floor(random() * sizeMax),
    minDisk: Math.floor(random() * 100),
    minRam: Math.floor(random() * 64) * 256,
    isProtected: random() < 0.1,
    isHidden: random() < 0.05,
    createdAt,
    updatedAt: createdAt + Math.floor(random() * 1e9),
    version: 1,
  }
}

/** The image with three properties and two tags, rows of their own, in the order of their names and values. */
export function makeWholeImage(number, total) {
  const image = makeImage(number, total)
  const random = randomNumbers(number + 2 ** 31)
  const part = (values) => ({ id: uuidOf(image.createdAt, random), imageId: image.id, ...values })
  const text = (values) => values[Math.floor(random() * values.length)]
  const properties = [
    part({ name: 'architecture', value: text(['aarch64', 'ppc64le', 'x86_64']) }),
    part({ name: 'build', value: hex(random, 12) }),
    part({ name: 'os_distro', value: text(['alpine', 'debian', 'fedora', 'ubuntu']) }),
  ]
  const tags = [part({ value: text(['base', 'cloud', 'desktop']) }), part({ value: text(['nightly', 'stable']) })]
  return { ...image, properties, tags }
}

export function ownerCount(total) {
  return Math.max(1, Math.round(total / imagesPerOwner))
}

export function ownerOf(number) {
  return `owner-${String(number).padStart(6, '0')}`
}

/** As UUIDv7 is: the time first, the rest random. */
function uuidOf(time, random) {
  const millis = time.toString(16).padStart(12, '0')
  const rest = hex(random, 18)
  return `${millis.slice(0, 8)}-${millis.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${rest.slice(6)}`
}

function hex(random, length) {
  let text = ''
  while (text.length < length)
    text += Math.floor(random() * 16 ** 6)
      .toString(16)
      .padStart(6, '0')
  return text.slice(0, length)
}

// The catalogue that is measured: the images of the other benchmarks, as rows of Glance's tables, and which of them
// its questions must find.
import { makeWholeImage, ownerCount, ownerOf, randomNumbers } from '../data.mjs'

/** The property that pages are filtered by, and its values. */
export const filtered = { name: 'os_distro', values: ['alpine', 'debian', 'fedora', 'ubuntu'] }
export const pageSize = 25

/** Images `from` to `from + count` as rows by the names of their models. `Timestamp` is Rome's. */
export function rowsOf(from, count, total, Timestamp) {
  const rows = { Image: [], ImageProperty: [], ImageTag: [], ImageLocation: [] }
  for (let number = from; number < from + count; number++) {
    const image = makeWholeImage(number, total)
    const times = { created_at: timeOf(image.createdAt, Timestamp), updated_at: timeOf(image.updatedAt, Timestamp) }
    const child = (index, values) => ({ id: number * 3 + index + 1, image_id: image.id, ...times, ...values })
    rows.Image.push({
      id: image.id,
      name: image.name,
      disk_format: image.diskFormat,
      container_format: image.containerFormat,
      size: image.size,
      status: image.status,
      visibility: image.visibility,
      checksum: image.checksum,
      min_disk: image.minDisk,
      min_ram: image.minRam,
      owner: image.owner,
      protected: image.isProtected,
      os_hidden: image.isHidden,
      ...times,
    })
    image.properties.forEach(({ name, value }, index) => {
      rows.ImageProperty.push(
        child(index, { name, value, value_start: value, image_owner: image.owner, image_created_at: times.created_at }),
      )
    })
    image.tags.forEach(({ value }, index) => {
      rows.ImageTag.push(child(index, { value }))
    })
    rows.ImageLocation.push(child(0, { value: `file:///images/${image.id}`, meta_data: { store: 'fast' } }))
  }
  return rows
}

function timeOf(milliseconds, Timestamp) {
  return Timestamp.from(BigInt(milliseconds) * 1000n)
}

/** What must be answered, by the data alone. */
export class Expected {
  #images = []
  #listed = new Map()
  #total

  constructor(total) {
    this.#total = total
    for (let number = 0; number < total; number++) {
      const { id, owner, status, isHidden, properties } = makeWholeImage(number, total)
      this.#images.push({ id, owner })
      if (status !== 'active' || isHidden) continue
      const key = `${owner} ${properties.find(({ name }) => name === filtered.name).value}`
      if (!this.#listed.has(key)) this.#listed.set(key, [])
      this.#listed.get(key).push(id)
    }
  }

  /** The id and owner of an image. */
  image(number) {
    return this.#images[number]
  }

  /** Ids of an owner's active images with a value of the property, newest first. */
  listed(owner, value) {
    return (this.#listed.get(`${owner} ${value}`) ?? []).toReversed()
  }

  /** Images one after the other, in a random order that is the same for the same seed. */
  *someImages(seed) {
    const random = randomNumbers(seed)
    for (;;) yield Math.floor(random() * this.#total)
  }

  /** Owners and values of the property likewise. */
  *someLists(seed) {
    const random = randomNumbers(seed)
    for (;;) {
      const owner = ownerOf(Math.floor(random() * ownerCount(this.#total)))
      yield { owner, value: filtered.values[Math.floor(random() * filtered.values.length)] }
    }
  }
}

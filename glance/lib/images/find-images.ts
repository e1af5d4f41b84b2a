import { fields, type Predicate, type RomeSession } from 'rome-orm'
import type { ListOrder } from '../lists/list-order.js'
import { Image } from '../models/image.js'
import type { ChildCondition } from './child-conditions.js'

const image = fields(Image)

/** How many images are read at once while looking for those with a property or tag. */
const batchSizeMin = 100
const batchSizeMax = 2000

/** What few images have leads to them; what more have is met soon enough in the order of the list. */
const fewImages = 1000

/** Which images are looked for, and in which order. */
export interface ImageSearch {
  readonly conditions: readonly Predicate[]
  readonly children: readonly ChildCondition[]
  readonly order: ListOrder
  /** The image to begin after. */
  readonly marker: Image | undefined
  readonly limit: number | undefined
}

/**
 * The images that are looked for. Properties and tags are asked for beside the images: the images are read in their
 * order, a batch at a time, and those that lack one are left out. When the first batch does not do, and few images have
 * one of the properties or tags, only those are read.
 */
export async function findImages(session: RomeSession, search: ImageSearch): Promise<Image[]> {
  const { conditions, children, order, marker, limit = Number.POSITIVE_INFINITY } = search
  const batch = (after: Image | undefined, size: number, ...more: readonly Predicate[]): Promise<Image[]> => {
    const all = [...conditions, ...(after === undefined ? [] : [order.after(after)]), ...more]
    const query = session.query(Image).orderBy(...order.orderings)
    const filtered = all.length === 0 ? query : query.filter(...all)
    return (Number.isFinite(size) ? filtered.limit(size) : filtered).all()
  }
  if (children.length === 0) return batch(marker, limit)
  const found: Image[] = []
  let size = Math.max(batchSizeMin, Math.min(4 * limit, batchSizeMax))
  for (let last = marker; ; size = Math.min(2 * size, batchSizeMax)) {
    const read = await batch(last, size)
    found.push(...(await withAll(session, children, read)))
    if (found.length >= limit || read.length < size) return found.slice(0, limit)
    if (last === marker) {
      const ids = await fewWithOne(session, children)
      if (ids !== undefined) {
        const matching = await batch(marker, Number.POSITIVE_INFINITY, image.id.in(ids))
        return (await withAll(session, children, matching)).slice(0, limit)
      }
    }
    last = read[read.length - 1]
  }
}

async function withAll(session: RomeSession, children: readonly ChildCondition[], images: Image[]): Promise<Image[]> {
  let left = images
  for (const child of children) {
    const ids = await child.among(
      session,
      left.map(({ id }) => id),
    )
    left = left.filter(({ id }) => ids.has(id))
  }
  return left
}

/** The ids of the images that have one of the properties or tags, where these are few. */
async function fewWithOne(session: RomeSession, children: readonly ChildCondition[]): Promise<string[] | undefined> {
  for (const child of children) {
    const ids = await child.images(session, fewImages)
    if (ids.length < fewImages) return [...new Set(ids)]
  }
  return undefined
}

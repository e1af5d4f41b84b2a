import { fields, type Predicate, type Query, type RomeSession } from 'rome-orm'
import type { ListOrder, ListPart } from '../lists/list-order.js'
import { Image } from '../models/image.js'
import type { Way } from './candidates.js'
import type { ChildCondition } from './child-conditions.js'

const image = fields(Image)

/** How many images are read at once while looking for those with a property or tag: first, and then. */
const firstBatchSizeMin = 100
const batchSizeMin = 25
const batchSizeMax = 2000

/** What few images have leads to them; what more have is met soon enough in the order of the list. */
const fewImages = 1000
/** To read so many more images costs more than to find out whether few have a property or tag. */
const manyImages = 300

/** Which images are looked for, and in which order. */
export interface ImageSearch {
  /** One of them must be true. */
  readonly ways: readonly Way[]
  /** All of them must be true, */
  readonly conditions: readonly Predicate[]
  /** and this too, which is true of most. */
  readonly isShown: (row: Image) => boolean
  readonly children: readonly ChildCondition[]
  readonly order: ListOrder
  /** The image to begin after. */
  readonly marker: Image | undefined
  readonly limit: number | undefined
}

interface PartSearch extends ImageSearch {
  readonly part: ListPart
}

/** The images that are looked for. */
export async function findImages(session: RomeSession, search: ImageSearch): Promise<Image[]> {
  const { limit } = search
  let found: Image[] = []
  for (const part of search.order.parts) {
    const rest = limit === undefined ? undefined : limit - found.length
    found = found.concat(await findPart(session, { ...search, part, limit: rest }))
    if (limit !== undefined && found.length >= limit) break
  }
  return found
}

/**
 * Properties and tags are asked for beside the images: the images are read in their order, a batch at a time, and those
 * that lack one are left out, as are those that are not to be shown. When by the first batch many more would have to be
 * read, and few images have one of the properties or tags, only those are read.
 */
async function findPart(session: RomeSession, search: PartSearch): Promise<Image[]> {
  const { isShown, children, marker, limit = Number.POSITIVE_INFINITY } = search
  const read = (batch: PartSearch) => imageQuery(session, batch).unmanaged().all()
  const pass = (images: Image[]) => withAll(session, children, images.filter(isShown))
  let found: Image[] = []
  let readCount = 0
  let size = children.length === 0 ? limit : Math.max(firstBatchSizeMin, Math.min(4 * limit, batchSizeMax))
  for (let last = marker; limit > 0; ) {
    const batch = { ...search, marker: last, limit: Number.isFinite(size) ? size : undefined }
    const images = await read(batch)
    found = found.concat(await pass(images))
    if (found.length >= limit || images.length < size) break
    readCount += images.length
    const left = ((limit - found.length) * readCount) / found.length
    const ids = last === marker && left > manyImages ? await fewWithOne(session, children) : undefined
    if (ids !== undefined) {
      const conditions = [...search.conditions, image.id.in(ids)]
      return (await pass(await read({ ...search, conditions, limit: undefined }))).slice(0, limit)
    }
    last = images[images.length - 1]
    // By how many had it so far, and somewhat more, since they need not be spread evenly.
    size = batchSizeFor(Math.min(left * 1.25, 2 * readCount))
  }
  return found.slice(0, limit)
}

/** One of a few sizes, since for each a plan is kept. */
function batchSizeFor(images: number): number {
  let size = batchSizeMin
  while (size < images && size < batchSizeMax) size *= 2
  return Math.min(size, batchSizeMax)
}

/** Images by their own columns alone. */
export function imageQuery(
  session: RomeSession,
  { ways, conditions, order, part, marker, limit }: Omit<PartSearch, 'children' | 'isShown'>,
): Query<Image, Image> {
  const page = (query: Query<Image, Image>) => {
    const ordered = query.orderBy(...part.orderings)
    return limit === undefined ? ordered : ordered.limit(limit)
  }
  const rest = [...conditions, ...part.where, ...(marker === undefined ? [] : [order.after(marker)])]
  const [first, ...others] = ways.map((way) => {
    const all = [...way, ...rest]
    return page(all.length === 0 ? session.query(Image) : session.query(Image).filter(...all))
  })
  // Without a way there is no image.
  if (first === undefined) return session.query(Image).filter(image.id.in([]))
  return others.length === 0 ? first : page(others.reduce((whole, other) => whole.union(other), first))
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

import { fields, type Predicate, type Query, type RomeSession } from 'rome-orm'
import type { ListOrder, ListPart } from '../lists/list-order.js'
import { Image } from '../models/image.js'
import type { Way } from './candidates.js'
import type { ChildCondition, CreationPlace } from './child-conditions.js'

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
  /** The owner of all of them, if they have one. */
  readonly owner: string | undefined
  /** The image to begin after. */
  readonly marker: Image | CreationPlace | undefined
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

/** Images of a list, of which some may not be wanted. */
interface Batch {
  readonly images: Image[]
  /** How many were read; the list has ended when they are less than asked for. */
  readonly count: number
  /** What the next batch begins after. */
  readonly last: Image | CreationPlace | undefined
}

/**
 * Properties and tags are asked for beside the images: the images are read in their order, a batch at a time, and those
 * that lack one are left out, as are those that are not to be shown.
 *
 * The order is read from the index of a property, where one is asked for that tells it, else from those of the images.
 * When by a batch many more would have to be read, the images' own indexes may serve better; and when these do not, and
 * few images have one of the properties or tags, only those are read.
 */
async function findPart(session: RomeSession, search: PartSearch): Promise<Image[]> {
  const { isShown, children, marker, limit = Number.POSITIVE_INFINITY } = search
  const pass = (images: Image[], by?: Places) =>
    withAll(
      session,
      children.filter((child) => child !== by?.child),
      images.filter(isShown),
    )
  let places = placesOf(search)
  let isFewAsked = children.length === 0
  let found: Image[] = []
  let readCount = 0
  let size = firstBatchSize(search, places !== undefined)
  for (let last: Batch['last'] = marker; limit > 0; ) {
    const part = { ...search, marker: last }
    const batch = await (places === undefined ? byColumns(session, part, size) : byPlaces(session, part, places, size))
    found = found.concat(await pass(batch.images, places))
    if (found.length >= limit || batch.count < size) break
    readCount += batch.count
    const left = ((limit - found.length) * readCount) / found.length
    if (left > manyImages && places !== undefined) {
      places = undefined
    } else if (left > manyImages && !isFewAsked) {
      isFewAsked = true
      const ids = await fewWithOne(session, children)
      if (ids !== undefined) {
        const few = imageQuery(session, { ...withIds(search, ids), limit: undefined })
        return (await pass(await few.unmanaged().all())).slice(0, limit)
      }
    }
    last = batch.last
    // By how many had it so far, and somewhat more, since they need not be spread evenly.
    size = batchSizeFor(Math.min(left * 1.25, 2 * readCount))
  }
  return found.slice(0, limit)
}

/** What tells where images with a property are in the list, if the list is one of an owner in the order of creation. */
function placesOf({ children, order, owner }: PartSearch): Places | undefined {
  const direction = order.ofCreation
  const child = children.find(({ places }) => places !== undefined)
  if (child?.places === undefined || direction === undefined || owner === undefined) return undefined
  const { places } = child
  const isDescending = direction === 'descending'
  return { child, read: (session, marker, limit) => places(session, { owner, isDescending, marker, limit }) }
}

interface Places {
  /** All of these images have it. */
  readonly child: ChildCondition
  readonly read: (session: RomeSession, marker: CreationPlace | undefined, limit: number) => Promise<CreationPlace[]>
}

async function byPlaces(session: RomeSession, search: PartSearch, places: Places, size: number): Promise<Batch> {
  const found = await places.read(session, search.marker, size)
  const ids = found.map(({ id }) => id)
  // They come after the marker.
  const query = imageQuery(session, { ...withIds(search, ids), marker: undefined, limit: undefined })
  return { images: await query.unmanaged().all(), count: found.length, last: found[found.length - 1] }
}

async function byColumns(session: RomeSession, search: PartSearch, size: number): Promise<Batch> {
  const limit = Number.isFinite(size) ? size : undefined
  const images = await imageQuery(session, { ...search, limit })
    .unmanaged()
    .all()
  return { images, count: images.length, last: images[images.length - 1] }
}

function withIds(search: PartSearch, ids: readonly string[]): PartSearch {
  return { ...search, conditions: [...search.conditions, image.id.in(ids)] }
}

function firstBatchSize({ children, limit = Number.POSITIVE_INFINITY }: PartSearch, hasProperty: boolean): number {
  if (children.length === 0) return limit
  const [least, most] = hasProperty ? [batchSizeMin, 1.75 * limit] : [firstBatchSizeMin, 4 * limit]
  return Math.max(least, Math.min(Math.ceil(most), batchSizeMax))
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
  { ways, conditions, order, part, marker, limit }: Omit<PartSearch, 'children' | 'isShown' | 'owner'>,
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

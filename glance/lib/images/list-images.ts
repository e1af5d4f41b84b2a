import { fields, type Predicate, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { ListOrder } from '../lists/list-order.js'
import { pageLimit } from '../lists/page-limit.js'
import { Image } from '../models/image.js'
import type { Dictionary } from '../values/dictionary.js'
import { candidates } from './candidates.js'
import { childConditions } from './child-conditions.js'
import { findImages } from './find-images.js'
import { lookUpImage } from './image-access.js'
import { parseImageFilters } from './image-filters.js'
import { type ImageRecord, imageRecords } from './image-record.js'

const image = fields(Image)

/** For how many images what belongs to them is read by one query. */
const recordsAtOnce = 1000

/** What a list of images is to hold, in which order, and how much of it. */
export interface ImageListOptions {
  /** Values by the names of columns and properties; all must hold. */
  readonly filters?: Dictionary | undefined
  /** The id of the image to begin after. */
  readonly marker?: string | undefined
  /** All when absent or negative. */
  readonly limit?: number | undefined
  /** Columns; the time of creation when absent. */
  readonly sort_key?: readonly unknown[] | undefined
  /** `asc` or `desc` for each key, or one for all; `desc` when absent. */
  readonly sort_dir?: readonly unknown[] | undefined
  /** By which memberships shared images are listed, `all` for any; `accepted` when absent. */
  readonly member_status?: string | undefined
  /** Only what is public, or only what is not. */
  readonly is_public?: boolean | undefined
  /** Lists for an admin what it would list for others of its tenant. */
  readonly admin_as_user?: boolean | undefined
  /** Adds `tags` to the records. */
  readonly return_tag?: boolean | undefined
  /** Replaces `visibility` in the records by `is_public`. */
  readonly v1_mode?: boolean | undefined
}

/** The records of a list. @throws GlanceError `ImageNotFound` and `Forbidden` of the marker, `Invalid` and below it. */
export async function listImages(
  session: RomeSession,
  caller: Caller,
  options: ImageListOptions,
): Promise<ImageRecord[]> {
  const { marker, member_status = 'accepted', is_public, admin_as_user = false, return_tag, v1_mode } = options
  const filters = parseImageFilters(options.filters ?? {})
  const order = ListOrder.parse(Image, options.sort_key ?? [], options.sort_dir ?? [])
  const limit = pageLimit(options.limit)
  const isRegular = !caller.isAdmin || admin_as_user
  const { visibility, owner } = filters
  const ways = candidates(session, { caller, isRegular, memberStatus: member_status, visibility, owner })
  const conditions: Predicate[] = [...filters.conditions]
  if (is_public !== undefined)
    conditions.push(is_public ? image.visibility.eq('public') : image.visibility.ne('public'))
  const after =
    marker === undefined
      ? undefined
      : await lookUpImage(session, caller, marker, { withDeleted: filters.isShowingDeleted })
  const children = childConditions(filters)
  const { isShown } = filters
  const found = await findImages(session, {
    ways,
    conditions,
    isShown,
    children,
    order,
    owner: typeof owner === 'string' ? owner : undefined,
    marker: after,
    limit,
  })
  const shown = { withDeletedLocations: filters.isShowingDeleted, withTags: return_tag, v1_mode }
  let records: ImageRecord[] = []
  for (let at = 0; at < found.length; at += recordsAtOnce) {
    records = records.concat(await imageRecords(session, caller, found.slice(at, at + recordsAtOnce), shown))
  }
  return records
}

import { fields, type RomeSession } from 'rome-orm'
import { type Caller, canSeeDeleted } from '../database/caller.js'
import { GlanceError } from '../errors/glance-error.js'
import { findByKey } from '../lists/find-by-key.js'
import { Image } from '../models/image.js'
import { ImageMember } from '../models/image-member.js'

const member = fields(ImageMember)
const idLengthMax = 36

/** No image has a longer id. @throws GlanceError `ImageNotFound`. */
export function checkImageId(image_id: string): void {
  if (image_id.length > idLengthMax) throw imageNotFound(image_id)
}

/**
 * The image, if the caller may see it; a deleted one if the caller sees such, or it is told to.
 * @throws GlanceError `ImageNotFound`, `Forbidden`.
 */
export async function lookUpImage(
  session: RomeSession,
  caller: Caller,
  image_id: string,
  options: { readonly withDeleted?: boolean | undefined; readonly forUpdate?: boolean } = {},
): Promise<Image> {
  checkImageId(image_id)
  const row = await findByKey(session, Image, image_id, { forUpdate: options.forUpdate === true })
  const isFound = row !== undefined && (!row.deleted || options.withDeleted === true || canSeeDeleted(caller))
  if (!isFound) throw imageNotFound(image_id)
  if (!(await maySee(session, caller, row))) {
    throw new GlanceError('Forbidden', 'The image is not visible to the caller.', { image_id })
  }
  return row
}

/**
 * Makes others wait who want to change the image or what belongs to it, whether it is there or not. First in its
 * transaction, so that what it reads next is what they left.
 */
export async function claimImage(session: RomeSession, image_id: string): Promise<Image | undefined> {
  return findByKey(session, Image, image_id, { forUpdate: true })
}

async function maySee(session: RomeSession, caller: Caller, row: Image): Promise<boolean> {
  if (caller.isAdmin || row.owner === null || row.visibility === 'public' || row.visibility === 'community') return true
  if (caller.owner === null) return false
  if (caller.owner === row.owner) return true
  if (row.visibility !== 'shared') return false
  return session
    .query(ImageMember)
    .filter(member.image_id.eq(row.id), member.member.eq(caller.owner), member.deleted.eq(false))
    .exists()
}

/**
 * Lets an admin change every image, others those of their own tenant. Being a member gives no such right.
 * @throws GlanceError `ForbiddenPublicImage` for what is public or community, else `Forbidden`.
 */
export function requireMayChange(caller: Caller, row: Image): void {
  if (caller.isAdmin || (caller.owner !== null && caller.owner === row.owner)) return
  const isPublic = row.visibility === 'public' || row.visibility === 'community'
  throw new GlanceError(
    isPublic ? 'ForbiddenPublicImage' : 'Forbidden',
    'Only its owner and an admin may change the image.',
    { image_id: row.id },
  )
}

function imageNotFound(image_id: string): GlanceError {
  return new GlanceError('ImageNotFound', 'There is no image of this id.', { image_id })
}

import { fields, type RomeSession } from 'rome-orm'
import type { Image } from '../models/image.js'
import { ImageLocation } from '../models/image-location.js'
import { ImageMember } from '../models/image-member.js'
import { ImageProperty } from '../models/image-property.js'
import { ImageTag } from '../models/image-tag.js'
import { now } from '../values/clock.js'
import { softDelete } from '../values/soft-delete.js'

const location = fields(ImageLocation)
const member = fields(ImageMember)
const property = fields(ImageProperty)
const tag = fields(ImageTag)

/** Deletes an image with all that belongs to it, at one time. Its status stays. */
export async function destroyImage(session: RomeSession, image: Image): Promise<void> {
  const locations = await session
    .query(ImageLocation)
    .filter(location.image_id.eq(image.id), location.deleted.eq(false))
    .all()
  const others = [
    ...(await session.query(ImageProperty).filter(property.image_id.eq(image.id), property.deleted.eq(false)).all()),
    ...(await session.query(ImageMember).filter(member.image_id.eq(image.id), member.deleted.eq(false)).all()),
    ...(await session.query(ImageTag).filter(tag.image_id.eq(image.id), tag.deleted.eq(false)).all()),
  ]
  for (const row of locations) row.status = 'deleted'
  const time = now()
  for (const row of [image, ...locations, ...others]) softDelete(row, time)
}

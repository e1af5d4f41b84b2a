import { create, type RomeSession } from 'rome-orm'
import type { GlanceStore } from '../database/glance-store.js'
import { GlanceError } from '../errors/glance-error.js'
import { addLocation } from '../locations/write-location.js'
import { Image } from '../models/image.js'
import { addProperty, followImage, propertyText } from '../properties/write-property.js'
import type { ImageParts } from './image-values.js'

/** Adds an image with its properties and locations. @throws GlanceError `Duplicate`, `Invalid`. */
export async function createImage(
  store: GlanceStore,
  session: RomeSession,
  { columns, properties, locations }: ImageParts,
): Promise<Image> {
  const image = create(Image, columns)
  if (image.id !== undefined && (await session.get(Image, image.id)) !== undefined) {
    throw new GlanceError('Duplicate', 'There is an image of this id.', { image_id: image.id })
  }
  session.add(image)
  // Gives the image its id, where it has none.
  await session.flush()
  // Of an id that is given there may be properties already.
  if (columns.id !== undefined) await followImage(session, image)
  for (const [name, value] of Object.entries(properties)) {
    await addProperty(store, session, image, { name, value: propertyText(value) })
  }
  for (const location of locations ?? []) await addLocation(store, session, image.id, location)
  return image
}

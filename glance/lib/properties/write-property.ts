import { create, fields, type RomeSession } from 'rome-orm'
import type { GlanceStore } from '../database/glance-store.js'
import { GlanceError } from '../errors/glance-error.js'
import { claimImage } from '../images/image-access.js'
import { equalTo } from '../lists/equal-to.js'
import { ImageProperty, type PropertyImage, repeatedOf, valueStart } from '../models/image-property.js'
import { now } from '../values/clock.js'

const property = fields(ImageProperty)

/**
 * A property's value as it is stored: text. A number is its decimal text, true is 1 and false 0.
 * @throws GlanceError `Invalid` for lists, dictionaries and other objects.
 */
export function propertyText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  throw new GlanceError('Invalid', 'The value of a property is a text, a number, true, false or null.', { value })
}

/** The property of this name, deleted or not. */
export async function findProperty(
  session: RomeSession,
  image_id: string,
  name: string,
): Promise<ImageProperty | undefined> {
  return session
    .query(ImageProperty)
    .filter(equalTo(property.image_id, image_id), equalTo(property.name, name))
    .oneOrNone()
}

/** All properties of an image by their names, deleted ones included. */
export async function allProperties(session: RomeSession, image_id: string): Promise<Map<string, ImageProperty>> {
  const rows = await session.query(ImageProperty).filter(property.image_id.eq(image_id)).all()
  return new Map(rows.map((row) => [row.name, row]))
}

/** Makes others wait who want to change an image or what belongs to it. First in its transaction. */
export async function claimPropertyImage(session: RomeSession, id: string): Promise<PropertyImage> {
  return (await claimImage(session, id)) ?? { id, owner: null, created_at: now() }
}

/** Adds a property to an image. */
export async function addProperty(
  store: GlanceStore,
  session: RomeSession,
  image: PropertyImage,
  { name, value }: { readonly name: string; readonly value: string | null },
): Promise<ImageProperty> {
  const id = await store.serials.next('image_properties')
  const row = create(ImageProperty, { ...repeatedOf(image), name, value, value_start: valueStart(value), id })
  return session.add(row)
}

/** Lets all properties of an image repeat what it is now. */
export async function followImage(session: RomeSession, image: PropertyImage): Promise<void> {
  for (const row of (await allProperties(session, image.id)).values()) Object.assign(row, repeatedOf(image))
}

/** Gives a property another value, and revives it if it is deleted; the time of its deletion is left as it was. */
export function setProperty(row: ImageProperty, value: string | null): void {
  Object.assign(row, { value, value_start: valueStart(value), deleted: false, updated_at: now() })
}

import { create, fields, type RomeSession } from 'rome-orm'
import type { GlanceStore } from '../database/glance-store.js'
import { GlanceError } from '../errors/glance-error.js'
import { equalTo } from '../lists/equal-to.js'
import { ImageProperty, valueStart } from '../models/image-property.js'
import { now } from '../values/clock.js'
import type { Dictionary } from '../values/dictionary.js'

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

/** Adds a property; `values` may say more of its columns. */
export async function addProperty(
  store: GlanceStore,
  session: RomeSession,
  values: Dictionary & { readonly value: string | null },
): Promise<ImageProperty> {
  const id = await store.serials.next('image_properties')
  return session.add(create(ImageProperty, { ...values, value_start: valueStart(values.value), id }))
}

/** Gives a property another value, and revives it if it is deleted; the time of its deletion is left as it was. */
export function setProperty(row: ImageProperty, value: string | null): void {
  Object.assign(row, { value, value_start: valueStart(value), deleted: false, updated_at: now() })
}

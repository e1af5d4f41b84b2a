import { create, fields, type JsonValue, type RomeSession } from 'rome-orm'
import type { GlanceStore } from '../database/glance-store.js'
import { GlanceError } from '../errors/glance-error.js'
import { findByKey } from '../lists/find-by-key.js'
import { ImageLocation } from '../models/image-location.js'
import { now } from '../values/clock.js'
import { type Dictionary, isDictionary } from '../values/dictionary.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { softDelete } from '../values/soft-delete.js'

const location = fields(ImageLocation)

/** A location as callers give it; `id` says which one, where there is one already. */
export type LocationValues = {
  readonly id?: number | null
  readonly url: string
  readonly metadata: JsonValue | null
  readonly status: string
}

/** Whether a location of this status counts as deleted. */
export function isGone(status: unknown): boolean {
  return status === 'deleted' || status === 'pending_delete'
}

/** Adds a location to an image. @throws GlanceError `Invalid`. */
export async function addLocation(
  store: GlanceStore,
  session: RomeSession,
  image_id: string,
  given: unknown,
): Promise<void> {
  const columns = locationColumns(given)
  const id = await store.serials.next('image_locations')
  const row = session.add(create(ImageLocation, { ...columns, image_id, id }))
  if (isGone(columns.status)) softDelete(row)
}

/** Changes a location of an image, deleted or not. @throws GlanceError `NotFound`, `Invalid`. */
export async function changeLocation(session: RomeSession, image_id: string, given: unknown): Promise<void> {
  const columns = locationColumns(given)
  const row = await findLocation(session, image_id, locationId(given))
  const time = now()
  const deleted = isGone(columns.status)
  Object.assign(row, columns, { updated_at: time, deleted, deleted_at: deleted ? time : null })
}

/** A location of an image, deleted or not. @throws GlanceError `NotFound`, `Invalid`. */
export async function findLocation(session: RomeSession, image_id: string, id: unknown): Promise<ImageLocation> {
  if (typeof id !== 'number') throw new GlanceError('Invalid', 'A location is named by its number.', { id })
  const row = await findByKey(session, ImageLocation, id)
  if (row?.image_id === image_id) return row
  throw new GlanceError('NotFound', 'The image has no location of this number.', { image_id, id })
}

/**
 * Makes the locations of an image those of a list: those that it does not name by their numbers are deleted, then those
 * with a number are changed and those without are added, in order. An empty list changes nothing.
 * @throws GlanceError `NotFound`, `Invalid`.
 */
export async function setLocations(
  store: GlanceStore,
  session: RomeSession,
  image_id: string,
  given: readonly unknown[],
): Promise<void> {
  if (given.length === 0) return
  const kept = new Set(given.map(locationId))
  const rows = await session.query(ImageLocation).filter(location.image_id.eq(image_id)).all()
  const time = now()
  for (const row of rows) {
    if (row.deleted || kept.has(row.id)) continue
    row.status = 'deleted'
    softDelete(row, time)
  }
  for (const entry of given) {
    if (locationId(entry) === null) await addLocation(store, session, image_id, entry)
    else await changeLocation(session, image_id, entry)
  }
}

/** The number that an entry names its location by; null for none. */
function locationId(given: unknown): unknown {
  return (isDictionary(given) ? given.id : undefined) ?? null
}

function locationColumns(given: unknown): Dictionary {
  refuseFourByteCharacters(given)
  if (!isDictionary(given) || !['url', 'metadata', 'status'].every((name) => given[name] !== undefined)) {
    throw new GlanceError('Invalid', 'A location has a url, metadata and a status.')
  }
  return { value: given.url, meta_data: given.metadata, status: given.status }
}

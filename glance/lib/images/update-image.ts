import type { RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import type { GlanceStore } from '../database/glance-store.js'
import { GlanceError } from '../errors/glance-error.js'
import { setLocations } from '../locations/write-location.js'
import type { Image } from '../models/image.js'
import { addProperty, allProperties, followImage, propertyText, setProperty } from '../properties/write-property.js'
import { now } from '../values/clock.js'
import type { Dictionary } from '../values/dictionary.js'
import { softDelete } from '../values/soft-delete.js'
import { lookUpImage, requireMayChange } from './image-access.js'
import { changedImage } from './image-values.js'

/** What an update does to the properties of an image. */
interface PropertyChanges {
  readonly properties: Dictionary
  /** Whether properties that are not mentioned go. */
  readonly purge_props: boolean
  /** Names of properties that are left alone. */
  readonly atomic_props: ReadonlySet<unknown>
}

/** An image and what becomes of it. */
export interface ImageUpdate {
  readonly image_id: string
  readonly values: Dictionary
  readonly purge_props: boolean
  readonly from_state: string | undefined
  readonly atomic_props: ReadonlySet<unknown>
}

/** Changes an image. @throws GlanceError `ImageNotFound`, `Forbidden`, `Invalid`, `Conflict`, `NotFound`. */
export async function updateImage(
  store: GlanceStore,
  session: RomeSession,
  caller: Caller,
  { image_id, values, purge_props, from_state, atomic_props }: ImageUpdate,
): Promise<Image> {
  const image = await lookUpImage(session, caller, image_id, { forUpdate: true })
  requireMayChange(caller, image)
  const { columns, properties, locations } = changedImage(values)
  const { id = image_id, ...changes } = columns
  if (id !== image_id) throw new GlanceError('Invalid', 'The id of an image does not change.', { image_id, id })
  if (from_state && image.status !== from_state) {
    throw new GlanceError('Conflict', 'The image has another status than the change begins with.', {
      image_id,
      status: image.status,
      from_state,
    })
  }
  const { owner } = image
  Object.assign(image, changes, { updated_at: now() })
  if (image.owner !== owner) await followImage(session, image)
  await changeProperties(store, session, image, { properties, purge_props, atomic_props })
  if (locations !== null) await setLocations(store, session, image_id, locations)
  return image
}

async function changeProperties(
  store: GlanceStore,
  session: RomeSession,
  image: Image,
  { properties, purge_props, atomic_props }: PropertyChanges,
): Promise<void> {
  const given = Object.entries(properties).filter(([name]) => !atomic_props.has(name))
  if (given.length === 0 && !purge_props) return
  const existing = await allProperties(session, image.id)
  for (const [name, value] of given) {
    const row = existing.get(name)
    const text = propertyText(value)
    if (row === undefined) await addProperty(store, session, image, { name, value: text })
    else if (row.deleted || row.value !== text) setProperty(row, text)
  }
  if (!purge_props) return
  for (const [name, row] of existing) {
    if (!row.deleted && !Object.hasOwn(properties, name) && !atomic_props.has(name)) softDelete(row)
  }
}

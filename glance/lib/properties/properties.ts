import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { ImageProperty } from '../models/image-property.js'
import { columnValues } from '../values/column-values.js'
import type { Dictionary } from '../values/dictionary.js'
import { softDelete } from '../values/soft-delete.js'
import { type PropertyRecord, propertyRecord } from './property-record.js'
import { addProperty, claimPropertyImage, findProperty, propertyText, setProperty } from './write-property.js'

/** What a property is made of. */
export interface PropertyValues {
  readonly image_id?: string
  readonly name?: string
  readonly value?: string | number | boolean | null
}

/** One property, and the value it has or gets. */
export interface AtomicProperty {
  readonly image_id: string
  readonly name: string
  readonly value: unknown
}

/** The properties of images. None of these functions looks whether the image is there, or who is asking. */
export class Properties implements CommandGroup {
  readonly commands = {
    image_property_create: command({ values: parameters.dictionary }, (caller, given) => this.create(caller, given)),
    image_property_delete: command({ prop_ref: parameters.text, image_ref: parameters.text }, (caller, given) =>
      this.delete(caller, given),
    ),
    image_set_property_atomic: command(
      { image_id: parameters.text, name: parameters.text, value: parameters.value },
      (_caller, given) => this.setAtomic(given),
    ),
    image_delete_property_atomic: command(
      { image_id: parameters.text, name: parameters.text, value: parameters.value },
      (_caller, given) => this.deleteAtomic(given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /** Adds a property. @throws GlanceError `Duplicate` for a name that the image has, deleted or not; `Invalid`. */
  async create(_caller: Caller, { values }: { readonly values: PropertyValues }): Promise<PropertyRecord> {
    return this.#store.write(async (session) => {
      const { image_id, name, value = null }: Dictionary = columnValues(ImageProperty, values)
      if (typeof image_id !== 'string' || typeof name !== 'string') {
        throw new GlanceError('Invalid', 'A property has the id of an image and a name.')
      }
      const image = await claimPropertyImage(session, image_id)
      if ((await findProperty(session, image_id, name)) !== undefined) throw duplicate(image_id, name)
      const row = await addProperty(this.#store, session, image, { name, value: propertyText(value) })
      await session.flush()
      return propertyRecord(row)
    })
  }

  /** Deletes the property named `prop_ref` of the image `image_ref`. @throws GlanceError `NotFound`. */
  async delete(
    _caller: Caller,
    { prop_ref, image_ref }: { readonly prop_ref: string; readonly image_ref: string },
  ): Promise<PropertyRecord> {
    return this.#store.write(async (session) => {
      const row = await findProperty(session, image_ref, prop_ref)
      if (row === undefined) throw notFound(image_ref, prop_ref)
      softDelete(row)
      return propertyRecord(row)
    })
  }

  /**
   * Adds a property that the image does not have; of several who try at once one succeeds. A deleted one is revived.
   * @throws GlanceError `Duplicate` when it is there; `Invalid`.
   *
   * @example
   * ```ts
   * import type { GlanceDatabase } from '@rome-orm/glance'
   *
   * async function locked<T>(glance: GlanceDatabase, image_id: string, work: () => Promise<T>): Promise<T> {
   *   const lock = { image_id, name: 'lock', value: String(process.pid) }
   *   await glance.properties.setAtomic(lock)
   *   try {
   *     return await work()
   *   } finally {
   *     await glance.properties.deleteAtomic(lock)
   *   }
   * }
   * ```
   */
  async setAtomic({ image_id, name, value }: AtomicProperty): Promise<null> {
    const text = propertyText(value)
    return this.#store.write(async (session) => {
      const image = await claimPropertyImage(session, image_id)
      const row = await findProperty(session, image_id, name)
      if (row === undefined) await addProperty(this.#store, session, image, { name, value: text })
      else if (row.deleted) setProperty(row, text)
      else throw duplicate(image_id, name)
      return null
    })
  }

  /**
   * Erases a property that has this value; of several who try at once one succeeds.
   * @throws GlanceError `NotFound` when it is not there, is deleted, or has another value.
   */
  async deleteAtomic({ image_id, name, value }: AtomicProperty): Promise<null> {
    const text = propertyText(value)
    return this.#store.write(async (session) => {
      await claimPropertyImage(session, image_id)
      const row = await findProperty(session, image_id, name)
      if (row === undefined || row.deleted || row.value !== text) throw notFound(image_id, name)
      session.delete(row)
      return null
    })
  }
}

function duplicate(image_id: string, name: string): GlanceError {
  return new GlanceError('Duplicate', 'The image has a property of this name.', { image_id, name })
}

function notFound(image_id: string, name: string): GlanceError {
  return new GlanceError('NotFound', 'The image has no such property.', { image_id, name })
}

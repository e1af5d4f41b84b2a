import type { Timestamp } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { softDelete } from '../values/soft-delete.js'
import { addLocation, changeLocation, findLocation, isGone, type LocationValues } from './write-location.js'

/** An image and a location of it. */
export interface LocationArguments {
  readonly image_id: string
  readonly location: LocationValues
}

/** Where the data of images are. None of these functions looks whether the image is there, or who is asking. */
export class Locations implements CommandGroup {
  readonly commands = {
    image_location_add: command({ image_id: parameters.text, location: parameters.dictionary }, (caller, given) =>
      this.add(caller, given as LocationArguments),
    ),
    image_location_update: command({ image_id: parameters.text, location: parameters.dictionary }, (caller, given) =>
      this.update(caller, given as LocationArguments),
    ),
    image_location_delete: command(
      {
        image_id: parameters.text,
        location_id: parameters.number,
        status: parameters.text,
        delete_time: parameters.optionalTime,
      },
      (caller, given) => this.delete(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Adds a location, as a deleted one if its status says so.
   * @throws GlanceError `Invalid`.
   *
   * @example
   * ```ts
   * import type { Caller, GlanceDatabase } from '@rome-orm/glance'
   *
   * const place = (glance: GlanceDatabase, caller: Caller, image_id: string, url: string) =>
   *   glance.locations.add(caller, { image_id, location: { url, metadata: { store: 'fast' }, status: 'active' } })
   * ```
   */
  async add(_caller: Caller, { image_id, location }: LocationArguments): Promise<null> {
    return this.#store.write(async (session) => {
      await addLocation(this.#store, session, image_id, location)
      return null
    })
  }

  /**
   * Changes the location of a number, deleted or not, to the url, metadata and status given.
   * @throws GlanceError `NotFound`, `Invalid`.
   */
  async update(_caller: Caller, { image_id, location }: LocationArguments): Promise<null> {
    return this.#store.write(async (session) => {
      await changeLocation(session, image_id, location)
      return null
    })
  }

  /**
   * Deletes a location, with the status `deleted` or `pending_delete`.
   * @throws GlanceError `Invalid` for another status, `NotFound`.
   */
  async delete(
    _caller: Caller,
    given: {
      readonly image_id: string
      readonly location_id: number
      readonly status: string
      readonly delete_time?: Timestamp | undefined
    },
  ): Promise<null> {
    const { image_id, location_id, status, delete_time } = given
    if (!isGone(status)) {
      throw new GlanceError('Invalid', 'A location is deleted with the status deleted or pending_delete.', { status })
    }
    return this.#store.write(async (session) => {
      const row = await findLocation(session, image_id, location_id)
      row.status = status
      softDelete(row, delete_time)
      return null
    })
  }
}

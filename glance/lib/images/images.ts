import type { RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import type { Image } from '../models/image.js'
import { now } from '../values/clock.js'
import type { Dictionary } from '../values/dictionary.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { createImage } from './create-image.js'
import { destroyImage } from './destroy-image.js'
import { lookUpImage, requireMayChange } from './image-access.js'
import { type ImageRecord, imageRecord } from './image-record.js'
import { newImage } from './image-values.js'
import { type ImageListOptions, listImages } from './list-images.js'
import { updateImage } from './update-image.js'

/** Which image, and what of it is shown. */
export interface ImageGetArguments {
  readonly image_id: string
  /** Shows a deleted image, and the deleted locations of any. */
  readonly force_show_deleted?: boolean | undefined
  /** Replaces `visibility` in the record by `is_public`. */
  readonly v1_mode?: boolean | undefined
}

/** What an image is made of: columns, and also `properties`, `locations` and `is_public`. */
export interface ImageCreateArguments {
  readonly values: Dictionary
  readonly v1_mode?: boolean | undefined
}

/** Which image is changed, and how. */
export interface ImageUpdateArguments {
  readonly image_id: string
  /** Columns, and also `properties`, `locations` and `is_public`. */
  readonly values: Dictionary
  /** Deletes the properties that the values do not name. */
  readonly purge_props?: boolean | undefined
  /** The status that the image must have. */
  readonly from_state?: string | undefined
  readonly v1_mode?: boolean | undefined
  /** Names of properties that stay as they are, whatever the values say. */
  readonly atomic_props?: readonly unknown[] | undefined
}

/** What came of reading an image back: a caller may give away the right to see what it wrote. */
type Answer = { readonly record: ImageRecord } | { readonly refusal: GlanceError }

/** Images, with their properties and locations. */
export class Images implements CommandGroup {
  readonly commands = {
    image_create: command({ values: parameters.dictionary, v1_mode: parameters.flag }, (caller, given) =>
      this.create(caller, given),
    ),
    image_update: command(
      {
        image_id: parameters.text,
        values: parameters.dictionary,
        purge_props: parameters.flag,
        from_state: parameters.optionalText,
        v1_mode: parameters.flag,
        atomic_props: parameters.optionalList,
      },
      (caller, given) => this.update(caller, given),
    ),
    image_get: command(
      { image_id: parameters.text, force_show_deleted: parameters.flag, v1_mode: parameters.flag },
      (caller, given) => this.get(caller, given),
    ),
    image_get_all: command(
      {
        filters: parameters.optionalDictionary,
        marker: parameters.optionalText,
        limit: parameters.optionalNumber,
        sort_key: parameters.optionalList,
        sort_dir: parameters.optionalList,
        member_status: parameters.optionalText,
        is_public: parameters.flag,
        admin_as_user: parameters.flag,
        return_tag: parameters.flag,
        v1_mode: parameters.flag,
      },
      (caller, given) => this.getAll(caller, given),
    ),
    image_destroy: command({ image_id: parameters.text }, (caller, given) => this.destroy(caller, given)),
    image_restore: command({ image_id: parameters.text }, (caller, given) => this.restore(caller, given)),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Adds an image with its properties and locations. The status must be given; the id is random and the visibility
   * `shared` unless given. Answers what {@link Images.get} would, also with its errors: then the image is there.
   * @throws GlanceError `Invalid`, `Duplicate` when there is an image of that id, deleted or not; `Forbidden`.
   *
   * @example
   * ```ts
   * import { type Caller, GlanceDatabase, type ImageRecord } from '@rome-orm/glance'
   *
   * const register = (glance: GlanceDatabase, caller: Caller, name: string): Promise<ImageRecord> =>
   *   glance.images.create(caller, {
   *     values: { name, status: 'queued', owner: caller.owner, properties: { arch: 'x86_64' } },
   *   })
   * ```
   */
  async create(caller: Caller, { values, v1_mode }: ImageCreateArguments): Promise<ImageRecord> {
    refuseFourByteCharacters(values)
    const parts = newImage(values)
    return this.#writeAndRead(caller, v1_mode, (session) => createImage(this.#store, session, parts))
  }

  /**
   * Changes columns of an image, and its properties and locations. With `from_state` it happens only while the image
   * has that status: of several callers who begin with the same one succeeds. Properties that are given are added,
   * changed and revived; others stay unless `purge_props`. Locations become those of the list, unless it is empty.
   * @throws GlanceError `ImageNotFound`, `Forbidden`, `ForbiddenPublicImage`, `Invalid`, `Conflict`; `NotFound` for a
   * location that is not there. Nothing is changed, save that `Forbidden` is also the answer to who gave away the right
   * to see the image.
   *
   * @example
   * ```ts
   * import type { Caller, GlanceDatabase } from '@rome-orm/glance'
   *
   * const activate = (glance: GlanceDatabase, caller: Caller, image_id: string) =>
   *   glance.images.update(caller, { image_id, values: { status: 'active' }, from_state: 'queued' })
   * ```
   */
  async update(caller: Caller, given: ImageUpdateArguments): Promise<ImageRecord> {
    const { image_id, values, purge_props = false, from_state, v1_mode, atomic_props = [] } = given
    refuseFourByteCharacters(values)
    const update = { image_id, values, purge_props, from_state, atomic_props: new Set(atomic_props) }
    return this.#writeAndRead(caller, v1_mode, (session) => updateImage(this.#store, session, caller, update))
  }

  /** An image. Cost: reads by key and index. @throws GlanceError `ImageNotFound`, `Forbidden`. */
  async get(caller: Caller, { image_id, force_show_deleted, v1_mode }: ImageGetArguments): Promise<ImageRecord> {
    return this.#store.read(async (session) => {
      const image = await lookUpImage(session, caller, image_id, { withDeleted: force_show_deleted })
      return imageRecord(session, caller, image, { withDeletedLocations: force_show_deleted, v1_mode })
    })
  }

  /**
   * The images that the caller may list and that pass all filters, in order, a page at a time: `marker` is the id of
   * the last image of the page before. Deleted and hidden images are listed unless filters say otherwise.
   * @throws GlanceError `ImageNotFound` and `Forbidden` of the marker; `Invalid` and the kinds below it for filters,
   * sort keys and directions. Cost: a page of an index for each way into the list, and a query each for properties,
   * locations and tags; filters of properties and tags read further pages until one is full.
   *
   * @example
   * ```ts
   * import type { Caller, GlanceDatabase, ImageRecord } from '@rome-orm/glance'
   *
   * async function* everyImage(glance: GlanceDatabase, caller: Caller): AsyncIterable<ImageRecord> {
   *   for (let marker: string | undefined; ; ) {
   *     const page = await glance.images.getAll(caller, { filters: { deleted: false }, limit: 100, marker })
   *     yield* page
   *     if (page.length < 100) return
   *     marker = page[page.length - 1].id
   *   }
   * }
   * ```
   */
  async getAll(caller: Caller, options: ImageListOptions = {}): Promise<ImageRecord[]> {
    return this.#store.read((session) => listImages(session, caller, options))
  }

  /**
   * Deletes an image with its locations, properties, members and tags, whatever its status, which stays.
   * @throws GlanceError `ImageNotFound`, `Forbidden`, `ForbiddenPublicImage`.
   */
  async destroy(caller: Caller, { image_id }: { readonly image_id: string }): Promise<ImageRecord> {
    return this.#store.write(async (session) => {
      const image = await lookUpImage(session, caller, image_id, { forUpdate: true })
      requireMayChange(caller, image)
      await destroyImage(session, image)
      return imageRecord(session, caller, image)
    })
  }

  /**
   * Makes an image that waits to be deleted active again. What belonged to it stays deleted.
   * @throws GlanceError `ImageNotFound`, `Forbidden`; `Conflict` unless its status is `pending_delete`.
   */
  async restore(caller: Caller, { image_id }: { readonly image_id: string }): Promise<null> {
    return this.#store.write(async (session) => {
      const image = await lookUpImage(session, caller, image_id, { forUpdate: true })
      if (image.status !== 'pending_delete') {
        throw new GlanceError('Conflict', 'Only an image that waits to be deleted is restored.', {
          image_id,
          status: image.status,
        })
      }
      Object.assign(image, { status: 'active', deleted: false, updated_at: now() })
      return null
    })
  }

  /** Commits what was written also when the caller may not see it. */
  async #writeAndRead(
    caller: Caller,
    v1_mode: boolean | undefined,
    work: (session: RomeSession) => Promise<Image>,
  ): Promise<ImageRecord> {
    const answer = await this.#store.write(async (session): Promise<Answer> => {
      const { id } = await work(session)
      await session.flush()
      try {
        const image = await lookUpImage(session, caller, id)
        return { record: await imageRecord(session, caller, image, { v1_mode }) }
      } catch (error) {
        if (error instanceof GlanceError) return { refusal: error }
        throw error
      }
    })
    if ('refusal' in answer) throw answer.refusal
    return answer.record
  }
}

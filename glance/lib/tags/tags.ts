import { create, fields, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { checkImageId, claimImage } from '../images/image-access.js'
import { equalTo } from '../lists/equal-to.js'
import { ImageTag } from '../models/image-tag.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { softDelete } from '../values/soft-delete.js'

const tag = fields(ImageTag)

/** An image and a tag of it. */
export interface TagArguments {
  readonly image_id: string
  readonly value: string
}

/** The tags of images. None of these functions looks whether the image is there, or who is asking. */
export class Tags implements CommandGroup {
  readonly commands = {
    image_tag_create: command({ image_id: parameters.text, value: parameters.text }, (caller, given) =>
      this.create(caller, given),
    ),
    image_tag_get_all: command({ image_id: parameters.text }, (caller, given) => this.getAll(caller, given)),
    image_tag_delete: command({ image_id: parameters.text, value: parameters.text }, (caller, given) =>
      this.delete(caller, given),
    ),
    image_tag_set_all: command({ image_id: parameters.text, tags: parameters.list }, (caller, given) =>
      this.setAll(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /** Adds a tag, also one that is there already, and answers it. @throws GlanceError `Invalid`. */
  async create(_caller: Caller, { image_id, value }: TagArguments): Promise<string> {
    refuseFourByteCharacters(value)
    return this.#store.write(async (session) => {
      await this.#add(session, image_id, value)
      return value
    })
  }

  /** The tags of an image, in the order of their creation. @throws GlanceError `ImageNotFound` for an id too long. */
  async getAll(_caller: Caller, { image_id }: { readonly image_id: string }): Promise<string[]> {
    checkImageId(image_id)
    return this.#store.read(async (session) => (await tagsOf(session, image_id)).map(({ value }) => value))
  }

  /** Deletes a tag. @throws GlanceError `NotFound`; `ImageNotFound` for an id too long. */
  async delete(_caller: Caller, { image_id, value }: TagArguments): Promise<null> {
    checkImageId(image_id)
    return this.#store.write(async (session) => {
      const rows = await session
        .query(ImageTag)
        .filter(equalTo(tag.image_id, image_id), equalTo(tag.value, value), tag.deleted.eq(false))
        .all()
      if (rows.length === 0) throw new GlanceError('NotFound', 'The image has no such tag.', { image_id, value })
      for (const row of rows) softDelete(row)
      return null
    })
  }

  /**
   * Makes the tags of an image those of a list: those that it has stay where they are, new ones follow in the order
   * given, each once, and the others are deleted.
   * @throws GlanceError `Invalid`.
   *
   * @example
   * ```ts
   * import type { Caller, GlanceDatabase } from '@rome-orm/glance'
   *
   * const mark = (glance: GlanceDatabase, caller: Caller, image_id: string) =>
   *   glance.tags.setAll(caller, { image_id, tags: ['lts', 'cloud'] })
   * ```
   */
  async setAll(
    _caller: Caller,
    { image_id, tags }: { readonly image_id: string; readonly tags: readonly unknown[] },
  ): Promise<null> {
    const wanted = new Set(tags)
    return this.#store.write(async (session) => {
      await claimImage(session, image_id)
      const existing = await tagsOf(session, image_id)
      const present = new Set<unknown>(existing.map(({ value }) => value))
      for (const value of wanted) if (!present.has(value)) await this.#add(session, image_id, value)
      for (const row of existing) if (!wanted.has(row.value)) softDelete(row)
      return null
    })
  }

  async #add(session: RomeSession, image_id: string, value: unknown): Promise<void> {
    if (typeof value !== 'string') throw new GlanceError('Invalid', 'A tag is a text.', { value })
    const id = await this.#store.serials.next('image_tags')
    session.add(create(ImageTag, { image_id, value, id }))
  }
}

/** The live tags of an image, in the order of their creation. */
async function tagsOf(session: RomeSession, image_id: string): Promise<ImageTag[]> {
  return session.query(ImageTag).filter(equalTo(tag.image_id, image_id), tag.deleted.eq(false)).orderBy(tag.id).all()
}

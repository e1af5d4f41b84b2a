import { and_, fields, or_, type Predicate, type Query, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { checkImageId } from '../images/image-access.js'
import { equalTo } from '../lists/equal-to.js'
import { Image } from '../models/image.js'
import { ImageLocation } from '../models/image-location.js'
import { ImageProperty } from '../models/image-property.js'

const image = fields(Image)
const location = fields(ImageLocation)
const property = fields(ImageProperty)

/** An image of such a status takes no place any more. */
const gone = ['killed', 'deleted', 'pending_delete']
const importingProperty = 'os_glance_importing_to_stores'

/** Whose images are counted; null for those of no tenant. */
export interface UsageArguments {
  readonly owner_id: string | null
}

/**
 * What the images of a tenant take up, for quotas. Whether an image is deleted does not count in any of these: its
 * status and its locations do.
 */
export class Usage implements CommandGroup {
  readonly commands = {
    user_get_storage_usage: command(
      { owner_id: parameters.nullableText, image_id: parameters.optionalText },
      (caller, given) => this.storage(caller, given),
    ),
    user_get_staging_usage: command({ owner_id: parameters.nullableText }, (caller, given) =>
      this.staging(caller, given),
    ),
    user_get_image_count: command({ owner_id: parameters.nullableText }, (caller, given) => this.images(caller, given)),
    user_get_uploading_count: command({ owner_id: parameters.nullableText }, (caller, given) =>
      this.uploading(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Bytes in stores: for each image its size times the number of its locations that are not deleted, those waiting to
   * be deleted included. `image_id` names an image to leave out. Cost: reads the tenant's images and their locations.
   * @throws GlanceError `ImageNotFound` for an id too long.
   *
   * @example
   * ```ts
   * import type { Caller, GlanceDatabase } from '@rome-orm/glance'
   *
   * const isWithinQuota = async (glance: GlanceDatabase, caller: Caller, owner_id: string, bytesMax: number) =>
   *   (await glance.usage.storage(caller, { owner_id })) <= bytesMax
   * ```
   */
  async storage(
    _caller: Caller,
    { owner_id, image_id }: UsageArguments & { readonly image_id?: string | undefined },
  ): Promise<number> {
    if (image_id !== undefined) checkImageId(image_id)
    const others = image_id === undefined ? [] : [image.id.ne(image_id)]
    return this.#store.read(async (session) => {
      const sizes = await session
        .query(image.size)
        .join(ImageLocation, and_(location.image_id.eq(image.id), location.status.ne('deleted')))
        .filter(...counted(owner_id), image.size.gt(0), ...others)
        .all()
      return total(sizes)
    })
  }

  /** Bytes on their way into stores: the sizes of images that are uploaded or imported. */
  async staging(_caller: Caller, { owner_id }: UsageArguments): Promise<number> {
    return this.#store.read(async (session) => {
      const staged = onTheirWay(session, owner_id, ['uploading', 'importing']).filter(image.size.gt(0))
      return total(await staged.select(image.size).all())
    })
  }

  /** How many images. */
  async images(_caller: Caller, { owner_id }: UsageArguments): Promise<number> {
    return this.#store.read((session) =>
      session
        .query(Image)
        .filter(...counted(owner_id))
        .count(),
    )
  }

  /** How many images are saved, uploaded or imported. */
  async uploading(_caller: Caller, { owner_id }: UsageArguments): Promise<number> {
    return this.#store.read((session) => onTheirWay(session, owner_id, ['saving', 'uploading', 'importing']).count())
  }
}

function counted(owner_id: string | null): Predicate[] {
  return [equalTo(image.owner, owner_id), image.status.notIn(gone)]
}

/** Images of these statuses, and those that are being imported into further stores. */
function onTheirWay(session: RomeSession, owner_id: string | null, statuses: readonly string[]): Query<Image, Image> {
  const importing = session
    .query(property.image_id)
    .filter(property.name.eq(importingProperty), property.value_start.isNotNull(), property.value_start.ne(''))
  return session.query(Image).filter(...counted(owner_id), or_(image.status.in(statuses), image.id.in(importing)))
}

function total(sizes: readonly (number | null)[]): number {
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
}

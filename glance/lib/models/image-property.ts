import { column, entity, globalScope, index, primaryKey, type Timestamp, t, unique } from 'rome-orm'
import type { Image } from './image.js'
import { SoftDeletable } from './soft-deletable.js'

/** How much of a value the index has: values may be as long as texts can be, keys may not. */
export const valueStartLength = 64

/** What goes into `value_start` for a value. */
export function valueStart(value: string | null): string | null {
  return value === null ? null : value.slice(0, valueStartLength)
}

/** The image that a property is of, or what stands for it while there is none. */
export type PropertyImage = Pick<Image, 'id' | 'owner' | 'created_at'>

/** What a property repeats of its image. */
export function repeatedOf({ id, owner, created_at }: PropertyImage) {
  return { image_id: id, image_owner: owner, image_created_at: created_at }
}

/**
 * A named text of an image. The name is the image's only one, also while the property is deleted.
 *
 * What shows a property reads the entry of its image and name alone. The images of an owner that have a property are
 * read in the order of their creation, for which each property repeats these of its image.
 */
@globalScope
@entity('image_properties')
@unique('image_id', 'name', { include: ['value', 'created_at', 'updated_at', 'deleted_at', 'deleted'] })
@index('name', 'value_start', 'deleted', 'image_owner', 'image_created_at', 'image_id')
@index('deleted_at', { where: (property) => property.deleted_at.isNotNull() })
export class ImageProperty extends SoftDeletable {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 36 })) image_id!: string
  @column(t.string({ max: 255 })) name!: string
  @column(t.text().nullable()) value!: string | null
  /** The first characters of the value, by which images are found. Not part of Glance's table. */
  @column(t.string({ max: valueStartLength }).nullable()) value_start!: string | null
  /** The owner of the image; null while there is no image. Not part of Glance's table. */
  @column(t.string({ max: 255 }).nullable()) image_owner!: string | null
  /** When the image was created; the property, while there is no image. Not part of Glance's table. */
  @column(t.datetime({ precision: 6 })) image_created_at!: Timestamp
}

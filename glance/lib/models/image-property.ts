import { column, entity, globalScope, index, primaryKey, t, unique } from 'rome-orm'
import { SoftDeletable } from './soft-deletable.js'

/** How much of a value the index has: values may be as long as texts can be, keys may not. */
export const valueStartLength = 64

/** What goes into `value_start` for a value. */
export function valueStart(value: string | null): string | null {
  return value === null ? null : value.slice(0, valueStartLength)
}

/** A named text of an image. The name is the image's only one, also while the property is deleted. */
@globalScope
@entity('image_properties')
@unique('image_id', 'name')
@index('name', 'value_start', 'image_id', { include: ['deleted'] })
@index('deleted_at', { where: (property) => property.deleted_at.isNotNull() })
export class ImageProperty extends SoftDeletable {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 36 })) image_id!: string
  @column(t.string({ max: 255 })) name!: string
  @column(t.text().nullable()) value!: string | null
  /** The first characters of the value, by which images are found. Not part of Glance's table. */
  @column(t.string({ max: valueStartLength }).nullable()) value_start!: string | null
}

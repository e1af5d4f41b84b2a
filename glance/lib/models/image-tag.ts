import { column, entity, globalScope, index, primaryKey, t } from 'rome-orm'
import { SoftDeletable } from './soft-deletable.js'

/** A text that an image is marked with. */
@globalScope
@entity('image_tags')
@index('image_id', { include: ['value', 'deleted'] })
@index('value', 'image_id', { include: ['deleted'] })
@index('deleted_at', { where: (tag) => tag.deleted_at.isNotNull() })
export class ImageTag extends SoftDeletable {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 36 })) image_id!: string
  @column(t.string({ max: 255 })) value!: string
}
